"""Executions of a spot wallet as postings: one for each coin, and the fee in its own.

The stream and the listing tell the same execution; both become these postings, with the same
keys, so that it is posted once.
"""

from collections.abc import Iterable
from decimal import Decimal

from hedgebot.domain.instruments import WalletId
from hedgebot.domain.ledger import Posting, PostingCause, RecordSource
from hedgebot.domain.orders import Fill
from hedgebot.ledger.exact import ZERO, times, total

FEE = "fee"
GIVEN, TAKEN = "given", "taken"


def postings_of(fill: Fill, wallet: WalletId, at_ms: int) -> tuple[Posting, ...]:
    """What an execution on a spot market did to its wallet.

    Args:
        fill: of a spot market; what it moves is told by its legs, which hold the fee too.
        wallet: whose legs are taken.
        at_ms: our clock, when it was told.
    """
    moved = dict(_moved(fill, wallet))
    changes = [(TAKEN if change > 0 else GIVEN, asset, change) for asset, change in moved.items()]
    if fill.fee:
        changes.append((FEE, fill.fee_asset, -fill.fee))
    return tuple(
        Posting(
            at_ms=at_ms,
            wallet=wallet,
            asset=asset,
            change=change,
            cause=PostingCause.FEE if word == FEE else PostingCause.TRADE,
            source=RecordSource.TRADES,
            word=word,
            ref=f"{fill.instrument}:{fill.trade_id}",
            instrument=fill.instrument,
            venue_ms=fill.venue_ms,
            until_ms=fill.venue_ms,
        )
        for word, asset, change in changes
    )


def _moved(fill: Fill, wallet: WalletId) -> Iterable[tuple[str, Decimal]]:
    """Each leg without the fee that is in it: the fee is a posting of its own."""
    legs = [leg for leg in fill.legs if leg.wallet == wallet]
    for leg in legs:
        fee = fill.fee if leg.asset == fill.fee_asset else ZERO
        change = total((leg.change, fee))
        if change:
            yield leg.asset, change


def notional(fill: Fill) -> Decimal:
    """Price times quantity, quote; for markets whose unit is the base coin."""
    return times(fill.price, fill.qty)
