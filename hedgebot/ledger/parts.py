"""Profit and loss by its parts, each from its own records, and what a hedge cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

from hedgebot.domain.instruments import InstrumentId, Side, is_inverse
from hedgebot.domain.ledger import Posting, PostingCause
from hedgebot.domain.orders import Fill, OrderId, OrderIntent
from hedgebot.ledger.exact import EXACT, ZERO, times, total

DIVIDED = Context(prec=34)
"""For the slippage of inverse fills, a quotient: it is an estimate, and no money that moved."""
PARTS = (PostingCause.TRADE, PostingCause.FEE, PostingCause.FUNDING, PostingCause.LIQUIDATION)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the result of one instrument, in one asset."""

    instrument: InstrumentId | None
    """None: the record names none."""
    cause: PostingCause
    asset: str
    change: Decimal
    records: int


def parts(postings: Iterable[Posting]) -> tuple[Part, ...]:
    """Realised by trade, fees, funding, liquidation: each the sum of its own records.

    On a spot market coins and quote change hands and nothing is realised: its trades are left
    out, its fees are not.
    """
    found: dict[tuple[str, PostingCause, str], list[Posting]] = {}
    for each in postings:
        if each.cause in PARTS and not _spot_trade(each):
            found.setdefault((each.instrument or "", each.cause, each.asset), []).append(each)
    return tuple(
        Part(
            rows[0].instrument,
            cause,
            asset,
            total(row.change for row in rows),
            len({row.key for row in rows}),
        )
        for (_, cause, asset), rows in sorted(found.items())
    )


def _spot_trade(posting: Posting) -> bool:
    spot = posting.instrument is not None and ":" not in posting.instrument.partition(":")[2]
    return posting.cause is PostingCause.TRADE and spot


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeCost:
    """What hedging one asset cost. Costs are positive; funding received is positive."""

    asset: str
    orders: int
    fills: int
    qty: Decimal
    """Bought and sold together, own unit: of inverse instruments dollars."""
    notional: Decimal
    """Quote."""
    slippage: Decimal
    """Against the mark at each decision, quote; paid is positive."""
    unmarked: int
    """Fills whose order has no mark: they have no slippage."""
    fees: Mapping[str, Decimal]
    """By the coin they were paid in, as each fill says."""
    funding: Mapping[str, Decimal]
    """Received, by asset, from the funding records of the hedge's instruments."""


def hedge_costs(
    fills: Iterable[Fill],
    intents: Mapping[OrderId, OrderIntent],
    postings: Sequence[Posting],
) -> tuple[HedgeCost, ...]:
    """By hedged asset, of the fills of our own orders.

    Args:
        fills: executions in the window, of anybody.
        intents: our orders.
        postings: for the funding of the instruments that the hedges traded.
    """
    by_asset: dict[str, list[tuple[Fill, OrderIntent]]] = {}
    for fill in fills:
        intent = intents.get(fill.order_id) if fill.order_id is not None else None
        if intent is not None:
            by_asset.setdefault(intent.asset, []).append((fill, intent))
    return tuple(_cost(asset, rows, postings) for asset, rows in sorted(by_asset.items()))


def _cost(
    asset: str, rows: Sequence[tuple[Fill, OrderIntent]], postings: Sequence[Posting]
) -> HedgeCost:
    own = {fill.instrument for fill, _ in rows}
    funding = [
        each for each in postings if each.cause is PostingCause.FUNDING and each.instrument in own
    ]
    slipped = [_slippage(fill, intent) for fill, intent in rows]
    return HedgeCost(
        asset=asset,
        orders=len({intent.order_id for _, intent in rows}),
        fills=len(rows),
        qty=total(fill.qty for fill, _ in rows),
        notional=total(_notional(fill) for fill, _ in rows),
        slippage=total(each for each in slipped if each is not None),
        unmarked=sum(each is None for each in slipped),
        fees=_sums((fill.fee_asset, fill.fee) for fill, _ in rows),
        funding=_sums((each.asset, each.change) for each in funding),
    )


def _notional(fill: Fill) -> Decimal:
    """Quote: quantities of inverse instruments are that already."""
    return fill.qty if is_inverse(fill.instrument) else times(fill.qty, fill.price)


def _slippage(fill: Fill, intent: OrderIntent) -> Decimal | None:
    """Quote. The mark is a float64; the digits that it is written with are taken."""
    mark = Decimal(str(intent.mark))
    if not mark.is_finite():
        return None
    worse = (
        EXACT.subtract(fill.price, mark)
        if fill.side is Side.BUY
        else EXACT.subtract(mark, fill.price)
    )
    if is_inverse(fill.instrument):
        # So many dollars are qty / price coins, and each was worse by that.
        return DIVIDED.divide(times(worse, fill.qty), fill.price)
    return times(worse, fill.qty)


def _sums(changes: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for asset, change in changes:
        found[asset] = EXACT.add(found.get(asset, ZERO), change)
    return found
