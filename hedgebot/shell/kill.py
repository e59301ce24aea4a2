"""Named moments at which a test may end the process, to prove that starting is recovering.

They wrap a journal and a venue from outside, so that nothing of them is in the real path.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum

from hedgebot.domain.actions import LookUp, Snapshot
from hedgebot.domain.events import (
    LookedUp,
    LookUpFailed,
    NotSentReason,
    SnapshotFailed,
    SnapshotTaken,
)
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent, OrderReport
from hedgebot.domain.records import Durable, IntentKept, OrderMoved, Phase, Record
from hedgebot.ports import Emit, Finding, Journal, Permit, SubmitOutcome, Venue

WRITTEN_AFTER_S = 0.02
"""Time from a permit to the last byte on the wire, with room to spare on loopback."""


class Point(StrEnum):
    """Where a kill is worth trying."""

    BEFORE_COMMIT = "before_commit"
    """An intent is decided and not journaled."""
    AFTER_COMMIT = "after_commit"
    """Journaled, not sent."""
    AFTER_WRITE = "after_write"
    """On the wire, not answered: the test delays the answer."""
    AFTER_REPLY = "after_reply"
    """Answered, not folded."""
    BEFORE_CLOSE = "before_close"
    """Folded as closed, not journaled as closed."""


Hook = Callable[[Point], None]


class Countdown:
    """Calls `kill` when a point is reached for the n-th time; written `after_write:2`."""

    def __init__(self, text: str, kill: Callable[[], None]) -> None:
        point, _, count = text.partition(":")
        self._point = Point(point)
        self._count = int(count or 1)
        self._reached: Counter[Point] = Counter()
        self._kill = kill

    def __call__(self, point: Point) -> None:
        self._reached[point] += 1
        if point is self._point and self._reached[point] == self._count:
            self._kill()


class HookedJournal:
    """A journal whose commits of intents and closes pass the hook."""

    def __init__(self, journal: Journal, hook: Hook) -> None:
        self._journal = journal
        self._hook = hook

    async def commit(self, batch: Sequence[Record]) -> None:
        """Commit, with the hook before and after."""
        intends = any(isinstance(row, IntentKept) for row in batch)
        if intends:
            self._hook(Point.BEFORE_COMMIT)
        if any(isinstance(row, OrderMoved) and row.phase is Phase.CLOSED for row in batch):
            self._hook(Point.BEFORE_CLOSE)
        await self._journal.commit(batch)
        if intends:
            self._hook(Point.AFTER_COMMIT)

    async def load(self) -> Durable:
        """See `ports.Journal`."""
        return await self._journal.load()

    async def close(self, error: str = "") -> None:
        """See `ports.Journal`."""
        await self._journal.close(error)


class HookedVenue:
    """A venue whose sends pass the hook."""

    def __init__(self, venue: Venue, hook: Hook) -> None:
        self.name = venue.name
        self.account = venue.account
        self._venue = venue
        self._hook = hook

    async def submit(self, intent: OrderIntent, permit: Permit) -> SubmitOutcome:
        """Send, with the hook after the write and after the answer."""
        loop = asyncio.get_running_loop()

        def ask() -> NotSentReason | None:
            reason = permit()
            if reason is None:
                loop.call_later(WRITTEN_AFTER_S, self._hook, Point.AFTER_WRITE)
            return reason

        outcome = await self._venue.submit(intent, ask)
        self._hook(Point.AFTER_REPLY)
        return outcome

    async def prepare(self) -> tuple[Instrument, ...]:
        """See `ports.Venue`."""
        return await self._venue.prepare()

    async def run(self, emit: Emit) -> None:
        """See `ports.Venue`."""
        await self._venue.run(emit)

    async def cancel(self, order_id: OrderId, instrument: InstrumentId) -> OrderReport | None:
        """See `ports.Venue`."""
        return await self._venue.cancel(order_id, instrument)

    async def look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        """See `ports.Venue`."""
        return await self._venue.look_up(request)

    async def snapshot(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        """See `ports.Venue`."""
        return await self._venue.snapshot(request)

    async def check(self) -> tuple[Finding, ...]:
        """See `ports.Venue`."""
        return await self._venue.check()

    async def close(self) -> None:
        """See `ports.Venue`."""
        await self._venue.close()
