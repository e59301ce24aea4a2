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
    Stop,
    WakeAt,
    Withdraw,
)
from hedgebot.domain.events import NotSent, NotSentReason
from hedgebot.domain.records import CloseReason, DecisionKept, OrderMoved, Phase
from hedgebot.ports import Clock, Emit, Notifier
from hedgebot.shell.alarm import Alarm
from hedgebot.shell.announce import Announcer
from hedgebot.shell.commits import Batch, Commits
from hedgebot.shell.control import Control
from hedgebot.shell.executor import Executor
from hedgebot.shell.latency import Mark, Timelines
from hedgebot.shell.outbox import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """The parts that perform."""

    executor: Executor
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
        places = tuple(action.order.intent for action in actions if isinstance(action, Place))
        for intent in places:
            self._hands.outbox.admit(intent.order_id, intent.instrument)
            now_ns = self._hands.clock.monotonic_ns()
            self._hands.timelines.open(intent.order_id, received_ns, now_ns)
        rows = tuple(action.record for action in actions if isinstance(action, Keep))
        answers = tuple(action for action in actions if isinstance(action, Answer))
        self.hurried = bool(places or answers)
        if rows or places or answers:
            self._commits.add(Batch(rows, places, answers))
        stop = None
        for action in actions:
            stop = self._obey(action) or stop
        return stop

    def _obey(self, action: Action) -> Stop | None:
        match action:
            case Withdraw(order_id=order_id):
                self._hands.outbox.withdraw(order_id)
            case Cancel() | LookUp() | Snapshot() | ReadWithdrawals():
                self._request(action)
            case Alert():
                self._hands.notifier.send(action)
                self._hands.announcer.say(action)
            case WakeAt(at_ms=at_ms):
                self._hands.alarm.set(at_ms)
            case Keep(record=record):
                self._notice(record)
            case Stop():
                self._hands.outbox.stop()
                return action
            case Place() | Answer():
                pass  # they wait for the commit
            case _:
                assert_never(action)
        return None

    def _request(self, action: Cancel | LookUp | Snapshot | ReadWithdrawals) -> None:
        match action:
            case Cancel():
                self._hands.executor.cancel(action)
            case LookUp():
                self._hands.executor.look_up(action)
            case Snapshot():
                self._hands.executor.snapshot(action)
            case ReadWithdrawals():
                self._hands.executor.withdrawals(action)

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
