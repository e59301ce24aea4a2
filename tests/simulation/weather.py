"""When items happen, how long their trouble lasts, and which order they met in which state."""

import asyncio
from collections import Counter
from collections.abc import Callable

from hedgebot.sim.exchange import Moment, Request
from tests.simulation.hands import Hands
from tests.simulation.oracle import Oracle
from tests.simulation.plan import Item, Plan

RECENT_MS = 2_000
"""An order counts as just closed for so long."""
RESTLESS_MS = 120_000
HEALS_LATE_MS = {
    "lose": 34_000,
    "stale": 34_000,
    "thin": 500,
    "drop_reply": 1_000,
    "refuse": 1_000,
    "late_reply": 1_000,
    "late_request": 4_500,
    "cut_early": 4_500,
    "fail_after": 1_000,
    "foreign": 500,
}
"""What heals by itself only some time after the fault: a message that nobody knows is missing, or
that an old answer hid, heals with the next sweep of the account, every 30 s."""
LATEST_MS = 6_000
"""A request that was late when all was over has come by then."""


class Weather:
    """Fires a plan's items."""

    def __init__(
        self, plan: Plan, hands: Hands, oracle: Oracle, say: Callable[[str], None]
    ) -> None:
        self._plan, self._hands, self._oracle, self._say = plan, hands, oracle, say
        self._waiting = {i for i, item in enumerate(plan.items) if item.after}
        self._counts: Counter[str] = Counter()
        self._calm_ms = 0.0
        self.met: list[tuple[str, str]] = []
        """(kind, state of the order) of each item that took effect."""

    @property
    def now_ms(self) -> float:
        now_s: float = self._hands.universe.loop.time()
        return now_s * 1000

    def begin(self) -> None:
        loop = self._hands.universe.loop
        for item in self._plan.items:
            if not item.after:
                loop.call_later(item.at / 1000, self._happen, item)
        self._hands.person = self

    def trouble(self, what: str, ms: float = 0) -> None:
        """Something excuses the daemon until then, or until it is over."""
        self._calm_ms = max(self._calm_ms, self.now_ms + ms)
        assert what, "trouble has a name"

    async def over(self) -> None:
        """Wait until all trouble has healed; what did not happen by now never will."""
        self._waiting.clear()
        self._hands.house.trap = None
        ends_ms = self.now_ms + RESTLESS_MS
        while self.now_ms < min(self._calm_ms, ends_ms):  # noqa: ASYNC110 - trouble may add to it
            await asyncio.sleep((self._calm_ms - self.now_ms) / 1000)
        if self.now_ms >= ends_ms:
            self._oracle.accuse("restless", "trouble does not end")
        self._hands.tell("clear")  # a fault that no order met stays armed
        self._hands.heal()
        self._hands.later(LATEST_MS, self._hands.heal)

    def watch(self, moment: Moment, request: Request) -> None:
        """A request's moment; fires what waited for it."""
        perp = self._oracle.truth.ordered(request)
        if perp is None:
            return
        state = {Moment.ARRIVED: "sent", Moment.ACCEPTED: "accepted", Moment.ANSWERED: "closed"}
        self._passed(state[moment])
        if moment is Moment.ARRIVED:
            self._lose_reply(perp.market)

    def _lose_reply(self, market: str) -> None:
        """For what waits until this order's outcome is unknown: drop its reply, then fire."""
        number = self._counts["sent"]
        if any(self._plan.items[i].after == f"unknown:{number}" for i in self._waiting):
            self._hands.act(Item("drop_reply", 0, market=market))
            self.trouble("drop_reply", 1_000)
            self._hands.universe.loop.call_later(0.005, self._fire, f"unknown:{number}")

    def _passed(self, state: str) -> None:
        self._counts[state] += 1
        self._fire(f"{state}:{self._counts[state]}")

    def _fire(self, moment: str) -> None:
        for index in sorted(self._waiting):
            item = self._plan.items[index]
            if item.after != moment:
                continue
            self._waiting.discard(index)
            if item.at:
                self._hands.universe.loop.call_later(item.at / 1000, self._happen, item)
            else:
                self._happen(item)

    def _happen(self, item: Item) -> None:
        state = self._state()
        done = self._hands.act(item)
        self._say(f"{item.kind} {item.size} {item.how} {item.ms} ms{'' if done else ': cannot be'}"
                  f" [{state}]")  # fmt: skip
        if not done:
            return
        self.met.append((item.kind, state))
        self.trouble(item.kind, item.ms + HEALS_LATE_MS.get(item.kind, 0))
        if item.kind == "blackhole":
            self._oracle.fog(item.ms)

    def _state(self) -> str:
        """Of our last order, as the exchange sees it."""
        if not self._oracle.orders:
            return "idle"
        last, now = self._oracle.orders[-1], self._oracle.now_ms()
        if last.accepted_ms is None and last.answered_ms is None:
            return "sent" if now - last.arrived_ms < 5_000 else "idle"
        if last.answered_ms is None:
            return "accepted" if last.accepted_ms == now else "unknown"
        return "closed" if now - last.answered_ms <= RECENT_MS else "idle"

    # -- the person at the control socket ----------------------------------------------------

    def asks(self, state: str) -> None:
        self.trouble("a person asks", 12_000)
        if state:
            self._oracle.asking(state)
        else:
            self._oracle.resuming()

    def waits(self) -> None:
        self.trouble("nobody answers a person", 12_000)

    def answered(self, state: str) -> None:
        self.trouble("a command was answered", 500)
        if state:
            self._oracle.commanded()
