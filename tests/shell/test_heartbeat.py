"""The dead man's switch beats while the daemon decides and its journal works, and not otherwise."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from hedgebot.domain.actions import Action, Alert, Keep, Severity
from hedgebot.domain.events import Event, MarkSeen
from hedgebot.domain.records import AlertKept
from hedgebot.shell.heartbeat import Pulse, beating
from tests.shell.fakes import FakeJournal, FakeNotifier, mark_of, until
from tests.shell.running import running

ROW = Keep(AlertKept(1, "naked:BTC", "critical", "naked", recovered=False))


@dataclass
class FakeHeart:
    beats: int = 0

    def beat(self) -> None:
        self.beats += 1


def keep_a_row(event: Event) -> Sequence[Action]:
    return (ROW,) if isinstance(event, MarkSeen) else ()


def test_no_event_no_pulse() -> None:
    events = [0]
    pulse = Pulse(lambda: events[0], lambda: False)
    assert not pulse.healthy()
    events[0] = 5
    assert pulse.healthy()
    assert not pulse.healthy(), "nothing was folded since"


def test_a_failing_journal_has_no_pulse() -> None:
    failing = [True]
    events = iter(range(1, 9))
    pulse = Pulse(lambda: next(events), lambda: failing[0])
    assert not pulse.healthy()
    failing[0] = False
    assert pulse.healthy()


async def test_it_beats_at_its_pace() -> None:
    heart, events = FakeHeart(), iter(range(1, 1_000))
    task = asyncio.create_task(beating(heart, Pulse(lambda: next(events), lambda: False), 0.02))
    await until(lambda: heart.beats >= 3)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_daemon_beats_while_it_decides_and_its_journal_works() -> None:
    heart, journal = FakeHeart(), FakeJournal()
    async with running(keep_a_row, journal=journal, heart=heart) as bench:

        async def fed(seconds: float) -> int:
            before = heart.beats
            for _ in range(int(seconds / 0.02)):
                bench.feed(mark_of(1.0))
                await asyncio.sleep(0.02)
            return heart.beats - before

        assert await fed(0.5) >= 3
        journal.failing = "disk full"
        await fed(0.2)
        assert await fed(0.5) == 0
        journal.failing = ""
        await fed(1.5)  # it is tried once a second
        assert await fed(0.5) >= 3
        before = heart.beats
        await asyncio.sleep(0.5)  # no event: nothing is decided
        assert heart.beats <= before + 1


async def test_the_end_by_an_error_is_told_and_journaled() -> None:
    def broken(event: Event) -> Sequence[Action]:
        if isinstance(event, MarkSeen):
            raise KeyError("x")
        return ()

    async with running(broken) as bench:
        bench.feed(mark_of(1.0))
        await asyncio.wait_for(bench.work, 12)
        notifier: FakeNotifier = bench.notifier
    (alert,) = notifier.alerts
    assert alert == Alert(
        Severity.CRITICAL,
        "ended",
        "hedgebot: KeyError: 'x'; nothing is hedged until it runs again. To do: read the last "
        "lines of its log; see that the supervisor starts it again",
        at_ms=alert.at_ms,
    )
    rows = [row for row in bench.journal.rows if isinstance(row, AlertKept)]
    assert rows == [AlertKept(alert.at_ms, "ended", "critical", alert.text, recovered=True)]
