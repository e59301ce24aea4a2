"""The books as the journal keeps them, for `hedgebot journal ledger`."""

from collections.abc import Mapping
from dataclasses import dataclass

from hedgebot.adapters.journal import shapes, tables
from hedgebot.adapters.journal.rows import Rows
from hedgebot.domain.instruments import WalletId
from hedgebot.domain.ledger import Posting, SourceMark, WalletReading
from hedgebot.domain.orders import OrderId, OrderIntent
from hedgebot.domain.records import DecisionKept, FillKept

DECISIONS_MAX = 500
"""Newest decisions that are searched for the last mark of each asset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What is known from a moment on."""

    readings: Mapping[WalletId, tuple[WalletReading, ...]]
    """Oldest first."""
    postings: tuple[Posting, ...]
    """As they were told: a record that was told in two ways is here twice."""
    marks: tuple[SourceMark, ...]
    fills: tuple[FillKept, ...]
    """Executions that the daemon heard of."""
    intents: Mapping[OrderId, OrderIntent]
    """The orders of those executions, as far as they are ours."""


def books(rows: Rows, since_ms: int) -> Books:
    """Everything that matters to a statement that begins then.

    Raises:
        JournalError, JournalCorrupt: the file cannot be read.
    """
    found: dict[WalletId, list[WalletReading]] = {}
    for row in rows.find(tables.readings, tables.readings.c.from_ms >= since_ms):
        reading = shapes.reading_of(row)
        found.setdefault(reading.wallet, []).append(reading)
    postings = rows.find(tables.postings, tables.postings.c.until_ms >= since_ms)
    kept = rows.find(tables.fills, tables.fills.c.venue_ms >= since_ms)
    fills = tuple(map(shapes.fill_kept_of, kept))
    return Books(
        readings={wallet: tuple(each) for wallet, each in found.items()},
        postings=tuple(map(shapes.posting_of, postings)),
        marks=tuple(map(shapes.source_mark_of, rows.find(tables.source_marks))),
        fills=fills,
        intents=_intents(rows, {each.fill.order_id for each in fills if each.fill.order_id}),
    )


def last_decided(rows: Rows) -> dict[str, DecisionKept]:
    """The newest decision of each asset: its mark is the last price that was written down."""
    newest = [shapes.decision_of(row) for row in rows.find(tables.decisions, limit=DECISIONS_MAX)]
    return {each.asset: each for each in reversed(newest)}


def _intents(rows: Rows, wanted: set[OrderId]) -> dict[OrderId, OrderIntent]:
    found = {}
    for order_id in wanted:
        for row in rows.find(tables.intents, tables.intents.c.order_id == order_id):
            found[order_id] = shapes.intent_of(row)
    return found
