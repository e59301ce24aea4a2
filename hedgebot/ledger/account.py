"""The whole account from everything that is known: statements, parts, and what was not believed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.instruments import WalletId
from hedgebot.domain.ledger import Posting, SourceMark, WalletReading
from hedgebot.domain.orders import Fill, OrderId, OrderIntent
from hedgebot.ledger.fills import postings_of
from hedgebot.ledger.parts import HedgeCost, Part, hedge_costs, parts
from hedgebot.ledger.postings import Dispute, merged
from hedgebot.ledger.statement import Evidence, Statement, in_transfer, statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the venues and their streams told."""

    readings: Mapping[WalletId, Sequence[WalletReading]]
    postings: Sequence[Posting]
    """From the listings, in the order in which they were read."""
    fills: Sequence[Fill]
    """From the streams."""
    marks: Sequence[SourceMark]
    intents: Mapping[OrderId, OrderIntent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What it all comes to."""

    statements: tuple[Statement, ...]
    disputes: tuple[Dispute, ...]
    parts: tuple[Part, ...]
    hedges: tuple[HedgeCost, ...]
    in_transfer: Mapping[str, Decimal]
    """Transfers of which one half only is in these wallets."""


def account(told: Told, since_ms: int) -> Account:
    """Statements of every wallet from then on, and what follows from their postings."""
    posted = merged((*told.postings, *_heard(told)))
    statements = tuple(
        statement(
            Evidence(
                wallet,
                readings,
                [each for each in posted.postings if each.wallet == wallet],
                [mark for mark in told.marks if mark.venue == _entry(wallet)],
            ),
            since_ms,
        )
        for wallet, readings in sorted(told.readings.items())
    )
    inside = [each for found in statements for each in found.postings]
    return Account(
        statements=statements,
        disputes=posted.disputes,
        parts=parts(inside),
        hedges=hedge_costs(_inside(told.fills, statements), told.intents, inside),
        in_transfer=in_transfer(statements),
    )


def _heard(told: Told) -> Iterable[Posting]:
    """Executions on spot markets that the stream told; the listing may have told them too."""
    for fill in told.fills:
        for wallet in {leg.wallet for leg in fill.legs}:
            if ":" not in fill.instrument.partition(":")[2]:
                yield from postings_of(fill, wallet, fill.venue_ms)


def _inside(fills: Iterable[Fill], statements: Sequence[Statement]) -> Iterable[Fill]:
    """Those in the window of their wallet's statement."""
    windows = {
        _entry(each.wallet): (each.opening.to_ms, each.closing.from_ms)
        for each in statements
        if each.opening and each.closing
    }
    for fill in fills:
        from_ms, to_ms = windows.get(_entry(fill.instrument), (0, 0))
        if from_ms < fill.venue_ms < to_ms:
            yield fill


def _entry(name: str) -> str:
    return name.partition(":")[0]
