"""What the journal kept of a dry run's shadow."""

from dataclasses import replace

from hedgebot.adapters.journal import shapes, tables
from hedgebot.adapters.journal.place import Place
from hedgebot.adapters.journal.reading import reading
from hedgebot.domain.orders import Fill, OrderIntent


def shadow_past(place: Place) -> tuple[tuple[Fill, ...], tuple[OrderIntent, ...]]:
    """Fills and open intents of a dry run, oldest first: since the last live start of its book.

    A live daemon has moved the real position since: a shadow of before it would hedge twice.

    Raises:
        StartRefused, JournalError, JournalCorrupt: see `reading`.
    """
    assert place.dry_run, "a live run has no shadow"
    if not place.path.exists():
        return (), ()
    with reading(place) as rows:
        live = replace(rows, book_id=replace(place, dry_run=False).book_id)
        since_ms = max(live.column(tables.epochs.c.at_ms), default=0)
        found = rows.find(tables.fills, tables.fills.c.at_ms > since_ms)
        still_open = rows.find(tables.intents, tables.intents.c.closed_ms.is_(None))
        return tuple(map(shapes.fill_of, found)), tuple(map(shapes.intent_of, still_open))
