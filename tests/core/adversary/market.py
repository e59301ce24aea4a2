"""Prices: a mark every second, a touch every half second; both may lie."""

from decimal import Decimal as D

from hedgebot.domain.events import Channel, MarkSeen, TouchSeen
from tests.core.adversary.agenda import Agenda
from tests.core.adversary.truth import Truth, venue_of
from tests.core.adversary.weather import Weather
from tests.core.adversary.wire import Wire

MARK_MS = 1_000
TOUCH_MS = 500


class Market:
    """One price for all perpetuals."""

    def __init__(self, agenda: Agenda, weather: Weather, wire: Wire, truth: Truth) -> None:
        self.price = 50_000.0
        self._agenda, self._weather, self._wire, self._truth = agenda, weather, wire, truth
        self._frozen = 0.0

    @property
    def bid(self) -> float:
        return round(self.price - 0.5, 1)

    @property
    def ask(self) -> float:
        return round(self.price + 0.5, 1)

    def start(self) -> None:
        self._mark()
        self._touch()

    def move(self, fraction: float) -> None:
        self.price *= 1.0 + fraction

    def exact(self, price: float) -> D:
        return D(repr(round(price, 1)))

    def _mark(self) -> None:
        weather = self._weather
        self.price *= 1.0 + weather.rng.uniform(-1e-4, 1e-4)
        mark = self.price
        frozen = weather.hits("mark_frozen", 1.0)
        self._frozen = (self._frozen or mark) if frozen else 0.0
        mark = self._frozen or mark
        absurd = weather.hits("mark_absurd", 0.8)
        if absurd is not None:
            mark *= 1.0 + float(absurd.size)
        if not weather.hits("mark_gap", 1.0):
            for name in self._truth.perps:
                seen = MarkSeen(name, mark, mark, self._truth.venue_ms)
                self._wire.quote(venue_of(name), Channel.MARK, seen)
        self._agenda.after(MARK_MS, self._mark)

    def _touch(self) -> None:
        for name in self._truth.perps:
            seen = TouchSeen(name, self.bid, 10.0, self.ask, 10.0, self._truth.venue_ms)
            self._wire.quote(venue_of(name), Channel.TOUCH, seen)
        self._agenda.after(TOUCH_MS, self._touch)
