"""A look without a daemon: streams and snapshots are folded, and nothing else is performed."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from hedgebot.domain.actions import Snapshot, Stop, WakeAt
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
    executor = Executor(venues, Outbox(clock, Timelines()), clock, inbox.put)
    alarm = Alarm(clock, inbox.put)
    now = clock.now_ms()
    inbox.put(Tick())

    async def fold() -> None:
        nonlocal now
        while not enough(now):
            event, _received_ns = await inbox.get()
            now = max(now, clock.now_ms())
            for action in decide(Stamped(now, event)):
                match action:
                    case Snapshot():
                        executor.snapshot(action)
                    case WakeAt(at_ms=at_ms):
                        alarm.set(at_ms)
                    case Stop(reason=reason):
                        raise StartRefused(reason)
                    case _:
                        pass  # a look performs nothing

    try:
        async with asyncio.TaskGroup() as group:
            executor.open(group)
            for name, venue in venues.items():
                group.create_task(venue.run(inbox.put), name=f"streams of {name}")
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await fold()
            raise _Seen
    except* _Seen:
        alarm.cancel()
    return now
