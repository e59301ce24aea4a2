"""Profit and loss of one policy's positions, part by part, and the whole by cash.

Linear perpetuals only: a unit is worth its price, in the settlement coin. Between two records what
is held stands still, so what it earns on the mark is a product; every part is booked from its own
records and none is a remainder. `by_cash` is the other way to the same sum: what was paid and
received, and what is left at the last mark.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hedgebot.domain.events import TouchSeen
from hedgebot.domain.instruments import InstrumentId, Side
from hedgebot.domain.orders import Cause, Fill
from hedgebot.ledger.exact import EXACT, ZERO, less, times, total


class Part(StrEnum):
    """Why a position made or lost money."""

    HEDGE = "hedge on the mark"
    SPREAD = "spread"
    """From the mark to the best price at the fill."""
    SLIPPAGE = "slippage"
    """From the best price to the fill."""
    FEES = "fees"
    FUNDING = "funding"
    OWNER = "trades of others"
    """What the owner's or the venue's own trades were dearer than the mark."""


@dataclass(slots=True)
class Tally:
    """One account's positions in the instruments of its hedges."""

    settles: dict[InstrumentId, str]
    """The settlement coin of each."""
    held: dict[InstrumentId, Decimal] = field(default_factory=dict)
    """Signed; there once the first position is known."""
    marks: dict[InstrumentId, Decimal] = field(default_factory=dict)
    sums: dict[tuple[Part, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """By part and coin."""
    cash: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Received less paid, the first position bought at the first mark."""
    traded: Decimal = ZERO
    """Quote turned over by our own orders."""

    def begin(self, own: InstrumentId, qty: Decimal) -> None:
        """The first position: bought, so to say, at the mark."""
        self.held[own] = ZERO
        self.shift(own, qty)

    def shift(self, own: InstrumentId, change: Decimal) -> None:
        """A change that no fill explains counts at the mark."""
        self.held[own] = EXACT.add(self.held[own], change)
        if own in self.marks:
            self._pay(self.settles[own], -times(change, self.marks[own]))

    def mark(self, own: InstrumentId, price: float) -> None:
        """The mark moves, and what is held with it."""
        if own in self.settles:
            self._move(own, Decimal(repr(price)))

    def _move(self, own: InstrumentId, mark: Decimal) -> None:
        held, settle = self.held.get(own, ZERO), self.settles[own]
        if own in self.marks:
            self._book(Part.HEDGE, settle, times(held, less(mark, self.marks[own])))
        else:
            self._pay(settle, -times(held, mark))
        self.marks[own] = mark

    def fill(self, fill: Fill, touch: TouchSeen | None) -> None:
        """An execution: ours against the best price of its moment, others' against the mark."""
        own, settle = fill.instrument, self.settles[fill.instrument]
        if own not in self.marks:
            self._move(own, fill.price)
        change, mark = fill.qty * fill.side.value, self.marks[own]
        self.held[own] = EXACT.add(self.held[own], change)
        self._pay(settle, -times(change, fill.price))
        if fill.cause is Cause.OURS:
            best = _best(touch, fill.side, mark)
            self._book(Part.SPREAD, settle, -times(change, less(best, mark)))
            self._book(Part.SLIPPAGE, settle, -times(change, less(fill.price, best)))
            self.traded = EXACT.add(self.traded, times(fill.qty, fill.price))
            self._book(Part.FEES, fill.fee_asset, -fill.fee)
        else:
            self._book(Part.OWNER, settle, -times(change, less(fill.price, mark)))
            self._book(Part.OWNER, fill.fee_asset, -fill.fee)
        self._pay(fill.fee_asset, -fill.fee)

    def fund(self, asset: str, payment: Decimal) -> None:
        """Funding; received is positive."""
        self._book(Part.FUNDING, asset, payment)
        self._pay(asset, payment)

    def total(self, asset: str) -> Decimal:
        """All parts in one coin."""
        return total(change for (_, coin), change in self.sums.items() if coin == asset)

    def by_cash(self, asset: str) -> Decimal:
        """Cash and what is held at the last mark, less the same at the first."""
        held = (
            times(self.held[own], mark)
            for own, mark in self.marks.items()
            if own in self.held and self.settles[own] == asset
        )
        return EXACT.add(self.cash[asset], total(held))

    def _book(self, part: Part, asset: str, change: Decimal) -> None:
        self.sums[part, asset] = EXACT.add(self.sums[part, asset], change)

    def _pay(self, asset: str, change: Decimal) -> None:
        self.cash[asset] = EXACT.add(self.cash[asset], change)


def _best(touch: TouchSeen | None, side: Side, otherwise: Decimal) -> Decimal:
    if touch is None:
        return otherwise
    return Decimal(repr(touch.ask if side is Side.BUY else touch.bid))


@dataclass(slots=True)
class Measured:
    """How far one hedge was from its target, over time."""

    out_ms: int = 0
    """Outside of its band."""
    known_ms: int = 0
    area: float = 0.0
    """Deviation, coins without sign, x ms."""
    largest: float = 0.0
    """Coins, without sign."""
    at_ms: int | None = None
    deviation: float = 0.0
    """Coins, as last seen."""
    inside: bool = True

    def look(self, now: int, deviation: float, *, inside: bool) -> None:
        """How it stands from now on."""
        self.until(now)
        self.deviation, self.inside = deviation, inside
        self.largest = max(self.largest, abs(deviation))

    def until(self, now: int) -> None:
        """As it stood up to then."""
        if self.at_ms is not None:
            lasted_ms = now - self.at_ms
            self.known_ms += lasted_ms
            self.out_ms += 0 if self.inside else lasted_ms
            self.area += abs(self.deviation) * lasted_ms
        self.at_ms = now
