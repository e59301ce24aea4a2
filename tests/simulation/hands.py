"""Carries out the items of a plan: what the owner, the venue, the line and the machine do."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from hedgebot.sim.binance.server import Running
from hedgebot.sim.control.told import Misunderstood, Told
from hedgebot.venue_model.rejections import Rejected
from tests.simulation.coins import FUTURES, Coin, Perp
from tests.simulation.house import House
from tests.simulation.plan import Item
from tests.simulation.universe import Universe

Act = Callable[["Hands", Item], object]
NOT_NOW = (Misunderstood, Rejected)
"""The exchange cannot: coins that are not there, a position that is none, a key that is none."""


class Person(Protocol):
    """Who notes what was asked of the daemon; an empty state is `resume`."""

    def asks(self, state: str) -> None: ...

    def waits(self) -> None: ...

    def answered(self, state: str) -> None: ...


class Hands:
    """Each act begins now and undoes itself after `item.ms`."""

    def __init__(
        self, universe: Universe, running: Running, house: House, trades: tuple[Coin, str]
    ) -> None:
        self.universe, self.running, self.house = universe, running, house
        self.coin, markets = trades
        self.perps = {perp.market: perp for perp in self.coin.traded(markets)}
        self.acts: Mapping[str, Act] = {}
        self.numbers = 0
        self.calm: dict[str, Decimal] = {}
        """Marks of perpetuals as they were before their first wick."""
        self.second: House | None = None
        self.person: Person
        self.patience = asyncio.Lock()
        """A person asks one thing after the other, each until it is done."""

    def act(self, item: Item) -> bool:
        """Do it; False when it cannot be done now."""
        try:
            self.acts[item.kind](self, item)
        except NOT_NOW:
            return False
        return True

    def tell(self, name: str, /, **fields: object) -> object:
        """A command of the control plane."""
        control = self.running.control
        return control.commands[name].run(control.reach, Told(fields))

    def later(self, ms: float, call: Callable[..., object], *args: Any) -> None:
        self.universe.loop.call_later(ms / 1000, self._quietly, call, *args)

    def _quietly(self, call: Callable[..., object], *args: Any) -> None:
        with contextlib.suppress(*NOT_NOW):
            call(*args)

    def perp(self, item: Item) -> Perp:
        """The perpetual that an item concerns: the first one where it names none of ours."""
        return self.perps.get(item.market) or next(iter(self.perps.values()))

    def market(self, item: Item, name: str) -> str:
        """What an item means by `futures`; spot is spot."""
        return self.perp(item).market if name == FUTURES else name

    def heal(self) -> None:
        """Every book is full again, whatever was done to it; marks live, by a step of the price."""
        perp = next(iter(self.perps.values()))
        self.tell("price", symbol=perp.symbol, price=str(self.mark(perp) + perp.tick))

    def mark(self, perp: Perp) -> Decimal:
        """Of the perpetual, now."""
        venue = self.running.exchange.venue
        return venue.perpetuals_of(perp.symbol).prices[perp.symbol].mark

    def on_tick(self, perp: Perp, price: Decimal) -> str:
        """The price at the market's step below."""
        return f"{price // perp.tick * perp.tick:f}"

    def rule(self, kind: str, where: dict[str, str], **fields: object) -> str:
        self.numbers += 1
        name = f"{kind}-{self.numbers}"
        self.tell("fault", name=name, kind=kind, **where, **fields)
        return name

    def for_a_while(self, item: Item, kind: str, where: dict[str, str], **fields: object) -> None:
        name = self.rule(kind, where, count=10_000, **fields)
        self.later(item.ms, lambda: self.tell("clear", name=name))
