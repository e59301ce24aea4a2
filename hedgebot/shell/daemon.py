"""The life of a daemon: one task group, and in it one task that owns the state and decides."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

from structlog.typing import FilteringBoundLogger

from hedgebot.core.remedies import advised
from hedgebot.domain.actions import Action, Alert, Severity, Stop
from hedgebot.domain.events import Stamped, StopAsked, Tick
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import AlertKept, CounterKept
from hedgebot.ports import Clock, Heart, Journal, Notifier, Recorder, Venue
from hedgebot.shell.alarm import Alarm
from hedgebot.shell.announce import Announcer, DecisionLine
from hedgebot.shell.bookkeeper import Bookkeeper
from hedgebot.shell.callbacks import first_error
from hedgebot.shell.commits import Batch, Commits
from hedgebot.shell.control import Control, StatusReader
from hedgebot.shell.ending import Ending, ended_in_time, ending_of
from hedgebot.shell.executor import Executor
from hedgebot.shell.heartbeat import Pulse, beating
from hedgebot.shell.inbox import Inbox
from hedgebot.shell.latency import Timelines
from hedgebot.shell.outbox import Outbox
from hedgebot.shell.performer import Hands, Performer
from hedgebot.shell.solver import Answering, Solver, inline

Decide = Callable[[Stamped], Sequence[Action]]
"""`core.step` with its state and policy bound: called by the deciding task only."""

EVENTS_COUNTER = "events"
"""Name of the journal's counter of events folded by one start."""
HURRY = 3
"""Turns of the loop that an order gets before the next event: commit, start of its task, write."""
BREATH = 32
"""Events folded before the loop may do something else."""
STOP_S_MAX = 5.3
"""Time the decision has, after StopAsked, to end in good order: it takes 5 s at most itself."""
END_S_MAX = 0.3
CANCEL_ALL_S_MAX = 5.0
"""Time to cancel what may be working and to deliver alerts, when the daemon dies."""
LAST_CANCEL_S_MAX = 1.5
"""The same after a stop that was asked for: the decision has cancelled already."""
DRAIN_S_MAX = 0.5
CLOSE_S_MAX = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The world as the daemon meets it."""

    venues: Mapping[str, Venue]
    journal: Journal
    notifier: Notifier
    clock: Clock
    log: FilteringBoundLogger
    line_of: DecisionLine
    bookkeepers: Sequence[Bookkeeper] = ()
    """One for each venue entry whose books are kept."""
    control_path: Path | None = None
    """Where commands come in; None: nowhere."""
    heart: Heart | None = None
    heartbeat_s: float = 60.0
    solve: Answering = inline
    """Finds computed bands."""
    recorder: Recorder | None = None
    """Keeps events and actions; None: nobody does."""


class _Stopped(Exception):
    """Ends the task group in good order."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        super().__init__(stop.reason)


@dataclass(slots=True)
class _Progress:
    began_ms: int = 0
    now: int = 0
    """Of the last event."""
    events: int = 0
    stop_asked: bool = False


class Daemon:
    """Feeds events to the decision and obeys it, until it says stop or something breaks."""

    def __init__(self, outside: Outside, decide: Decide, status: StatusReader) -> None:
        self._outside = outside
        self._decide = decide
        self._inbox = Inbox(outside.clock.monotonic_ns)
        self._hands = _hands(outside, self._inbox, status)
        self._commits = Commits(outside.journal, self._inbox.put, self._hands.release)
        self._progress = _Progress()
        self._out_of_time = asyncio.Event()

    def recall(self, orders: Mapping[OrderId, InstrumentId]) -> None:
        """Orders of an earlier start that may be working: cancelled too, should this one die."""
        for order_id, instrument in orders.items():
            self._hands.outbox.recall(order_id, instrument)

    def ask_stop(self, reason: str) -> None:
        """Ask for an end in good order; asked again, it is an end at once."""
        self._outside.log.info("stopping", reason=reason)
        if self._progress.stop_asked:
            self._out_of_time.set()
        self._progress.stop_asked = True
        self._inbox.put(StopAsked(reason))
        asyncio.get_running_loop().call_later(STOP_S_MAX, self._out_of_time.set)

    async def run(self) -> Ending:
        """Run until stopped, then close everything. Never raises: the ending tells.

        Within 10 s of `ask_stop` this returns, whatever a venue does.
        """
        work = asyncio.create_task(self._work(), name="daemon")
        limit = asyncio.create_task(self._out_of_time.wait(), name="stop limit")
        with self._signals():
            await asyncio.wait({work, limit}, return_when=asyncio.FIRST_COMPLETED)
            limit.cancel()
            if not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=END_S_MAX)
            return await self._close(ending_of(work))

    async def _work(self) -> Stop:
        stop = Stop("stopped")
        try:
            async with asyncio.TaskGroup() as group, AsyncExitStack() as stack:
                self._hands.executor.open(group)
                self._hands.solver.open(group)
                if self._outside.control_path is not None:
                    control = self._hands.control.serve(self._outside.control_path, group)
                    await stack.enter_async_context(control)
                group.create_task(first_error(), name="callbacks")
                group.create_task(self._commits.run(), name="journal")
                if self._outside.heart is not None:
                    pulse = Pulse(lambda: self._progress.events, lambda: self._commits.failing)
                    beats = beating(self._outside.heart, pulse, self._outside.heartbeat_s)
                    group.create_task(beats, name="heartbeat")
                if self._outside.recorder is not None:
                    group.create_task(self._outside.recorder.run(), name="recorder")
                for name, venue in self._outside.venues.items():
                    group.create_task(self._stream(venue), name=f"streams of {name}")
                for keeper in self._outside.bookkeepers:
                    group.create_task(keeper.run(self._commits), name=f"books of {keeper.venue}")
                await self._take_up()
        except* _Stopped as stopped:
            stop = _first(stopped).stop
        return stop

    async def _take_up(self) -> NoReturn:
        """Fold events one by one. This task alone owns the state."""
        performer = Performer(self._hands, self._commits)
        clock, progress = self._outside.clock, self._progress
        decide = _recorded(self._decide, self._outside.recorder)
        progress.began_ms = clock.now_ms()
        self._inbox.put(Tick())
        while True:
            event, received_ns = await self._inbox.get()
            progress.now = max(progress.now, clock.now_ms())
            progress.events += 1
            actions = decide(Stamped(progress.now, event))
            stop = performer.perform(actions, received_ns) if actions else None
            if stop is not None:
                raise _Stopped(stop)
            if actions and performer.hurried:
                for _ in range(HURRY):
                    await asyncio.sleep(0)
            elif progress.events % BREATH == 0:
                await asyncio.sleep(0)

    async def _stream(self, venue: Venue) -> None:
        await venue.run(self._inbox.put)
        raise AssertionError(f"the streams of {venue.name} ended by themselves")

    async def _close(self, ending: Ending) -> Ending:
        outside = self._outside
        # A line that cannot be rendered must not keep orders from being cancelled.
        troubles = await ended_in_time({"last lines": self._say_last()}, DRAIN_S_MAX)
        if ending.error:
            outside.log.log(ending.level, "ended", **ending.line())
            self._tell_end(ending.reason)
        # A stop that was asked for ends within 10 s, all in all.
        last_s = LAST_CANCEL_S_MAX if self._progress.stop_asked else CANCEL_ALL_S_MAX
        until_s = asyncio.get_running_loop().time() + last_s
        undone = await ended_in_time({"last rows": self._abandon(last_s)}, last_s + DRAIN_S_MAX)
        # Alerts went out meanwhile. Which of them arrived is noted beside their rows.
        left_s = max(0.0, until_s - asyncio.get_running_loop().time())
        troubles += [
            *await ended_in_time({"alerts": outside.notifier.close(left_s)}, left_s + DRAIN_S_MAX),
            *await ended_in_time(
                {f"venue {name}": venue.close() for name, venue in outside.venues.items()},
                CLOSE_S_MAX,
            ),
        ]
        closings = {"journal": outside.journal.close(ending.error)}
        recorder = {"recorder": outside.recorder.close()} if outside.recorder else {}
        for trouble in await ended_in_time(closings | recorder, CLOSE_S_MAX):
            (undone if trouble.startswith("journal") else troubles).append(trouble)
        for trouble in troubles:
            outside.log.warning("not closed in order", text=trouble)
        return self._ended(ending, undone)

    def _ended(self, ending: Ending, undone: Sequence[str]) -> Ending:
        """Say how it ended. Of an error that was said at once: closing takes its time."""
        log = self._outside.log
        if not ending.error:
            ending = ending.left(undone)
            log.log(ending.level, "ended", **ending.line())
        elif undone:
            log.critical("not closed in order", text="; ".join(undone))
        return ending

    def _tell_end(self, reason: str) -> None:
        """Tell people; what cannot be delivered in time goes out at the next start."""
        now_ms, key = self._outside.clock.now_ms(), "ended"
        text = advised(key, f"hedgebot: {reason}; nothing is hedged until it runs again")
        kept = AlertKept(now_ms, key, Severity.CRITICAL, text, recovered=True)
        self._commits.add(Batch((kept,)))
        self._outside.notifier.send(Alert(Severity.CRITICAL, key, text, at_ms=now_ms))

    async def _say_last(self) -> None:
        self._hands.announcer.flush()

    async def _abandon(self, cancel_s: float) -> None:
        """Write nothing more to a venue but cancels, and the last rows to the journal."""
        self._hands.outbox.stop()
        left = await self._hands.executor.cancel_all(cancel_s)
        for order_id in left:
            self._outside.log.critical("order may be working", order_id=f"{order_id:032x}")
        progress = self._progress
        count = CounterKept(EVENTS_COUNTER, progress.began_ms, Decimal(progress.events))
        self._commits.add(Batch((count,)))
        async with asyncio.timeout(DRAIN_S_MAX):
            await self._commits.drain()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        caught = (signal.SIGTERM, signal.SIGINT)
        for number in caught:
            loop.add_signal_handler(number, self.ask_stop, signal.Signals(number).name)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)


def _recorded(decide: Decide, recorder: Recorder | None) -> Decide:
    """The same decision, remembered: also the event at which it raised."""
    if recorder is None:
        return decide

    def decide_and_remember(stamped: Stamped) -> Sequence[Action]:
        recorder.taken_up(stamped)
        actions = decide(stamped)
        recorder.decided(actions)
        return actions

    return decide_and_remember


def _hands(outside: Outside, inbox: Inbox, status: StatusReader) -> Hands:
    def status_and_load() -> Mapping[str, object]:
        load = {
            "events_waiting": len(inbox),
            "tasks": len(asyncio.all_tasks()),
            # Of the interpreter: tells a leak sooner than resident memory, which full queues raise.
            "memory_blocks": sys.getallocatedblocks(),
        }
        return {**status(), "load": load}

    emit, timelines = inbox.put, Timelines()
    outbox = Outbox(outside.clock, timelines)
    return Hands(
        executor=Executor(outside.venues, outbox, outside.clock, emit),
        solver=Solver(emit, outside.solve),
        outbox=outbox,
        control=Control(outside.clock, emit, status_and_load),
        notifier=outside.notifier,
        alarm=Alarm(outside.clock, emit),
        announcer=Announcer(outside.log, outside.line_of, timelines),
        timelines=timelines,
        clock=outside.clock,
        emit=emit,
    )


def _first(group: BaseExceptionGroup[_Stopped]) -> _Stopped:
    stopped = group.exceptions[0]
    return stopped if isinstance(stopped, _Stopped) else _first(stopped)
