"""A journal in memory that keeps what `domain.records.Durable` promises."""

from decimal import Decimal as D

from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Fill, OrderId, OrderIntent
from hedgebot.domain.records import (
    AlertKept,
    ControlKept,
    Durable,
    FillKept,
    HoldingKept,
    IntentKept,
    OpenIntent,
    OrderMoved,
    Phase,
    Record,
    TransitKept,
    TransitMarkKept,
    WatermarkKept,
)
from tests.core.memory import opening_of
from tests.core.transits import rises

FILLS_BEFORE_MS = 600_000


class Journal:
    """Rows in the order of their commits."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.fills: dict[tuple[InstrumentId, str], Fill] = {}
        self._epoch = 0

    def commit(self, rows: list[Record]) -> None:
        self.rows += rows
        for row in rows:
            if isinstance(row, FillKept):
                self.fills.setdefault((row.fill.instrument, row.fill.trade_id), row.fill)

    def load(self) -> Durable:
        self._epoch += 1
        intents = {r.intent.order_id: r.intent for r in self.rows if isinstance(r, IntentKept)}
        moves: dict[OrderId, list[OrderMoved]] = {}
        for row in self.rows:
            if isinstance(row, OrderMoved):
                moves.setdefault(row.order_id, []).append(row)
        opened = tuple(
            _opened(intent, moves.get(order_id, []))
            for order_id, intent in intents.items()
            if not any(move.phase is Phase.CLOSED for move in moves.get(order_id, []))
        )
        marks = {r.instrument: r for r in self.rows if isinstance(r, WatermarkKept)}
        controls = {r.asset: r for r in self.rows if isinstance(r, ControlKept)}
        alerts = {r.key: r for r in self.rows if isinstance(r, AlertKept)}
        transits = {r.record_id: r for r in self.rows if isinstance(r, TransitKept)}
        settled = {(r.venue, r.coin): r for r in self.rows if isinstance(r, TransitMarkKept)}
        sets = [r for r in self.rows if isinstance(r, HoldingKept)]
        return Durable(
            epoch=self._epoch,
            holdings=tuple(sets[-1:]),
            rises=rises(sets),
            transits=tuple(transits.values()),
            transit_marks=tuple(settled.values()),
            open_intents=opened,
            known_orders=frozenset(intents) | frozenset(moves),
            fills=self._fills(tuple(marks.values()), opened),
            controls=tuple(controls.values()),
            opening=opening_of(self.rows),
            watermarks=tuple(marks.values()),
            alerts=tuple(alert for alert in alerts.values() if not alert.recovered),
        )

    def closed(self) -> dict[OrderId, OrderMoved]:
        """The last word on each order that is over."""
        moves = (r for r in self.rows if isinstance(r, OrderMoved) and r.phase is Phase.CLOSED)
        return {move.order_id: move for move in moves}

    def _fills(
        self, marks: tuple[WatermarkKept, ...], opened: tuple[OpenIntent, ...]
    ) -> tuple[Fill, ...]:
        cut_ms = min((mark.venue_ms for mark in marks), default=0) - FILLS_BEFORE_MS
        wanted = {each.intent.order_id for each in opened}
        return tuple(
            fill
            for fill in self.fills.values()
            if fill.venue_ms >= cut_ms or fill.order_id in wanted
        )


def _opened(intent: OrderIntent, moves: list[OrderMoved]) -> OpenIntent:
    names = [move.venue_order_id for move in moves if move.venue_order_id]
    filled = max((move.filled_qty for move in moves), default=D(0))
    return OpenIntent(intent, names[-1] if names else "", filled)
