"""Named moments at which a test may kill the process, or have an unknown error raised.

They wrap the journal, the venues, the decision and its log line from outside, so that nothing of
them is in the real path. A kill proves that starting is recovering; an error, that none is
suppressed (invariant 8).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import ParamSpec, TypeVar

from hedgebot.domain.actions import LookUp, ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    Event,
    FeedLost,
    LookedUp,
    LookUpFailed,
    NotSentReason,
    SnapshotFailed,
    SnapshotTaken,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent, OrderReport
from hedgebot.domain.records import Durable, IntentKept, OrderMoved, Phase, Record
from hedgebot.ports import Emit, Finding, Journal, Permit, SubmitOutcome, Venue

WRITTEN_AFTER_S = 0.02
"""Time from a permit to the last byte on the wire, with room to spare on loopback."""
Given = ParamSpec("Given")
Returned = TypeVar("Returned")


class Point(StrEnum):
    """Where a kill or an error is worth trying: an order's five moments, and what always runs."""

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
    STREAM = "stream"
    """A venue's stream task has an event to tell."""
    DECISION = "decision"
    """The deciding task is about to fold an event."""
    REQUEST = "request"
    """A task is about to look an order up, or to read a venue."""
    JOURNAL = "journal"
    """The journal's task is about to commit anything."""
    LINE = "line"
    """A timer's callback is about to render a decision's log line."""


ORDER_POINTS = (
    Point.BEFORE_COMMIT,
    Point.AFTER_COMMIT,
    Point.AFTER_WRITE,
    Point.AFTER_REPLY,
    Point.BEFORE_CLOSE,
)
"""The moments of an order's life, in their order."""

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


class Unforeseen(Exception):
    """An error that nothing in hedgebot knows of."""


class Fuse:
    """Raises whenever its point is reached, from the moment it was lit on."""

    def __init__(self, text: str) -> None:
        self._point = Point(text)
        self._lit = False

    def light(self) -> None:
        """Raise from now on."""
        self._lit = True

    def __call__(self, point: Point) -> None:
        if self._lit and point is self._point:
            raise Unforeseen(f"provoked by a test at {point}")


def hooked(call: Callable[Given, Returned], hook: Hook, point: Point) -> Callable[Given, Returned]:
    """The same call, with the hook before it."""

    def hooked_call(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
        hook(point)
        return call(*args, **kwargs)

    return hooked_call


class HookedJournal:
    """A journal whose commits pass the hook."""

    def __init__(self, journal: Journal, hook: Hook) -> None:
        self._journal = journal
        self._hook = hook

    async def commit(self, batch: Sequence[Record]) -> None:
        """Commit, with the hook before and after."""
        self._hook(Point.JOURNAL)
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
    """A venue whose sends, reads and streams pass the hook."""

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
        """Stream, with the hook before each event but a loss: an error could be told as one."""

        def tell(event: Event) -> None:
            if not isinstance(event, FeedLost):
                self._hook(Point.STREAM)
            emit(event)

        await self._venue.run(tell)

    async def cancel(self, order_id: OrderId, instrument: InstrumentId) -> OrderReport | None:
        """See `ports.Venue`."""
        return await self._venue.cancel(order_id, instrument)

    async def look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        """Look up, with the hook before."""
        self._hook(Point.REQUEST)
        return await self._venue.look_up(request)

    async def snapshot(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        """Read, with the hook before."""
        self._hook(Point.REQUEST)
        return await self._venue.snapshot(request)

    async def withdrawals(self, request: ReadWithdrawals) -> WithdrawalsRead | WithdrawalsUnread:
        """See `ports.Venue`."""
        return await self._venue.withdrawals(request)

    async def check(self) -> tuple[Finding, ...]:
        """See `ports.Venue`."""
        return await self._venue.check()

    async def close(self) -> None:
        """See `ports.Venue`."""
        await self._venue.close()
