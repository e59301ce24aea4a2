"""What a start reads back."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, func, select

from hedgebot.adapters.journal import shapes, tables
from hedgebot.adapters.journal.rows import Rows
from hedgebot.domain.orders import Cause, Fill, OrderId
from hedgebot.domain.records import (
    AlertKept,
    Durable,
    HoldingRise,
    Opening,
    OpenIntent,
    Phase,
    Start,
    TransitKept,
    WatermarkKept,
)

KNOWN_MS = 8 * 24 * 3_600_000
"""How long orders are known and counters kept: longer than the seven days a venue lists."""
OVERLAP_MS = 600_000
DAY_MS = 86_400_000
STARTS_MAX = 10


def recall(rows: Rows, epoch: int, now_ms: int) -> Durable:
    """The durable state of a book.

    Raises:
        JournalCorrupt: a row cannot be read back.
        JournalError: the file cannot be read.
    """
    intents = _open_intents(rows)
    watermarks = tuple(shapes.watermark_of(row) for row in rows.find(tables.watermarks))
    return Durable(
        epoch=epoch,
        open_intents=intents,
        known_orders=_known_orders(rows, now_ms - KNOWN_MS, intents),
        fills=_fills(rows, watermarks, intents),
        controls=tuple(shapes.control_of(row) for row in _latest(rows, tables.controls, "asset")),
        opening=_opening(rows, now_ms - now_ms % DAY_MS),
        watermarks=watermarks,
        holdings=tuple(shapes.holding_of(row) for row in _latest(rows, tables.holdings, "label")),
        rises=_rises(rows, now_ms - KNOWN_MS),
        transits=_transits(rows, now_ms - KNOWN_MS),
        transit_marks=tuple(map(shapes.transit_mark_of, rows.find(tables.transit_marks))),
        hedged=tuple(map(shapes.fill_kept_of, _last_ours(rows))),
        learnt=tuple(map(shapes.learnt_of, rows.find(tables.learnt))),
        source_marks=tuple(map(shapes.source_mark_of, rows.find(tables.source_marks))),
        readings=tuple(map(shapes.reading_of, _latest(rows, tables.readings, "wallet"))),
        alerts=_alerts(rows),
        starts=_starts(rows, epoch),
    )


def _open_intents(rows: Rows) -> tuple[OpenIntent, ...]:
    still_open = rows.find(tables.intents, tables.intents.c.closed_ms.is_(None))
    return tuple(_with_moves(rows, row) for row in still_open)


def _with_moves(rows: Rows, row: dict[str, Any]) -> OpenIntent:
    intent = shapes.intent_of(row)
    moves = [
        shapes.move_of(each)
        for each in rows.find(tables.order_moves, tables.order_moves.c.order_id == intent.order_id)
    ]
    names = [move.venue_order_id for move in moves if move.venue_order_id]
    filled = max((move.filled_qty for move in moves), default=Decimal(0))
    return OpenIntent(intent, names[-1] if names else "", filled)


def _opening(rows: Rows, since_ms: int) -> tuple[Opening, ...]:
    intents, moves = tables.intents, tables.order_moves
    over = rows.find(moves, moves.c.at_ms >= since_ms, moves.c.phase == Phase.CLOSED)
    filled = {move.order_id: move.filled_qty for move in map(shapes.move_of, over)}
    opens = intents.c.reduce_only == 0
    wanted = map(shapes.intent_of, rows.find(intents, intents.c.decided_ms >= since_ms, opens))
    return tuple(Opening(each, filled.get(each.order_id, each.qty)) for each in wanted)


def _known_orders(
    rows: Rows, since_ms: int, open_intents: Iterable[OpenIntent]
) -> frozenset[OrderId]:
    intents, moves = tables.intents, tables.order_moves
    return frozenset(
        [
            *rows.column(intents.c.order_id, intents.c.decided_ms >= since_ms),
            *rows.column(moves.c.order_id, moves.c.at_ms >= since_ms),
            *(each.intent.order_id for each in open_intents),
        ]
    )


def _fills(
    rows: Rows, watermarks: Iterable[WatermarkKept], open_intents: tuple[OpenIntent, ...]
) -> tuple[Fill, ...]:
    """Those that a listing since the oldest watermark may tell again, and those of open intents."""
    cut_ms = min((mark.venue_ms for mark in watermarks), default=0) - OVERLAP_MS
    begun_ms = [each.intent.decided_ms - OVERLAP_MS for each in open_intents]
    since_ms = min([cut_ms, *begun_ms])
    wanted = {each.intent.order_id for each in open_intents}
    at_venue = {(each.intent.instrument, each.venue_order_id) for each in open_intents}
    found = map(shapes.fill_of, rows.find(tables.fills, tables.fills.c.venue_ms >= since_ms))
    return tuple(
        fill
        for fill in found
        if fill.venue_ms >= cut_ms
        or fill.order_id in wanted
        or (fill.venue_order_id and (fill.instrument, fill.venue_order_id) in at_venue)
    )


def _last_ours(rows: Rows) -> Iterable[dict[str, Any]]:
    """The last fill of ours on each instrument."""
    fills = tables.fills
    last = (
        select(func.max(fills.c.row_id))
        .where(fills.c.book_id == rows.book_id, fills.c.cause == Cause.OURS)
        .group_by(fills.c.instrument)
    )
    return rows.find(fills, fills.c.row_id.in_(last))


def _latest(rows: Rows, table: Table, column: str) -> Iterable[dict[str, Any]]:
    """The last row of each value of the column."""
    last = (
        select(func.max(table.c.row_id))
        .where(table.c.book_id == rows.book_id)
        .group_by(table.c[column])
    )
    return rows.find(table, table.c.row_id.in_(last))


def _rises(rows: Rows, since_ms: int) -> tuple[HoldingRise, ...]:
    last: dict[str, Decimal] = {}
    found = []
    for row in map(shapes.holding_of, rows.find(tables.holdings)):
        rise = row.qty - last.get(row.label, row.settings_qty)
        last[row.label] = row.qty
        if rise > 0 and row.at_ms >= since_ms:
            found.append(HoldingRise(row.at_ms, row.label, rise))
    return tuple(found)


def _transits(rows: Rows, since_ms: int) -> tuple[TransitKept, ...]:
    """The last row of each withdrawal held since then; no hold is as long."""
    found = rows.find(tables.transits, tables.transits.c.since_ms >= since_ms)
    last = {(row["venue"], row["record_id"]): shapes.transit_of(row) for row in found}
    return tuple(last.values())


def _alerts(rows: Rows) -> tuple[AlertKept, ...]:
    latest = (shapes.alert_of(row) for row in _latest(rows, tables.alerts, "key"))
    return tuple(alert for alert in latest if not alert.recovered)


def _starts(rows: Rows, epoch: int) -> tuple[Start, ...]:
    epochs = tables.epochs
    earlier = rows.find(epochs, epochs.c.epoch < epoch, epochs.c.adopted == 0, limit=STARTS_MAX)
    return tuple(Start(row["at_ms"], row["epoch"], row["error"]) for row in earlier)
