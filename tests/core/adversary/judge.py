"""The oracle: judges every order by what is really so, never by what `core` believes.

A change that the daemon could not know yet is left out; one that invariant 1b calls pending must
be harmless both with it and without it.
"""

from collections.abc import Iterator
from decimal import Decimal as D
from itertools import product

from hedgebot.domain.actions import Answer
from hedgebot.domain.events import CommandKind, Event
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent, Purpose
from hedgebot.domain.records import ControlKept, TradingState
from tests.core.adversary.journal import Journal
from tests.core.adversary.knowledge import Knowledge
from tests.core.adversary.plan import Setup
from tests.core.adversary.truth import ZERO, Truth
from tests.core.adversary.weather import Weather

SETTLE_MS = 1_500
CANCEL_MS = 14_000
"""How far back an opposite amount may make a transfer of two changes."""
LIVE_MS = 31_000
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

    def __init__(self, weather: Weather, truth: Truth, knowledge: Knowledge, setup: Setup) -> None:
        self.accusations: list[tuple[str, str]] = []
        self.orders: list[OrderIntent] = []
        self._agenda, self._weather, self._truth = truth.agenda, weather, truth
        self._knowledge, self._setup = knowledge, setup
        self._open: dict[OrderId, OrderIntent] = {}
        self._sent: set[OrderId] = set()
        self.asked: dict[str, tuple[CommandKind, str | None]] = {}
        self.holds: dict[str | None, TradingState] = {}
        self._out_ms: int | None = None

    def accuse(self, rule: str, text: str) -> None:
        self.accusations.append((rule, f"{self._agenda.now - self._knowledge.begun_ms} {text}"))

    def told(self, event: Event) -> None:
        self._knowledge.told(event)

    # -- orders ------------------------------------------------------------------------------

    def decided(self, intent: OrderIntent) -> None:
        """An order was approved: right at both ends of whatever may be pending?"""
        self.orders.append(intent)
        why = ""
        for gross, hedge, position in self._assignments(intent.instrument):
            why = self._wrong(intent, gross, hedge, position)
            if not why:
                return
        self.accuse(why.split(":")[0], f"{intent.side.name} {intent.qty}: {why}")

    def sent(self, intent: OrderIntent) -> None:
        """It is written now."""
        if intent.order_id in self._sent:
            self.accuse("sent_twice", f"{intent.order_id:x}")
        self._sent.add(intent.order_id)
        unknown = {each.instrument for each in self._open.values()}
        if unknown and (intent.purpose is not Purpose.FAILOVER or intent.instrument in unknown):
            self.accuse("two_open", f"{[(o.side.name, str(o.qty)) for o in self._open.values()]}")
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

    def _assignments(self, name: InstrumentId) -> Iterator[tuple[D, D, D]]:
        """(gross, hedge, position of that instrument) as the daemon may have known them."""
        truth = self._truth
        open_ = [c for c in truth.changes if c.seen_ms is None or c.told == {"fill"}]
        unseen = [c for c in open_ if c.seen_ms is None and not c.maybe]
        maybes = [c for c in open_ if c.seen_ms is not None or c.maybe][:MAYBES_MAX]
        for chosen in product((False, True), repeat=len(maybes)):
            out = unseen + [c for c, leave in zip(maybes, chosen, strict=True) if leave]
            yield (
                truth.gross - sum((c.gross for c in out), ZERO),
                truth.hedge - sum((c.hedge for c in out), ZERO),
                truth.positions[name].last.qty
                - sum((c.hedge for c in out if c.instrument == name), ZERO),
            )

    def _wrong(self, intent: OrderIntent, gross: D, hedge: D, position: D) -> str:
        change = intent.qty * intent.side.value
        shrinks = position * change < ZERO
        if intent.reduce_only and not (shrinks and abs(change) <= abs(position)):
            return f"flips: reduce-only {change} on {position}"
        if shrinks and not intent.reduce_only:
            return f"not_closed_first: {change} on {position}"
        if intent.purpose is Purpose.FLATTEN:
            return ""
        ends = sorted({ZERO, *self._pending()})
        found = (self._wrong_way(change, gross - held, hedge, held) for held in ends)
        return next((why for why in found if why), "")

    def _wrong_way(self, change: D, gross: D, hedge: D, held: D) -> str:
        deviation = gross + hedge - self._target(gross)
        after = deviation + change
        rule = ""
        if abs(after) > abs(deviation) + EPS:
            rule = "worse"
        elif after * deviation < -EPS:
            rule = "crosses"
        elif abs(deviation) < self.width(gross) - EPS:
            rule = "needless"
        return rule and f"{rule}: deviation {deviation} -> {after}, pending {held}"

    def _pending(self) -> tuple[D, D]:
        """What may not be counted yet, at its lowest and at its highest."""
        now = self._agenda.now
        told: dict[tuple[str | None, int | None], D] = {}
        for change in self._truth.changes:
            if change.told == {"balance"} and now - (change.seen_ms or 0) < CANCEL_MS:
                # what one message told of a wallet is one change
                key = (change.wallet, change.seen_ms)
                told[key] = told.get(key, ZERO) + change.gross
        held = list(told.values())
        young = [
            amount
            for (_, seen_ms), amount in told.items()
            if now - (seen_ms or 0) < SETTLE_MS and -amount not in held  # those two cancel
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
        if not answer.accepted:
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
        self._knowledge.forget(set(journal.fills))

    def _hold(self) -> TradingState:
        strict = (TradingState.HALTED, TradingState.FLATTENING, TradingState.REDUCING)
        return next((s for s in strict if s in self.holds.values()), TradingState.ACTIVE)

    # -- liveness ----------------------------------------------------------------------------

    def look(self) -> None:
        """Called every half second: out of band for long, and nothing to blame for it?"""
        now = self._agenda.now
        if self._hold() is not TradingState.ACTIVE:
            self._weather.trouble_ms = now
        inside = any(self._inside(g, h) for g, h, _ in self._assignments(self._truth.perps[0]))
        if inside:
            self._out_ms = None
            return
        self._out_ms = now if self._out_ms is None else self._out_ms
        if now - max(self._out_ms, self._weather.trouble_ms) > LIVE_MS:
            self.accuse("naked", f"out of band since {self._out_ms - self._knowledge.begun_ms}")
            self._out_ms = now

    def _inside(self, gross: D, hedge: D) -> bool:
        deviation = gross + hedge - self._target(gross)
        least = max(D("0.005"), self.width(gross))
        return abs(deviation) <= least + EPS

    def final(self, journal: Journal) -> None:
        """After every fault is over and every socket was dialled again."""
        truth = self._truth
        if not self._inside(truth.gross, truth.hedge):
            dev = truth.gross + truth.hedge - self._target(truth.gross)
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
        if missing := self._sent - journal.closed().keys():
            self.accuse("not_closed", f"{len(missing)} orders are not closed")
