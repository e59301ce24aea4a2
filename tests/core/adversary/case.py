"""Plays one plan from start to end."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal as D
from functools import partial
from random import Random

from hedgebot.core.policy import (
    Band,
    BandUnit,
    HedgePolicy,
    Limits,
    OrderStyle,
    OutsideHolding,
    Policy,
)
from hedgebot.domain.events import Command, CommandKind, Event
from tests.core.adversary.agenda import Agenda
from tests.core.adversary.daemon import Daemon, Outside
from tests.core.adversary.exchange import Exchange
from tests.core.adversary.hands import Hands
from tests.core.adversary.held import Held
from tests.core.adversary.journal import Journal
from tests.core.adversary.judge import LOOK_MS, Judge
from tests.core.adversary.knowledge import Knowledge
from tests.core.adversary.market import Market
from tests.core.adversary.matching import Matching
from tests.core.adversary.plan import Item, Plan, Setup
from tests.core.adversary.treasury import Treasury
from tests.core.adversary.truth import Truth, instrument, perps_of
from tests.core.adversary.weather import Weather
from tests.core.adversary.wire import Wire
from tests.core.two import ALT_VENUE
from tests.core.world import POLICY

CALM_MS = 34_000
LAST_MS = 16_000
HOLD_MS_MAX = 60_000
COLD = "cold"
COMMANDS = {
    "pause": CommandKind.PAUSE,
    "flatten": CommandKind.FLATTEN,
    "reduce": CommandKind.REDUCE_ONLY,
}


def policy_of(setup: Setup) -> Policy:
    hedge = HedgePolicy(
        asset="BTC",
        target=D(setup.target) if setup.target else None,
        ratio=None if setup.target else D(setup.ratio),
        band=Band(-setup.band, setup.band, BandUnit(setup.unit)),
        rebalance_to=setup.aim,
        instruments=perps_of(setup),
        order=OrderStyle(cooldown_ms=setup.cooldown_ms, notional_max=setup.notional_max),
    )
    limits = Limits(orders_per_minute=6_000, notional_day=1e12, transit_hold_ms=setup.hold_ms)
    spot, perp = POLICY.venues
    alt = (ALT_VENUE,) if setup.apart else ()
    venues = (replace(spot, tells_withdrawals=True), perp, *alt)
    cold = (OutsideHolding("BTC", COLD, D(setup.cold)),)
    return Policy(book="test", venues=venues, hedges=(hedge,), limits=limits, holdings=cold)


@dataclass
class Case:
    """A plan and everything that it is played with."""

    plan: Plan
    watch: Callable[[int, Event], None] | None = None
    agenda: Agenda = field(default_factory=Agenda)
    daemon: Daemon | None = None
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        setup = self.plan.setup
        self.rng = Random(self.plan.seed * 7 + 1)
        self.weather = Weather(self.plan, self.agenda, self.rng)
        self.truth = Truth(self.agenda, setup)
        self.wire = Wire(self.agenda, self.weather, self.tell, venues=self.truth.venues)
        self.market = Market(self.agenda, self.weather, self.wire, self.truth)
        self.matching = Matching(self.truth, self.market, self.wire, self.weather)
        self.treasury = Treasury(self.truth, self.weather, self.wire)
        self.exchange = Exchange(
            self.agenda, self.weather, self.truth, self.matching, dating=setup.dating,
            treasury=self.treasury,
        )  # fmt: skip
        self.journal = Journal()
        knowledge = Knowledge(self.agenda, self.truth, self.exchange.as_of)
        self.held = Held(self.treasury, setup.hold_ms)
        self.judge = Judge(self.weather, self.truth, knowledge, setup, held=self.held)
        self.matching.arrived = self.matching.refused = self.judge.lost
        self.hands = Hands(
            self.weather, self.truth, self.wire, self.matching, treasury=self.treasury
        )
        self._policy = policy_of(setup)
        self._commands = 0

    def tell(self, event: Event) -> None:
        if self.daemon is not None and self.daemon.alive:
            if self.watch is not None:
                self.watch(self.agenda.now, event)
            self.daemon.tell(event)

    def play(self) -> "Case":
        self.start()
        self.market.start()
        self._look()
        for item in self.plan.items:
            self.agenda.after(item.at, partial(self._happen, item))
        begun = self.agenda.now
        heal_ms = max([i.at + i.ms + self._held_ms(i) for i in self.plan.items], default=0)
        self.agenda.run(begun + max(self.plan.active_ms, heal_ms + 6_000))
        healed_ms = max(self.agenda.now, self.weather.trouble_ms, self.weather.dark_ms)
        self.agenda.run(healed_ms + CALM_MS)
        self.wire.redial()
        self.agenda.run(self.agenda.now + LAST_MS)
        self.judge.final(self.journal)
        return self

    def _held_ms(self, item: Item) -> int:
        """How long a withdrawal may be counted, where a case can wait for that."""
        hold_ms = self.plan.setup.hold_ms
        return hold_ms if item.kind == "withdraw" and hold_ms <= HOLD_MS_MAX else 0

    def start(self) -> None:
        """A daemon starts, the first or the next."""
        if self.journal.rows:
            self.judge.reborn(self.journal)
        outside = Outside(self.agenda, self.weather, self.exchange, self.journal, self.judge)
        instruments = tuple(instrument(name) for name in self.truth.perps)
        self.daemon = Daemon(outside, self._policy, instruments)
        self.daemon.on_death = self.wire.hang_up
        self.wire.dial()

    def _look(self) -> None:
        if self.daemon is not None and self.daemon.alive:
            self.judge.look()
        self.agenda.after(LOOK_MS, self._look)

    def _happen(self, item: Item) -> None:
        match item.kind:
            case "kill":
                self._kill(item)
            case "pause" | "flatten" | "reduce":
                asset = "BTC" if item.how == "asset" else None
                self.command(COMMANDS[item.kind], asset)
                self._resume(asset, item.ms)
            case "arrive":
                self._arrive(item)
            case "dead":
                self.wire.die(item)
            case "dark":
                self.weather.darken(item)
                self.wire.darken(item)
            case "move":
                self.market.move(float(item.size))
            case _:
                self.hands.act(item)

    def _kill(self, item: Item) -> None:
        daemon = self.daemon
        if daemon is None or not daemon.alive:
            return

        def restart() -> None:
            self.weather.trouble("kill")
            self.start()

        def died() -> None:
            self.wire.hang_up()
            self.agenda.after(item.ms, restart)

        daemon.on_death = died
        daemon.kill_at(item.how)

    def _arrive(self, item: Item) -> None:
        """A person says where the withdrawn coins are."""
        if self.daemon is None or not self.daemon.alive:
            self.agenda.after(1_000, lambda: self._arrive(item))
            return
        chosen = self.treasury.on_the_way(item)
        rise = (D(item.size) * sum((each.qty for each in chosen), D(0))).quantize(D("0.0001"))
        if rise:
            self.weather.trouble("arrive")
            self.held.arrived(chosen, rise, self.agenda.now)
            self.truth.outside += rise
            self.command(CommandKind.HOLDINGS_SET, None, qty=self.truth.outside)

    def command(self, kind: CommandKind, asset: str | None, *, qty: D | None = None) -> None:
        """A person asks; asked again in a second if nobody answers, or the answer is no."""
        self.weather.trouble(f"command {kind}")
        self._commands += 1
        name = f"c{self._commands}"
        self.judge.asked[name] = (kind, asset)
        asked = Command(command_id=name, kind=kind, asset=asset, by="test", reason="asked")
        self.tell(asked if qty is None else replace(asked, label=COLD, qty=qty))

    def _resume(self, asset: str | None, after_ms: int) -> None:
        def resume() -> None:
            self.command(CommandKind.RESUME, asset)
            self.agenda.after(1_500, again)

        def again() -> None:
            dead = self.daemon is None or not self.daemon.alive
            if dead or self.judge.holds.get(asset) not in {None, "active"}:
                resume()

        self.agenda.after(after_ms, resume)
