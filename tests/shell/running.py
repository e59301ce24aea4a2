"""A daemon on fakes, running in the test's own loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hedgebot.domain.actions import Action, Stop
from hedgebot.domain.events import Event, Stamped, StopAsked
from hedgebot.domain.records import DecisionKept
from hedgebot.ports import Heart, Recorder
from hedgebot.shell.announce import DecisionLine
from hedgebot.shell.daemon import Daemon, Outside
from hedgebot.shell.ending import Ending
from tests.shell.fakes import (
    FakeJournal,
    FakeNotifier,
    FakeVenue,
    Script,
    WallClock,
    quiet_log,
    until,
)

STOP = (Stop("asked"),)


@dataclass
class Bench:
    """The daemon, and everything around it."""

    daemon: Daemon
    script: Script
    venue: FakeVenue
    journal: FakeJournal
    notifier: FakeNotifier
    work: "asyncio.Task[Ending]"

    def feed(self, event: Event) -> None:
        assert self.venue.emit is not None
        self.venue.emit(event)

    async def stopped(self) -> Ending:
        self.daemon.ask_stop("test")
        return await asyncio.wait_for(self.work, 12)


def stopping(on: Callable[[Event], Sequence[Action]]) -> Callable[[Stamped], Sequence[Action]]:
    """A decision that also stops at once when asked to."""

    def decide(stamped: Stamped) -> Sequence[Action]:
        return STOP if isinstance(stamped.event, StopAsked) else on(stamped.event)

    return decide


def line(decision: DecisionKept, latencies_ms: Mapping[str, float]) -> dict[str, Any]:
    """What is said of a decision."""
    return {"text": decision.text, **latencies_ms}


@asynccontextmanager
async def running(
    on: Callable[[Event], Sequence[Action]],
    *,
    venue: FakeVenue | None = None,
    journal: FakeJournal | None = None,
    control_path: Path | None = None,
    release: Callable[[], None] = lambda: None,
    line_of: DecisionLine = line,
    heart: Heart | None = None,
    recorder: Recorder | None = None,
) -> AsyncIterator[Bench]:
    """Start a daemon; whatever the test leaves running is stopped and must not be orphaned."""
    venue = venue or FakeVenue()
    journal = journal or FakeJournal()
    notifier = FakeNotifier()
    script = Script(stopping(on))
    outside = Outside(
        venues={venue.name: venue},
        journal=journal,
        notifier=notifier,
        clock=WallClock(),
        log=quiet_log(),
        line_of=line_of,
        control_path=control_path,
        heart=heart,
        recorder=recorder,
        heartbeat_s=0.1,
    )
    daemon = Daemon(outside, script, lambda: {"book": "test"})
    async with no_orphans():
        work = asyncio.create_task(daemon.run())
        bench = Bench(daemon, script, venue, journal, notifier, work)
        await until(lambda: venue.emit is not None or work.done())
        try:
            yield bench
        finally:
            if not work.done():
                await bench.stopped()
            release()


@asynccontextmanager
async def no_orphans() -> AsyncIterator[None]:
    """No task that is begun inside is left afterwards."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0.05)
    orphans = {task.get_name() for task in asyncio.all_tasks() - before}
    assert orphans == set()
