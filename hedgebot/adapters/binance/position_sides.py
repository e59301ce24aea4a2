"""Hedge mode: a position has a long and a short side, and messages tell of one at a time.

The net of both is the position. It is known once both sides are: from REST at first, then side by
side from the stream, where the last word by the venue's time counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from hedgebot.domain.events import Position
from hedgebot.domain.instruments import InstrumentId, Side

ZERO = Decimal(0)
SIDES = ("LONG", "SHORT")
CLOSERS: Mapping[str, Side] = {"LONG": Side.SELL, "SHORT": Side.BUY}
"""What closes a side; its opposite opens it."""


class SideHeld(NamedTuple):
    """One side of a position."""

    side: str
    position: Position


def side_of(side: Side, *, reduce_only: bool) -> str:
    """`positionSide` of an order: the one that it closes, or the one that it opens."""
    return "LONG" if (side is Side.BUY) is not reduce_only else "SHORT"


def closes(side: Side, position_side: object) -> bool:
    """Whether an order on that side only shrinks it, as reduce-only does in one-way mode."""
    return CLOSERS.get(str(position_side)) is side


def together(sides: Sequence[Position], instrument: InstrumentId) -> Position:
    """The net of the sides; its entry price is that of the larger one."""
    held = [side for side in sides if side.qty]
    entry = max(held, key=lambda each: abs(each.qty)).entry_price if held else ZERO
    venue_ms = max((side.venue_ms for side in sides), default=0)
    return Position(instrument, sum((side.qty for side in sides), ZERO), entry, venue_ms)


@dataclass(slots=True)
class PositionSides:
    """The last word on each side of each instrument."""

    _known: dict[InstrumentId, dict[str, Position]] = field(default_factory=dict)

    def forget(self) -> None:
        """The stream was interrupted: what it told may be old."""
        self._known.clear()

    def hear(self, held: SideHeld) -> Position | None:
        """Note a side from the stream; the net, where the other one is known."""
        self._note(held)
        known = self._known[held.position.instrument]
        if len(known) < len(SIDES):
            return None
        return together(tuple(known.values()), held.position.instrument)

    def read(self, rows: Iterable[SideHeld], instruments: Iterable[InstrumentId]) -> None:
        """Note what REST told. A side without a row is flat, unless the stream told of it."""
        for held in rows:
            self._note(held)
        for instrument in instruments:
            known = self._known.setdefault(instrument, {})
            for side in SIDES:
                known.setdefault(side, Position(instrument, ZERO, ZERO, 0))

    def _note(self, held: SideHeld) -> None:
        known = self._known.setdefault(held.position.instrument, {})
        before = known.get(held.side)
        if before is None or held.position.venue_ms >= before.venue_ms:
            known[held.side] = held.position
