"""Plays one plan from start to end, in a process of its own: it pins that process for good."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from hedgebot.cli.demo.audit import compare
from hedgebot.domain.actions import Alert
from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.server import Running, serve
from hedgebot.sim.binance.ws_api import USER_TOPIC
from hedgebot.sim.control.truth import state
from hedgebot.sim.hub import Channel
from hedgebot.venue_model.venue import WALLETS
from tests.simulation import flight
from tests.simulation.acts import ACTS
from tests.simulation.coins import COINS
from tests.simulation.hands import NOT_NOW, Hands
from tests.simulation.house import House, listen
from tests.simulation.oracle import Book, Oracle
from tests.simulation.pins import pin
from tests.simulation.plan import LAST_MS, UNCLEAR, Plan
from tests.simulation.town import (
    BEGIN_S,
    HOLDING_USD,
    counter_ns,
    exchange_of,
    settings_of,
    wall_ns,
)
from tests.simulation.truth import Truth
from tests.simulation.universe import Universe
from tests.simulation.weather import Weather
from tests.simulation.witness import Witness

BACK_S = 30.0
"""After the last fault healed, the hedge is back in its band within so long."""
LAST_S = 4.0
UNKNOWN = " is not in the journal"


@dataclass
class Case:
    """A plan and everything that it is played with."""

    plan: Plan
    folder: Path
    keep: bool = False
    said: list[str] = field(default_factory=list)
    spoken: set[str] = field(default_factory=set)
    """Spot trades that the stream told somebody of."""

    def play(self) -> "Case":
        setup = self.plan.setup
        low, high = setup.latency_ms
        self.universe = Universe(self.plan.seed, (low / 1000, high / 1000), keep=self.keep)
        pin(self.plan.seed, self.universe.loop, BEGIN_S + setup.late_s)
        asyncio.set_event_loop(self.universe.loop)
        listen(self.universe, self._heard)
        self.house = self._house("house")
        self.universe.loop.run_until_complete(self._play())
        return self

    def _house(self, name: str) -> House:
        clock = (lambda: wall_ns(self.plan.setup, self.universe), lambda: counter_ns(self.universe))
        settings = settings_of(self.plan.setup, self.folder / "house")
        return House(self.universe, settings, self, clock, name=name)

    async def _play(self) -> None:
        setup, coin = self.plan.setup, COINS[self.plan.setup.coin]
        self.running: Running = await serve(exchange_of(setup, self.plan.seed, self.universe))
        exchange = self.running.exchange
        self.hands = Hands(self.universe, self.running, self.house, (coin, setup.trades))
        self.hands.acts = ACTS
        self.hands.tell("skew", ms=setup.skew_ms)
        perps = coin.traded(setup.trades)
        for perp, short in zip(perps, (setup.short, setup.short_next), strict=False):
            if Decimal(short):
                qty = perp.contracts(Decimal(coin.coins(short)), self.hands.mark(perp))
                sold = {"market": perp.market, "symbol": perp.symbol, "side": "SELL"}
                with suppress(*NOT_NOW):  # a plan made smaller may lack the collateral
                    self.hands.tell("trade", **sold, qty=qty)
        clear = not any(item.kind in UNCLEAR for item in self.plan.items)
        band = Decimal(coin.coins(setup.band))
        if setup.optimal:
            band = max(band, Decimal(HOLDING_USD) * 2 / self.hands.mark(perps[0]))
        book = Book(Decimal(setup.ratio), band, Decimal(setup.notional_day), clear, setup.optimal)
        lag_ms = round(2 * setup.latency_ms[1]) + 5
        self.oracle = Oracle(
            Truth(exchange, coin, perps),
            book,
            lambda: wall_ns(self.plan.setup, self.universe) // 10**6,
            lag_ms,
            Witness(self.house.settings.journal_path),
        )
        self.hands.second = self._house("other")
        self.hands.second.supervised = False
        self.weather = Weather(self.plan, self.hands, self.oracle, self.say)
        exchange.watchers.extend([self.oracle.watch, self.weather.watch])
        self._overhear()
        self.house.start()
        self.weather.begin()
        await self.live()

    async def live(self) -> None:
        """From the start of the daemon to its end."""
        await asyncio.sleep(LAST_MS / 1000 + 3)
        await self.weather.over()
        await asyncio.sleep(BACK_S)
        self.oracle.require_hedged("stuck")
        await asyncio.sleep(LAST_S)
        self.oracle.require_hedged("left")
        await self.end()

    async def end(self) -> None:
        """What must hold of a daemon that nothing troubles, of its end, and of what it leaves."""
        await self._require_status()
        self.house.stop()
        await asyncio.sleep(11)
        if self.house.host is not None:
            self.oracle.accuse("endless", "no end within 11 s of SIGTERM")
            return
        for line in compare(self.house.settings, state(self.running.exchange)):
            if not self._excused(line):
                self.oracle.accuse("ledger", line)
        for line in flight.strays(self.house.settings):
            self.oracle.accuse("replay", line)
        for text in self.universe.unhandled:
            self.oracle.accuse("unhandled", text)

    async def _require_status(self) -> None:
        reply = await self.house.ask(ask="status")
        if reply is None or reply.status is None:
            self.oracle.accuse("deaf", "no answer to `status`")
            return
        hedge = reply.status["hedges"][0]
        quiet = hedge["verdict"] in {"in_band", "too_small"} or self.oracle.capped()
        if reply.status["open_orders"] or not quiet:
            self.oracle.accuse("unsettled", f"{hedge['verdict']} {reply.status['open_orders']}")

    def _excused(self, line: str) -> bool:
        """A spot trade of the owner that nobody was sure to hear; the wallet told of it."""
        lost = line.startswith("fill spot ") and line.endswith(UNKNOWN)
        trade_id = line.removesuffix(UNKNOWN).rpartition(" ")[2]
        return lost and not (self.oracle.book.clear and trade_id in self.spoken)

    # -- watching ----------------------------------------------------------------------------

    def _overhear(self) -> None:
        """Tell the oracle of every event that somebody is there to hear."""
        events, hub = self.running.exchange.user_events, self.running.exchange.hub
        deliver = events.deliver

        def told(kind: Kind, event: dict[str, object]) -> None:
            key = self.running.door.key_of(kind).value
            topic = USER_TOPIC if kind is Kind.SPOT else (kind, key)
            if hub.topics.get(topic) and (kind, Channel.USER) not in hub.silenced:
                self.oracle.told(WALLETS[kind].value, event)
                if kind is Kind.SPOT:
                    self.spoken.add(str(event.get("t")))
            deliver(kind, event)

        events.deliver = told

    def say(self, text: str) -> None:
        self.said.append(f"{self.universe.loop.time():.3f} {text}")

    def _heard(self, line: dict[str, Any]) -> None:
        self.say(f"  {line['event']}: {line.get('text', line.get('reason', ''))}")
        if "local-secret" in str(line):
            self.oracle.accuse("secret", str(line)[:200])
        if "exception" in line:
            self.oracle.accuse("crash", f"{line.get('reason')} {line['exception'][-400:]}")

    def started(self, house: House) -> None:
        self.say(f"{house.name} starts")
        if house is self.house:
            self.oracle.begun_ms = wall_ns(self.plan.setup, self.universe) // 10**6 + 2_000

    def ended(self, house: House, code: int, error: str) -> None:
        self.say(f"{house.name} ended {code} {error}")
        if house is self.house:
            self.weather.trouble(f"ended {code}", 4_000)
        elif code not in {1, 3}:
            self.oracle.accuse("two_writers", f"the other daemon ended with {code}: {error}")

    def killed(self, house: House, point: str) -> None:
        self.say(f"{house.name} killed: {point}")
        self.weather.trouble("killed", house.down_s * 1000 + 2_000)

    def alerted(self, alert: Alert) -> None:
        self.universe.trace.note("alert", f"{alert.severity} {alert.key} {alert.text}".encode())
