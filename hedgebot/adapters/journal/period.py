"""Everything that a journal tells of a time: decisions, runs, orders, alerts, books."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Table, func, select

from hedgebot.adapters.journal import books, shapes, summary, tables
from hedgebot.adapters.journal.books import Books
from hedgebot.adapters.journal.rows import Rows
from hedgebot.adapters.journal.standing import Window
from hedgebot.adapters.journal.summary import Counts
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.domain.ledger import Posting, PostingCause, RecordSource
from hedgebot.domain.orders import Cause, Fill
from hedgebot.domain.records import AlertKept, DecisionKept, FundingKept

MODELLED = "dry-run"
"""The word of a record that the model of the venue told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What was written down from one moment to another."""

    window: Window
    runs: tuple[Window, ...]
    """From each start to its end. One without an end ends with the last that it wrote."""
    decisions: Mapping[str, tuple[DecisionKept, ...]]
    """By asset; the first may be older: the one that held when the period began."""
    books: Books
    funding: tuple[FundingKept, ...]
    """As the stream told it; in a dry run, as the model did."""
    counts: Counts
    alerts: tuple[AlertKept, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing at all was written, and no daemon ran."""
        counts = self.counts
        told = counts.decisions or counts.intents or counts.starts or sum(counts.fills.values())
        return not (told or counts.funding or self.alerts or self.books.readings or self.ran_ms)

    @property
    def ran_ms(self) -> int:
        """How long a daemon ran in it."""
        begin, end = self.window
        return sum(max(0, min(until, end) - max(since, begin)) for since, until in self.runs)


def period(rows: Rows, window: Window, *, running: bool) -> Period:
    """Read it.

    Args:
        rows: of one book.
        window: ends now.
        running: a daemon of this book runs, so the newest start has no end yet.

    Raises:
        JournalError, JournalCorrupt: the file cannot be read.
    """
    since_ms, _ = window
    table = tables.alerts
    found = rows.find(tables.funding, tables.funding.c.venue_ms >= since_ms)
    return Period(
        window=window,
        runs=_runs(rows, window, running=running),
        decisions=_decisions(rows, since_ms),
        books=books.books(rows, since_ms),
        funding=tuple(map(shapes.funding_of, found)),
        counts=summary.counts(rows, since_ms),
        alerts=tuple(map(shapes.alert_of, rows.find(table, table.c.at_ms >= since_ms))),
    )


def _decisions(rows: Rows, since_ms: int) -> dict[str, tuple[DecisionKept, ...]]:
    table = tables.decisions
    before = (
        select(func.max(table.c.row_id))
        .where(table.c.book_id == rows.book_id, table.c.at_ms < since_ms)
        .group_by(table.c.asset)
    )
    found: dict[str, list[DecisionKept]] = {}
    for wanted in (table.c.row_id.in_(before), table.c.at_ms >= since_ms):
        for row in rows.find(table, wanted):
            found.setdefault(row["asset"], []).append(shapes.decision_of(row))
    return {asset: tuple(each) for asset, each in sorted(found.items())}


def _runs(rows: Rows, window: Window, *, running: bool) -> tuple[Window, ...]:
    table = tables.epochs
    found = list(rows.find(table, table.c.adopted == 0))
    begins = [*(row["at_ms"] for row in found[1:]), None]
    runs = []
    for row, next_ms in zip(found, begins, strict=True):
        begin_ms, end_ms = row["at_ms"], row["ended_ms"]
        if (end_ms or next_ms or window[1]) < window[0]:
            continue
        if end_ms is None:
            newest = next_ms is None
            last_ms = _last_word(rows, begin_ms, window[1] + 1 if newest else next_ms)
            end_ms = window[1] if newest and running else last_ms
        runs.append((begin_ms, end_ms))
    return tuple(runs)


def _last_word(rows: Rows, begin_ms: int, before_ms: int) -> int:
    """When a start that did not end in good order last wrote something down."""
    spoken: tuple[Table, ...] = (
        tables.decisions, tables.order_moves, tables.fills, tables.alerts, tables.readings,
    )  # fmt: skip
    last = [
        row["at_ms"]
        for table in spoken
        for row in rows.find(table, begin_ms <= table.c.at_ms, table.c.at_ms < before_ms, limit=1)
    ]
    return max(last, default=begin_ms)


def modelled(fills: Iterable[Fill], funding: Iterable[FundingKept]) -> tuple[Posting, ...]:
    """What a dry run's account would have been told: its own orders' results, fees, funding."""
    ours = [each for each in fills if each.cause is Cause.OURS and each.order_id is not None]
    return tuple(chain.from_iterable((*map(_of_fill, ours), *map(_of_funding, funding))))


def _of_fill(fill: Fill) -> Iterable[Posting]:
    settle = fill.instrument.rpartition(":")[2]
    parts = (
        (PostingCause.TRADE, settle, fill.realized_pnl),
        (PostingCause.FEE, fill.fee_asset, -fill.fee),
    )
    for cause, asset, change in parts:
        if change:
            yield Posting(
                at_ms=fill.venue_ms,
                wallet=_wallet(fill.instrument),
                asset=asset,
                change=change,
                cause=cause,
                source=RecordSource.TRADES,
                word=f"{MODELLED} {cause}",
                ref=fill.trade_id,
                instrument=fill.instrument,
                venue_ms=fill.venue_ms,
                until_ms=fill.venue_ms,
            )


def _of_funding(kept: FundingKept) -> Iterable[Posting]:
    told = kept.funding
    yield Posting(
        at_ms=kept.at_ms,
        wallet=told.wallet,
        asset=told.asset,
        change=told.payment,
        cause=PostingCause.FUNDING,
        source=RecordSource.INCOME,
        word=MODELLED,
        ref=str(told.venue_ms),
        instrument=told.instrument,
        venue_ms=told.venue_ms,
        until_ms=told.venue_ms,
    )


def _wallet(instrument: InstrumentId) -> WalletId:
    return WalletId(f"{instrument.partition(':')[0]}:{MODELLED}")
