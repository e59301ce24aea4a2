"""The run's books: the same double-entry ledger as live, fed from the venue's own rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgebot.domain.ledger import (
    Posting,
    PostingCause,
    RecordSource,
    SourceMark,
    WalletReading,
)
from hedgebot.ledger.exact import EXACT, ZERO
from hedgebot.ledger.postings import merged
from hedgebot.ledger.statement import SETTLE_MS, Evidence, Statement, statement
from hedgebot.research.backtest.exchange import Entry
from hedgebot.research.backtest.parts import Parts, parts_of
from hedgebot.research.backtest.play import standing_of
from hedgebot.research.backtest.records import Record
from hedgebot.research.backtest.running import Played
from hedgebot.research.backtest.worth import Worth
from hedgebot.venue_model.ledger import Cause, Row

CAUSES = {
    Cause.DEPOSIT: PostingCause.DEPOSIT,
    Cause.WITHDRAWAL: PostingCause.WITHDRAWAL,
    Cause.TRADE: PostingCause.TRADE,
    Cause.REALIZED_PNL: PostingCause.TRADE,
    Cause.FEE: PostingCause.FEE,
    Cause.FUNDING: PostingCause.FUNDING,
    Cause.LIQUIDATION_FEE: PostingCause.LIQUIDATION,
    Cause.INSURANCE: PostingCause.LIQUIDATION,
}
AFTER_MS = SETTLE_MS + 1


@dataclass(frozen=True, slots=True)
class Books:
    """What explains the change of every wallet, and of the whole account in dollars."""

    statements: tuple[Statement, ...]
    parts: Parts


def postings_of(entry: Entry) -> list[Posting]:
    """The venue's rows as the listings tell them; openings are readings, not records."""
    return [
        _posting(entry, row) for row in entry.wallet.ledger.rows if row.cause is not Cause.OPENING
    ]


def _posting(entry: Entry, row: Row) -> Posting:
    own = entry.instruments.get(row.symbol)
    return Posting(
        at_ms=row.at_ms,
        wallet=entry.wallet_id,
        asset=row.asset,
        change=row.change,
        cause=CAUSES[row.cause],
        source=RecordSource.TRADES if entry.futures is None else RecordSource.INCOME,
        word=row.cause.value,
        ref=f"{row.symbol}:{row.ref or row.seq}",
        instrument=own.id if own else None,
        venue_ms=row.at_ms,
        until_ms=row.at_ms,
    )


def statement_of(played: Played, entry: Entry, postings: Iterable[Posting]) -> Statement:
    """One wallet from before the first moment to after the last."""
    begin = int(played.tape.times[0]) - 60_000
    end = max(int(played.tape.times[-1]), played.exchange.clock.now_ms) + 60_000
    before = tuple(
        (asset, qty) for (wallet, asset), qty in played.wallets.items() if wallet == entry.wallet_id
    )
    after = tuple(entry.wallet.totals.items())
    readings = [
        WalletReading(at_ms=at, wallet=entry.wallet_id, balances=held, from_ms=at, to_ms=at)
        for at, held in ((begin, before), (end, after))
    ]
    mark = SourceMark(venue=entry.name, source=RecordSource.INCOME, venue_ms=end + AFTER_MS)
    return statement(Evidence(entry.wallet_id, readings, merged(postings).postings, [mark]))


def books_of(played: Played, records: Sequence[Record] | None = None) -> Books:
    """Statements of all wallets, and the parts in dollars; of the run's own records by default."""
    records = played.diary.records if records is None else records
    entries = played.exchange.entries.values()
    statements = tuple(statement_of(played, entry, postings_of(entry)) for entry in entries)
    worth = Worth(played.policy, played.tape, played.exchange)
    last = len(played.tape.times) - 1
    closing = standing_of(played.policy, played.exchange, played.tape, last)
    begin = worth.account(played.opening, _held(played, closing=False), 0)
    end = worth.account(closing, _held(played, closing=True), last)
    return Books(
        statements,
        parts_of(worth, replace(played.opening, at=0), records, EXACT.subtract(end, begin)),
    )


def _held(played: Played, *, closing: bool) -> dict[str, Decimal]:
    """All wallets and coins kept elsewhere, by asset, as the venue says it."""
    found: dict[str, Decimal] = {}
    wallets = played.wallets
    if closing:
        wallets = {
            (entry.wallet_id, asset): qty
            for entry in played.exchange.entries.values()
            for asset, qty in entry.wallet.totals.items()
        }
    for (_, asset), qty in wallets.items():
        found[asset] = EXACT.add(found.get(asset, ZERO), qty)
    for holding in played.policy.holdings:
        found[holding.asset] = EXACT.add(found.get(holding.asset, ZERO), holding.qty)
    return found
