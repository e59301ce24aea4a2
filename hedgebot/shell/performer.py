"""What becomes of the actions of one step, and in which order (invariants 2, 2b, 9).

Withdrawals, cancels, look-ups, snapshots and wake-ups happen at once: they need no journal. An
order leaves, and a command is answered, when the rows of its own step and of every earlier one
are durable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from hedgebot.domain.actions import (
    Action,
    Alert,
    Answer,
    Cancel,
    Keep,
    LookUp,
    Place,
    ReadWithdrawals,
    Snapshot,
    SolveBand,
    Stop,
    WakeAt,
    Withdraw,
)
from hedgebot.domain.events import NotSent, NotSentReason
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import CloseReason, DecisionKept, OrderMoved, Phase, Record
from hedgebot.ports import Clock, Emit, Notifier
from hedgebot.shell.alarm import Alarm
from hedgebot.shell.announce import Announcer
from hedgebot.shell.commits import Batch, Commits
from hedgebot.shell.control import Control
from hedgebot.shell.executor import Executor
from hedgebot.shell.latency import Mark, Timelines
from hedgebot.shell.outbox import Outbox
from hedgebot.shell.solver import Solver

Asking = Cancel | LookUp | Snapshot | ReadWithdrawals | SolveBand
"""Actions whose result comes back as an event."""
AtOnce = Asking | Withdraw | Alert | WakeAt
"""Actions that wait for no commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """The parts that perform."""

    executor: Executor
    solver: Solver
    outbox: Outbox
    control: Control
    notifier: Notifier
    alarm: Alarm
    announcer: Announcer
    timelines: Timelines
    clock: Clock
    emit: Emit

    def release(self, batch: Batch, durable: bool) -> None:
        """Do what waited for a commit, or refuse it where the commit failed."""
        for intent in batch.intents:
            if durable:
                self.timelines.note(intent.order_id, Mark.COMMITTED, self.clock.monotonic_ns())
                self.executor.place(intent)
            else:
                self.outbox.withdraw(intent.order_id)
                self.emit(NotSent(intent.order_id, NotSentReason.JOURNAL))
        for answer in batch.answers:
            self.control.answer(answer, durable=durable)


class Performer:
    """Performs the actions of each step."""

    def __init__(self, hands: Hands, commits: Commits) -> None:
        self._hands = hands
        self._commits = commits
        self.hurried = False
        """Whether the last step's actions want the loop before the next event is folded."""

    def perform(self, actions: Sequence[Action], received_ns: int) -> Stop | None:
        """Perform a step's actions, caused by an event received at `received_ns`.

        Returns:
            Stop, when it was among them.
        """
        rows: list[Record] = []
        places: list[OrderIntent] = []
        answers: list[Answer] = []
        stop = None
        for action in actions:
            match action:
                case Keep(record=record):
                    rows.append(record)
                    self._notice(record)
                case Place(order=order):
                    places.append(order.intent)
                    self._admit(order.intent, received_ns)
                case Answer():
                    answers.append(action)
                case Stop():
                    self._hands.outbox.stop()
                    stop = action
                case _:
                    self._obey(action)
        self.hurried = bool(places or answers)
        if rows or self.hurried:
            self._commits.add(Batch(tuple(rows), tuple(places), tuple(answers)))
        return stop

    def _admit(self, intent: OrderIntent, received_ns: int) -> None:
        self._hands.outbox.admit(intent.order_id, intent.instrument)
        now_ns = self._hands.clock.monotonic_ns()
        self._hands.timelines.open(intent.order_id, received_ns, now_ns)

    def _obey(self, action: AtOnce) -> None:
        match action:
            case WakeAt(at_ms=at_ms):
                self._hands.alarm.set(at_ms)
            case Withdraw(order_id=order_id):
                self._hands.outbox.withdraw(order_id)
            case Alert():
                self._hands.notifier.send(action)
                self._hands.announcer.say(action)
            case _:
                self._ask(action)

    def _ask(self, action: Asking) -> None:
        match action:
            case Cancel():
                self._hands.executor.cancel(action)
            case LookUp():
                self._hands.executor.look_up(action)
            case Snapshot():
                self._hands.executor.snapshot(action)
            case ReadWithdrawals():
                self._hands.executor.withdrawals(action)
            case SolveBand():
                self._hands.solver.solve(action)
            case _:
                assert_never(action)

    def _notice(self, record: object) -> None:
        match record:
            case DecisionKept():
                self._hands.announcer.say(record)
            case OrderMoved(phase=Phase.CLOSED, order_id=order_id, reason=reason):
                self._hands.outbox.close(order_id)
                if reason is CloseReason.FILLED:
                    now_ns = self._hands.clock.monotonic_ns()
                    self._hands.timelines.note(order_id, Mark.FILLED, now_ns)
            case _:
                pass  # only the journal cares
