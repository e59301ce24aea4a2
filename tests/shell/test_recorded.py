"""What the daemon gives its recorder: every event before it is folded, every list of actions."""

import asyncio
from collections.abc import Sequence

from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Action, Stop
from hedgebot.domain.events import Event, MarkSeen, Stamped, StopAsked, Tick
from tests.shell.fakes import mark_of, until
from tests.shell.running import running


class Noted:
    """A recorder that keeps what it is given."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.given: list[Stamped | tuple[Action, ...]] = []
        self.runs = self.closed = False
        self._hangs = hangs

    def begin(self, state: State, policy: Policy) -> None:
        raise AssertionError("whoever makes the daemon begins")

    def taken_up(self, stamped: Stamped) -> None:
        self.given.append(stamped)

    def decided(self, actions: Sequence[Action]) -> None:
        self.given.append(tuple(actions))

    async def run(self) -> None:
        self.runs = True
        await asyncio.Event().wait()

    async def close(self) -> None:
        if self._hangs:
            await asyncio.Event().wait()
        self.closed = True


async def test_each_event_is_followed_by_what_was_decided() -> None:
    noted = Noted()
    async with running(lambda _: (), recorder=noted) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: len(noted.given) >= 4)
        assert noted.runs
        await bench.stopped()
    events = [each.event for each in noted.given[::2] if isinstance(each, Stamped)]
    assert [type(event) for event in events] == [Tick, MarkSeen, StopAsked]
    assert noted.given[1::2] == [(), (), (Stop("asked"),)]
    times = [each.now for each in noted.given[::2] if isinstance(each, Stamped)]
    assert times == sorted(times)
    assert noted.closed


async def test_the_event_at_which_the_decision_raises_is_given_too() -> None:
    noted = Noted()

    def on(event: Event) -> Sequence[Action]:
        assert not isinstance(event, MarkSeen), "a bug"
        return ()

    async with running(on, recorder=noted) as bench:
        bench.feed(mark_of(1.0))
        ending = await asyncio.wait_for(bench.work, 10)
    last = noted.given[-1]
    assert isinstance(last, Stamped)
    assert isinstance(last.event, MarkSeen)
    assert "a bug" in ending.reason
    assert noted.closed


async def test_a_recorder_that_does_not_close_keeps_no_daemon_from_ending() -> None:
    noted = Noted(hangs=True)
    async with running(lambda _: (), recorder=noted) as bench:
        ending = await asyncio.wait_for(bench.stopped(), 8)
    assert ending.exit_code == 0
    assert not noted.closed
