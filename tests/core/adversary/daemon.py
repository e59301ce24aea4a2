"""What the shell does with `step`: commits, permits, sends, wakes; and dies when told to."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from hedgebot.core.policy import Policy
from hedgebot.core.start import state_at_start
from hedgebot.core.state import State
from hedgebot.core.step import step
from hedgebot.domain import actions as act
from hedgebot.domain.events import (
    Event,
    JournalBack,
    JournalFailed,
    NotSent,
    NotSentReason,
    Stamped,
    Tick,
)
from hedgebot.domain.instruments import Instrument
from hedgebot.domain.orders import OrderId, OrderIntent
from hedgebot.domain.records import Record
from tests.core.adversary.agenda import Agenda
from tests.core.adversary.exchange import Exchange
from tests.core.adversary.journal import Journal
from tests.core.adversary.judge import Judge
from tests.core.adversary.weather import Weather

PROBE_MS = 1_000


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything around the daemon."""

    agenda: Agenda
    weather: Weather
    exchange: Exchange
    journal: Journal
    judge: Judge


@dataclass(frozen=True, slots=True)
class Batch:
    rows: list[Record]
    intents: list[OrderIntent]
    answers: list[act.Answer]


class Daemon:
    """One life of the daemon, from a start to a kill."""

    def __init__(
        self, outside: Outside, policy: Policy, instruments: tuple[Instrument, ...]
    ) -> None:
        self._outside, self._policy = outside, policy
        durable = outside.journal.load()
        self.state: State = state_at_start(policy, instruments, durable, now=outside.agenda.now)
        self.alive = True
        self.on_death: Callable[[], None] = lambda: None
        self._withdrawn: set[OrderId] = set()
        self._commits = Commits(outside, self)
        self._hook = ""
        self._alarms = 0
        outside.agenda.after(0, lambda: self.tell(Tick()))

    def kill_at(self, hook: str) -> None:
        """Die at the next such moment of an order."""
        self._hook = hook
        if hook == "now":
            self.die()

    def pass_hook(self, hook: str) -> bool:
        """A moment of an order came. True: it was the last one."""
        if self._hook == hook:
            self.die()
        return not self.alive

    def die(self) -> None:
        if self.alive:
            self.alive = False
            self._commits.die()
            self.on_death()

    def tell(self, event: Event) -> None:
        """Decide and obey, as the shell's one task does."""
        if not self.alive:
            return
        outside = self._outside
        outside.judge.told(event)
        actions = step(self.state, Stamped(outside.agenda.now, event), self._policy)
        if actions:
            self._perform(actions)

    def _perform(self, actions: Sequence[act.Action]) -> None:
        rows = [action.record for action in actions if isinstance(action, act.Keep)]
        intents = [action.order.intent for action in actions if isinstance(action, act.Place)]
        answers = [action for action in actions if isinstance(action, act.Answer)]
        for intent in intents:
            self._outside.judge.decided(intent)
        for action in actions:
            self._obey(action)
        if rows or intents or answers:
            self._commits.add(Batch(rows, intents, answers))

    def _obey(self, action: act.Action) -> None:
        exchange = self._outside.exchange
        match action:
            case act.Withdraw():
                self._withdrawn.add(action.order_id)
            case act.Cancel():
                exchange.cancel(action, self.tell)
            case act.LookUp():
                exchange.look_up(action, self.tell)
            case act.Snapshot():
                exchange.snapshot(action, self.tell)
            case act.ReadWithdrawals():
                exchange.withdrawals(action, self.tell)
            case act.WakeAt():
                self._wake(action.at_ms)
            case act.Stop():
                self._outside.judge.accuse("stopped", action.reason)
            case _:
                pass

    def _wake(self, at_ms: int) -> None:
        """Only the latest request counts."""
        self._alarms += 1
        alarm, late_ms = self._alarms, self._outside.weather.rng.choice((0, 0, 1, 3))

        def ring() -> None:
            if alarm == self._alarms:
                self.tell(Tick())

        self._outside.agenda.at(at_ms + late_ms, ring)

    def release(self, batch: Batch, *, durable: bool) -> None:
        """A batch's commit ended."""
        for intent in batch.intents:
            if durable:
                wait_ms = self._outside.weather.rng.choice((0, 0, 1, 2))
                self._outside.agenda.after(wait_ms, partial(self._send, intent))
            else:
                self._withdrawn.add(intent.order_id)
                self.tell(NotSent(intent.order_id, NotSentReason.JOURNAL))
        for answer in batch.answers:
            self._outside.judge.answered(answer, durable=durable)

    def _send(self, intent: OrderIntent) -> None:
        if not self.alive or self.pass_hook("after_commit"):
            return
        outside = self._outside
        if intent.order_id in self._withdrawn:
            self.tell(NotSent(intent.order_id, NotSentReason.WITHDRAWN))
            return
        if outside.agenda.now > intent.send_before_ms:
            self.tell(NotSent(intent.order_id, NotSentReason.LATE))
            return
        outside.judge.sent(intent)

        def answer(event: Event) -> None:
            if self.alive and not self.pass_hook("after_reply"):
                self.tell(event)

        if not outside.exchange.submit(intent, answer):
            outside.judge.lost(intent)
        self.pass_hook("after_write")


class Commits:
    """One commit at a time; what fails is tried again before anything newer."""

    def __init__(self, outside: Outside, daemon: Daemon) -> None:
        self._outside, self._daemon = outside, daemon
        self._waiting: deque[Batch] = deque()
        self._unkept: list[Record] = []
        self._under_way: list[Record] | None = None
        self._failing = False

    def add(self, batch: Batch) -> None:
        self._waiting.append(batch)
        if batch.intents and self._daemon.pass_hook("before_commit"):
            return
        self._go_on()

    def die(self) -> None:
        """What was being written may or may not be kept."""
        if self._under_way is not None and self._outside.weather.rng.random() < 0.5:
            self._outside.journal.commit(self._under_way)

    def _go_on(self) -> None:
        if self._under_way is not None or not self._daemon.alive:
            return
        batches = list(self._waiting)
        self._waiting.clear()
        rows = [*self._unkept, *(row for batch in batches for row in batch.rows)]
        if not rows and not batches:
            return
        self._under_way = rows
        weather = self._outside.weather
        fails = weather.hits("commit_fail", 1.0) is not None
        slow = weather.hits("commit_slow")
        last_ms = weather.rng.randint(300, 2_000) if slow else weather.rng.choice((0, 1, 1, 2))
        self._outside.agenda.after(last_ms, lambda: self._end(rows, batches, fails=fails))

    def _end(self, rows: list[Record], batches: list[Batch], *, fails: bool) -> None:
        daemon = self._daemon
        if not daemon.alive:
            return
        self._under_way = None
        if fails:
            self._unkept = rows
            if not self._failing:
                self._failing = True
                daemon.tell(JournalFailed("disk full"))
        else:
            self._outside.journal.commit(rows)
            self._unkept = []
            if self._failing:
                self._failing = False
                daemon.tell(JournalBack())
        for batch in batches:
            daemon.release(batch, durable=not fails)
        self._outside.agenda.after(PROBE_MS if fails else 0, self._go_on)
