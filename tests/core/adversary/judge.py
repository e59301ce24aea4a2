"""The oracle: judges every order by what is really so, never by what `core` believes.

A change that the daemon could not know yet is left out; one that invariant 1b calls pending must
be harmless both with it and without it.
"""

from collections.abc import Iterator
from decimal import Decimal as D
from itertools import product

from hedgebot.domain.actions import Answer
from hedgebot.domain.events import CommandKind, Event, WithdrawalsRead
from hedgebot.domain.orders import OrderId, OrderIntent, Purpose
from hedgebot.domain.records import ControlKept, HoldingKept, TradingState
from tests.core.adversary.dark import Dark, Seen
from tests.core.adversary.held import Held
from tests.core.adversary.journal import Journal
from tests.core.adversary.knowledge import Knowledge
from tests.core.adversary.plan import Setup
from tests.core.adversary.truth import ZERO, Truth, venue_of
from tests.core.adversary.weather import Weather

SETTLE_MS = 1_500
CANCEL_MS = 14_000
"""How far back an opposite amount may make a transfer of two changes."""
LIVE_MS = 31_000
LOOK_MS = 500
MAYBES_MAX = 6
EPS = D("1e-9")
STATES = {
    CommandKind.PAUSE: TradingState.HALTED,
    CommandKind.REDUCE_ONLY: TradingState.REDUCING,
    CommandKind.FLATTEN: TradingState.FLATTENING,
    CommandKind.RESUME: TradingState.ACTIVE,
}


class Judge:
    """Accusations are (rule, what happened)."""

    def __init__(
        self, weather: Weather, truth: Truth, knowledge: Knowledge, setup: Setup, *, held: Held
    ) -> None:
        self.accusations: list[tuple[str, str]] = []
        self.orders: list[OrderIntent] = []
        self._agenda, self._weather, self._truth = truth.agenda, weather, truth
        self._knowledge, self._setup = knowledge, setup
        self._open: dict[OrderId, OrderIntent] = {}
        self._sent: dict[OrderId, OrderIntent] = {}
        self.asked: dict[str, tuple[CommandKind, str | None]] = {}
        self.holds: dict[str | None, TradingState] = {}
        self._since: dict[str, int] = {}
        self._held = held
        self._dark = Dark(truth, knowledge, weather)

    def accuse(self, rule: str, text: str) -> None:
        self.accusations.append((rule, f"{self._agenda.now - self._knowledge.begun_ms} {text}"))

    def told(self, event: Event) -> None:
        self._knowledge.told(event)
        if isinstance(event, WithdrawalsRead):
            self._held.told(event.withdrawals, self._agenda.now)

    # -- orders ------------------------------------------------------------------------------

    def decided(self, intent: OrderIntent) -> None:
        """An order was approved: right at both ends of whatever may be pending?"""
        self.orders.append(intent)
        failover = intent.purpose is Purpose.FAILOVER
        why = ""
        if intent.purpose is not Purpose.FLATTEN:
            why = self._dark.broken(intent, failover=failover)
        if not why:
            for seen in self._seen():
                why = self._wrong(intent, seen)
                if not why:
                    return
        text = f"{intent.purpose} {intent.side.name} {intent.qty} on {intent.instrument}: {why}"
        self.accuse(why.split(":")[0], text)

    def sent(self, intent: OrderIntent) -> None:
        """It is written now."""
        if intent.order_id in self._sent:
            self.accuse("sent_twice", f"{intent.order_id:x}")
        self._sent[intent.order_id] = intent
        if any(not self._beside(intent, other) for other in self._open.values()):
            opened = [f"{o.instrument} {o.side.name} {o.qty}" for o in self._open.values()]
            self.accuse("two_open", f"{intent.purpose} on {intent.instrument} beside {opened}")
        self._open[intent.order_id] = intent
        if self._agenda.now > intent.send_before_ms:
            self.accuse("late", "sent after its approval expired")
        state = self._hold()
        if state is TradingState.HALTED or (
            state is not TradingState.ACTIVE and not intent.reduce_only
        ):
            self.accuse("sent_on_hold", f"{state}: {intent.side.name} {intent.qty}")

    def lost(self, intent: OrderIntent) -> None:
        """It is not open: it will never arrive, or is over."""
        self._open.pop(intent.order_id, None)

    def _beside(self, intent: OrderIntent, other: OrderIntent) -> bool:
        """Whether an order may be sent although the other may still fill."""
        excused = other.order_id in self._knowledge.unknown
        excused = excused or self._knowledge.blind(venue_of(other.instrument))
        failover = intent.purpose is Purpose.FAILOVER
        return failover and excused and intent.instrument != other.instrument

    def _seen(self) -> Iterator[Seen]:
        """The world as the daemon may have known it."""
        truth = self._truth
        open_ = [c for c in truth.changes if c.seen_ms is None or c.told == {"fill"}]
        unseen = [c for c in open_ if c.seen_ms is None and not c.maybe]
        maybes = [c for c in open_ if c.seen_ms is not None or c.maybe][:MAYBES_MAX]
        for chosen in product((False, True), repeat=len(maybes)):
            out = unseen + [c for c, leave in zip(maybes, chosen, strict=True) if leave]
            for coins in sorted(self._held.ways(out, self._agenda.now)):
                yield Seen(truth, tuple(out), coins)

    def _wrong(self, intent: OrderIntent, seen: Seen) -> str:
        position = seen.qty(intent.instrument)
        change = intent.qty * intent.side.value
        shrinks = position * change < ZERO
        if intent.reduce_only and not (shrinks and abs(change) <= abs(position)):
            return f"flips: reduce-only {change} on {position}"
        if shrinks and not intent.reduce_only:
            return f"not_closed_first: {change} on {position}"
        if intent.purpose is Purpose.FLATTEN:
            return ""
        ends = sorted({ZERO, *self._pending()})
        flying = [o for o in self._open.values() if o.order_id != intent.order_id]
        shifts = sorted(self._dark.shifts(seen, intent, flying))
        found = (
            self._wrong_way(
                change,
                seen.gross + coins - held + more,
                seen.hedge + drift,
                f"pending {held}, in transit {coins}",
            )
            for held in ends
            for more, drift in shifts
            for coins in seen.transit
        )
        return next((why for why in found if why), "")

    def _wrong_way(self, change: D, gross: D, hedge: D, note: str) -> str:
        deviation = gross + hedge - self._target(gross)
        after = deviation + change
        rule = ""
        if abs(after) > abs(deviation) + EPS:
            rule = "worse"
        elif after * deviation < -EPS:
            rule = "crosses"
        elif abs(deviation) < self.width(gross) - EPS:
            rule = "needless"
        return rule and f"{rule}: deviation {deviation} -> {after}, {note}"

    def _pending(self) -> tuple[D, D]:
        """What may not be counted yet, at its lowest and at its highest."""
        now = self._agenda.now
        told: dict[tuple[str | None, int | None], D] = {}
        judged_elsewhere: dict[tuple[str | None, int | None], bool] = {}
        ours = self._held.ours
        for change in self._truth.changes:
            if change.told == {"balance"} and now - (change.seen_ms or 0) < CANCEL_MS:
                # what one message told of a wallet is one change
                key = (change.wallet, change.seen_ms)
                more = ZERO if self._held.came_back(change) else change.gross
                told[key] = told.get(key, ZERO) + more
                judged_elsewhere[key] = judged_elsewhere.get(key, True) and ours(change)
        held = list(told.values())
        young = [
            amount
            for key, amount in told.items()
            if now - (key[1] or 0) < SETTLE_MS
            and -amount not in held  # those two cancel
            and not judged_elsewhere[key]
        ]
        return sum((g for g in young if g < 0), ZERO), sum((g for g in young if g > 0), ZERO)

    def _target(self, gross: D) -> D:
        setup = self._setup
        return D(setup.target) if setup.target else (1 - D(setup.ratio)) * gross

    def width(self, gross: D) -> D:
        """Of the band as configured, a side."""
        if self._setup.unit == "percent":
            return abs(gross) * D(repr(self._setup.band)) / 100
        return D(repr(self._setup.band))

    # -- commands ----------------------------------------------------------------------------

    def answered(self, answer: Answer, *, durable: bool) -> None:
        """A person was told that a command is obeyed."""
        kind, asset = self.asked[answer.command_id]
        if not answer.accepted or kind is CommandKind.HOLDINGS_SET:
            return
        self.holds[asset] = STATES[kind]
        if kind is CommandKind.RESUME:
            self._weather.trouble("resumed")
        elif not durable:
            self._weather.trouble("not_durable")

    def reborn(self, journal: Journal) -> None:
        """A daemon starts: it remembers what the journal kept."""
        rows = [row for row in journal.rows if isinstance(row, ControlKept)]
        self.holds = {row.asset: row.state for row in rows}
        self._held.forget(self._agenda.now)
        self._knowledge.unknown |= self._sent.keys() - journal.closed().keys()
        self._knowledge.forget(set(journal.fills))
        sets = [row.qty for row in journal.rows if isinstance(row, HoldingKept)]
        self._truth.outside = sets[-1] if sets else D(self._setup.cold)

    def _hold(self) -> TradingState:
        strict = (TradingState.HALTED, TradingState.FLATTENING, TradingState.REDUCING)
        return next((s for s in strict if s in self.holds.values()), TradingState.ACTIVE)

    # -- liveness ----------------------------------------------------------------------------

    def look(self) -> None:
        """Called every half second: out of band for long, and nothing to blame for it?"""
        now = self._agenda.now
        if self._hold() is not TradingState.ACTIVE:
            self._weather.trouble_ms = now
        trouble_ms = max(self._weather.trouble_ms, self._weather.dark_ms)
        ways = list(self._seen())
        inside = any(
            self._inside(seen.gross + coins, seen.hedge) for seen in ways for coins in seen.transit
        )
        self._note("naked", not inside, trouble_ms)
        if "naked" in self._since and any(map(self._torn, ways)):
            self._since["naked"] += LOOK_MS
        self._note("naked_in_the_dark", self._beyond(), self._weather.trouble_ms)

    def _torn(self, seen: Seen) -> bool:
        """While a record is looked for an order must be right both ways. Where one end is too long
        and the other too short none is, and the clock stands still: a search has its own end.
        """
        gross = [seen.gross + coins for coins in seen.transit]
        ends = [each + seen.hedge - self._target(each) for each in gross]
        return min(ends) * max(ends) < ZERO

    def _note(self, rule: str, wrong: bool, trouble_ms: int) -> None:
        """What is wrong may last for a while after it began and after the last trouble."""
        now = self._agenda.now
        if not wrong:
            self._since.pop(rule, None)
            return
        since_ms = self._since.setdefault(rule, now)
        if now - max(since_ms, trouble_ms) > LIVE_MS:
            self.accuse(rule, f"since {since_ms - self._knowledge.begun_ms}")
            self._since[rule] = now

    def _beyond(self) -> bool:
        """Out of band on the same side, whatever became of what is dark or unknown."""
        unknown = {i: self._sent[i] for i in self._knowledge.unknown if i in self._sent}
        ends = self._dark.ends(self._open | unknown)
        if ends is None:
            return False
        (low_gross, low_hedge), (high_gross, high_hedge) = ends
        high_gross += self._held.most()
        low = low_gross + low_hedge - self._target(low_gross)
        high = high_gross + high_hedge - self._target(high_gross)
        inside = self._inside(low_gross, low_hedge) or self._inside(high_gross, high_hedge)
        return low * high > ZERO and not inside

    def _inside(self, gross: D, hedge: D) -> bool:
        deviation = gross + hedge - self._target(gross)
        least = max(D("0.005"), self.width(gross))
        return abs(deviation) <= least + EPS

    def final(self, journal: Journal) -> None:
        """After every fault is over and every socket was dialled again."""
        truth = self._truth
        ways = [coins for ends in self._held.ways((), self._agenda.now) for coins in ends]
        if not any(self._inside(truth.gross + coins, truth.hedge) for coins in ways):
            gross = truth.gross + ways[0]
            dev = gross + truth.hedge - self._target(gross)
            self.accuse("not_hedged", f"at the end the deviation is {dev}")
        true_fills = {
            (f.instrument, f.trade_id) for _, f in truth.fills if f.instrument in truth.perps
        }
        kept = {key for key in journal.fills if key[0] in truth.perps}
        if kept != true_fills:
            self.accuse("fills", f"missing {true_fills - kept}, invented {kept - true_fills}")
        for order_id, row in journal.closed().items():
            if row.filled_qty != truth.filled(order_id):
                text = f"{row.reason} says {row.filled_qty}, truth {truth.filled(order_id)}"
                self.accuse("closed_wrong", text)
        if missing := self._sent.keys() - journal.closed().keys():
            self.accuse("not_closed", f"{len(missing)} orders are not closed")
