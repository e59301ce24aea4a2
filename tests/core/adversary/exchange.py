"""How the venue answers: orders that arrive late or not at all, reads that are old."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal as D

from hedgebot.domain.actions import Cancel, LookUp, ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    Balance,
    Event,
    LookedUp,
    LookUpFailed,
    ModeName,
    ModeSeen,
    OrderSeen,
    OutcomeUnknown,
    Position,
    Refused,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
    Submitted,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderIntent, Refusal
from tests.core.adversary.agenda import Agenda
from tests.core.adversary.matching import Matching
from tests.core.adversary.treasury import Treasury
from tests.core.adversary.truth import WALLETS, ZERO, Truth, venue_of
from tests.core.adversary.weather import Weather

RECV_MS = 3_000
REQUEST_MS = 5_000
REFUSALS = {
    "429": Refusal.THROTTLED,
    "-1008": Refusal.THROTTLED,
    "-1021": Refusal.CLOCK,
    "-2022": Refusal.REDUCE_ONLY,
    "-2019": Refusal.MARGIN,
}
Answer = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class AsOf:
    """From when the parts of a snapshot are; our clock."""

    balances: int
    positions: int
    orders: int
    fills: int


@dataclass(frozen=True, slots=True)
class Fate:
    """Of one order's request."""

    up_ms: int | None
    """Until it arrives; None: never."""
    down_ms: int | None
    """Until its answer is back; None: never."""
    reset_ms: int | None = None
    """Until the connection breaks."""


class Exchange:
    """Requests of the daemon that lives now; answers go to it alone."""

    def __init__(
        self,
        agenda: Agenda,
        weather: Weather,
        truth: Truth,
        matching: Matching,
        *,
        dating: str,
        treasury: Treasury,
    ) -> None:
        self._agenda, self._weather = agenda, weather
        self._truth, self._matching, self._dating = truth, matching, dating
        self._treasury = treasury
        self.as_of: dict[int, AsOf] = {}
        """By id of the SnapshotTaken under way: what only the judge may know."""

    def submit(self, intent: OrderIntent, answer: Answer) -> bool:
        """Write an order now. False: the request is lost, and never arrives."""
        agenda = self._agenda
        unknown = OutcomeUnknown(intent.order_id, "silence", agenda.now + RECV_MS)
        done: list[Event] = []

        def once(event: Event) -> None:
            if not done:
                done.append(event)
                answer(event)

        agenda.after(REQUEST_MS, lambda: once(unknown))
        fate = self._fate(venue_of(intent.instrument))
        if fate.reset_ms is not None:
            agenda.after(fate.reset_ms, lambda: once(unknown))

        def arrive() -> None:
            event = self._take(intent)
            if fate.down_ms is not None:
                agenda.after(fate.down_ms, lambda: once(event))

        if fate.up_ms is not None:
            agenda.after(fate.up_ms, arrive)
        return fate.up_ms is not None

    def _fate(self, venue: str) -> Fate:
        """What becomes of an order's request and of its answer."""
        weather, rng = self._weather, self._weather.rng
        fate = Fate(rng.randint(1, 15), rng.randint(1, 15))
        if weather.dark(venue, "rest"):
            up_ms = rng.choice((None, rng.randint(1, RECV_MS), rng.randint(1, RECV_MS)))
            return Fate(up_ms, None, rng.choice((None, rng.randint(1, 50))))
        if weather.dark(venue, "slow"):
            return Fate(rng.randint(1, RECV_MS), rng.choice((None, rng.randint(500, REQUEST_MS))))
        if weather.hits("request_lost"):
            fate = Fate(None, None)
        elif weather.hits("late_arrival"):
            fate = replace(fate, up_ms=rng.randint(20, RECV_MS))
        elif weather.hits("reset"):
            fate = replace(fate, up_ms=rng.randint(1, RECV_MS), reset_ms=rng.randint(1, 50))
        elif weather.hits("reply_lost"):
            fate = replace(fate, down_ms=None)
        elif weather.hits("slow_reply"):
            fate = replace(fate, down_ms=REQUEST_MS + rng.randint(-200, 4_000))
        else:
            return fate
        weather.trouble_ms = max(weather.trouble_ms, self._agenda.now + REQUEST_MS)
        return fate

    def _take(self, intent: OrderIntent) -> Event:
        refusal = self._refusal(intent)
        report = None if refusal else self._matching.execute(intent)
        if report is None:
            code = refusal or "-2022"
            self._matching.refused(intent)
            return Refused(intent.order_id, REFUSALS[code], code, "said the venue")
        return Submitted(intent.order_id, report)

    def _refusal(self, intent: OrderIntent) -> str:
        item = self._weather.on("refuse")
        if item is None:
            return ""
        shrinks_only, opens_only = item.how == "-2022", item.how in {"-1008", "-2019"}
        if (shrinks_only and not intent.reduce_only) or (opens_only and intent.reduce_only):
            return ""
        return item.how if self._weather.hits("refuse", 0.9) else ""

    def cancel(self, ask: Cancel, answer: Answer) -> None:
        """The order's state, where there is such an order."""

        def read() -> None:
            name = self._truth.ours.get(ask.order_id)
            report = self._truth.report(name, self._agenda.now) if name else None
            if report is not None:
                answer(OrderSeen(report))

        self._agenda.after(self._weather.rng.randint(3, 60), read)

    def look_up(self, ask: LookUp, answer: Answer) -> None:
        """By client id, and the trades since."""
        requested, rng = self._agenda.now, self._weather.rng
        venue = venue_of(ask.instrument)
        if self._fails(venue):
            failed = LookUpFailed(ask.order_id, "no answer")
            self._agenda.after(rng.randint(50, 4_000), lambda: answer(failed))
            return
        there_ms = rng.randint(2, 40)

        def read() -> None:
            name = self._truth.ours.get(ask.order_id)
            report = self._truth.report(name, self._agenda.now) if name else None
            fills = tuple(
                fill
                for _, fill in self._truth.fills
                if fill.instrument == ask.instrument and fill.venue_ms >= ask.since_ms
            )
            event = LookedUp(ask.order_id, report, fills, requested)
            self._agenda.after(self._back_ms(venue), lambda: answer(event))

        self._agenda.after(there_ms, read)

    def _fails(self, venue: str) -> bool:
        """Whether this read gets no answer."""
        dark = self._weather.dark(venue, "rest") is not None
        return dark or self._weather.hits("rest_fail") is not None

    def withdrawals(self, ask: ReadWithdrawals, answer: Answer) -> None:
        """The records as they are on the way."""
        requested, rng = self._agenda.now, self._weather.rng
        if self._fails(ask.venue):
            failed = WithdrawalsUnread(ask.venue, "no answer")
            self._agenda.after(rng.randint(50, 4_900), lambda: answer(failed))
            return

        def read() -> None:
            event = WithdrawalsRead(ask.venue, requested, self._treasury.records(ask.since_ms))
            self._agenda.after(self._back_ms(ask.venue), lambda: answer(event))

        self._agenda.after(rng.randint(2, 40), read)

    def snapshot(self, ask: Snapshot, answer: Answer) -> None:
        """Balances, positions, orders: of now, or of a while ago."""
        requested, rng = self._agenda.now, self._weather.rng
        if self._fails(ask.venue):
            failed = SnapshotFailed(ask.venue, ask.scope, "no answer")
            self._agenda.after(rng.randint(50, 4_900), lambda: answer(failed))
            return

        def read() -> None:
            as_of = self._ages()
            event = self._read(ask, requested, as_of)
            self.as_of[id(event)] = as_of

            def tell() -> None:
                answer(event)
                del self.as_of[id(event)]

            self._agenda.after(self._back_ms(ask.venue), tell)

        self._agenda.after(rng.randint(2, 40), read)

    def _back_ms(self, venue: str) -> int:
        if self._weather.dark(venue, "slow"):
            return self._weather.rng.randint(1_000, REQUEST_MS - 100)
        slow = self._weather.hits("rest_slow")
        late_ms = self._weather.rng.randint(500, 4_000) if slow else 0
        self._weather.trouble_ms = max(
            self._weather.trouble_ms, self._agenda.now + late_ms if late_ms else 0
        )
        return late_ms + self._weather.rng.randint(2, 40)

    def _ages(self) -> AsOf:
        """A read is never old around a transfer: nothing could tell it from half of one."""
        now, rng = self._agenda.now, self._weather.rng
        item = self._weather.on("stale") or self._weather.on("stale_at_start")
        if item is None or self._weather.near("transfer", 0, 8_000):
            return AsOf(now, now, now, now)
        self._weather.trouble("stale")
        oldest_ms = int(float(item.size if item.kind == "stale" else "3") * 1_000)
        ages = [rng.choice((0, rng.randint(0, oldest_ms), oldest_ms)) for _ in range(4)]
        return AsOf(*(now - age for age in ages))

    def _read(self, ask: Snapshot, requested: int, as_of: AsOf) -> SnapshotTaken:
        perp, full = ask.venue != "spot", ask.scope is Scope.FULL
        truth = self._truth
        perps = [name for name in truth.perps if venue_of(name) == ask.venue]
        since = dict(ask.since) if full else {}
        orders = [truth.report(name, as_of.orders) for name in truth.orders]
        return SnapshotTaken(
            venue=ask.venue,
            scope=ask.scope,
            epoch=ask.epoch,
            requested_ms=requested,
            wallets=(WALLETS[ask.venue],),
            balances=self._balances(ask.venue, as_of.balances),
            positions=tuple(self._position(name, as_of.positions) for name in perps),
            open_orders=tuple(o for o in truth.open_orders(as_of.orders) if o.instrument in perps),
            orders=tuple(r for r in orders if r and r.venue_ms >= since.get(r.instrument, 2**60)),
            fills=tuple(
                fill
                for at_ms, fill in truth.fills
                if at_ms <= as_of.fills and fill.venue_ms >= since.get(fill.instrument, 2**60)
            ),
            modes=(_one_way(ask.venue),) if perp and full else (),
        )

    def _balances(self, venue: str, as_of_ms: int) -> tuple[Balance, ...]:
        wallet, perp = WALLETS[venue], venue != "spot"
        version = self._truth.wallets[wallet].as_of(as_of_ms)
        venue_ms = 0 if self._dating == "undated" else version.venue_ms
        dollars = Balance(wallet, "USDT", self._truth.dollars if perp else D(100_000), 0)
        if perp and version.qty == ZERO and self._dating != "honest":
            return (dollars,)
        return (Balance(wallet, "BTC", version.qty, venue_ms), dollars)

    def _position(self, name: InstrumentId, as_of_ms: int) -> Position:
        version = self._truth.positions[name].as_of(as_of_ms)
        flat = version.qty == ZERO and self._dating == "flat-undated"
        undated = flat or self._dating == "undated"
        return Position(name, version.qty, D(50_000), 0 if undated else version.venue_ms)


def _one_way(venue: str) -> ModeSeen:
    return ModeSeen(venue, ModeName.POSITION_MODE, "one-way")
