"""A look without a daemon: streams and snapshots are folded, and nothing else is performed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from hedgebot.domain.actions import Action, ReadWithdrawals, Snapshot, Stop, WakeAt
from hedgebot.domain.events import Stamped, Tick
from hedgebot.errors import StartRefused
from hedgebot.ports import Clock, Venue
from hedgebot.shell.alarm import Alarm
from hedgebot.shell.daemon import Decide
from hedgebot.shell.executor import Executor
from hedgebot.shell.inbox import Inbox
from hedgebot.shell.latency import Timelines
from hedgebot.shell.outbox import Outbox


class _Seen(Exception):
    """Ends the task group: there is nothing more to see."""


async def watch(
    venues: Mapping[str, Venue],
    clock: Clock,
    decide: Decide,
    *,
    enough: Callable[[int], bool],
    timeout_s: float,
) -> int:
    """Fold events until `enough` says so at that time, or time is up. Sends nothing.

    Returns:
        The time of the last event.

    Raises:
        StartRefused: the decision would not run in this world.
    """
    inbox = Inbox(clock.monotonic_ns)
    look = _Look(
        Executor(venues, Outbox(clock, Timelines()), clock, inbox.put), Alarm(clock, inbox.put)
    )
    now = clock.now_ms()
    inbox.put(Tick())
    async with _streaming(venues, look, inbox):
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not enough(now):
                    event, _received_ns = await inbox.get()
                    now = max(now, clock.now_ms())
                    for action in decide(Stamped(now, event)):
                        look.obey(action)
    return now


class _Look:
    """Performs what only reads."""

    def __init__(self, executor: Executor, alarm: Alarm) -> None:
        self.executor = executor
        self.alarm = alarm

    def obey(self, action: Action) -> None:
        match action:
            case Snapshot():
                self.executor.snapshot(action)
            case ReadWithdrawals():
                self.executor.withdrawals(action)
            case WakeAt(at_ms=at_ms):
                self.alarm.set(at_ms)
            case Stop(reason=reason):
                raise StartRefused(reason)
            case _:
                pass  # a look performs nothing


@asynccontextmanager
async def _streaming(venues: Mapping[str, Venue], look: _Look, inbox: Inbox) -> AsyncIterator[None]:
    """Run the streams while the context lasts; its own error comes out as it is."""
    failed: list[StartRefused] = []
    try:
        async with asyncio.TaskGroup() as group:
            look.executor.open(group)
            for name, venue in venues.items():
                group.create_task(venue.run(inbox.put), name=f"streams of {name}")
            try:
                yield
            except StartRefused as refused:
                failed.append(refused)
            _end()
    except* _Seen:
        look.alarm.cancel()
    if failed:
        raise failed[0]


def _end() -> None:
    raise _Seen
