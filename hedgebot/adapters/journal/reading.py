"""For `hedgebot journal ...`: the newest rows, beside a running daemon or alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hedgebot.adapters.journal import shapes, tables
from hedgebot.adapters.journal.place import Place
from hedgebot.adapters.journal.rows import Rows
from hedgebot.adapters.journal.schema import require_current
from hedgebot.adapters.journal.store import open_for_reading
from hedgebot.domain.records import (
    AdoptionKept,
    AlertKept,
    ControlKept,
    DecisionKept,
    FillKept,
    FundingKept,
    IntentKept,
    OrderMoved,
    Start,
)

LIMIT = 50


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order: as wanted, and the last that happened to it."""

    kept: IntentKept
    last: OrderMoved | None


@contextmanager
def reading(place: Place) -> Iterator[Rows]:
    """The book's rows, read only.

    Raises:
        StartRefused: the journal is of another version.
        JournalError: there is none yet, or it cannot be read.
    """
    store = open_for_reading(place.path)
    try:
        require_current(store)
        yield Rows(store, place.book_id)
    finally:
        store.close()


def orders(rows: Rows, limit: int = LIMIT) -> tuple[OrderLine, ...]:
    """Newest first."""
    kept = map(shapes.intent_kept_of, rows.find(tables.intents, limit=limit))
    return tuple(OrderLine(each, _last_move(rows, each)) for each in kept)


def fills(rows: Rows, limit: int = LIMIT) -> tuple[FillKept, ...]:
    """Newest first."""
    return tuple(map(shapes.fill_kept_of, rows.find(tables.fills, limit=limit)))


def decisions(rows: Rows, limit: int = LIMIT) -> tuple[DecisionKept, ...]:
    """Newest first."""
    return tuple(map(shapes.decision_of, rows.find(tables.decisions, limit=limit)))


def funding(rows: Rows, limit: int = LIMIT) -> tuple[FundingKept, ...]:
    """Newest first."""
    return tuple(map(shapes.funding_of, rows.find(tables.funding, limit=limit)))


def controls(rows: Rows, limit: int = LIMIT) -> tuple[ControlKept, ...]:
    """Newest first."""
    return tuple(map(shapes.control_of, rows.find(tables.controls, limit=limit)))


def adoptions(rows: Rows, limit: int = LIMIT) -> tuple[AdoptionKept, ...]:
    """Newest first."""
    return tuple(map(shapes.adoption_of, rows.find(tables.adoptions, limit=limit)))


def alerts(rows: Rows, limit: int = LIMIT) -> tuple[AlertKept, ...]:
    """Newest first."""
    return tuple(map(shapes.alert_of, rows.find(tables.alerts, limit=limit)))


def starts(rows: Rows, limit: int = LIMIT) -> tuple[Start, ...]:
    """Newest first, the running one included."""
    epochs = tables.epochs
    found = rows.find(epochs, epochs.c.adopted == 0, limit=limit)
    return tuple(Start(row["at_ms"], row["epoch"], row["error"]) for row in found)


def _last_move(rows: Rows, kept: IntentKept) -> OrderMoved | None:
    moves = tables.order_moves
    found = rows.find(moves, moves.c.order_id == kept.intent.order_id, limit=1)
    return next(map(shapes.move_of, found), None)
