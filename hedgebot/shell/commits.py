"""Batches to the journal, one commit at a time, in the order in which they were decided.

The fold goes on while a commit waits; what waits is the release of the batch: its orders and
its answers. A batch that could not be committed keeps its rows here and is tried again before
anything newer; its orders are refused at once, because their approvals expire.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from hedgebot.domain.actions import Answer
from hedgebot.domain.events import JournalBack, JournalFailed
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import (
    AlertKept,
    DecisionKept,
    FillKept,
    FundingKept,
    LearntKept,
    Record,
    WatermarkKept,
)
from hedgebot.errors import JournalError
from hedgebot.ports import Emit, Journal

LINGER_S = 0.005
"""How long facts are gathered."""
COMMIT_S_MAX = 5.0
"""A commit that takes longer counts as failed; it is still waited for."""
PROBE_S = 1.0
"""Pace of new tries while the journal fails."""
SAY_EVERY_S = 10.0
"""A failure that lasts is told to the decision at this pace."""
UNKEPT_MAX = 50_000
"""Rows that may wait for a failing journal; then the process ends."""


FACTS = (DecisionKept, AlertKept, FillKept, FundingKept, LearntKept)
"""Rows that tell what happened; nothing that leaves the machine waits for them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step wants kept, and what waits for that."""

    rows: tuple[Record, ...]
    intents: tuple[OrderIntent, ...] = ()
    answers: tuple[Answer, ...] = ()


Release = Callable[[Batch, bool], None]
"""Performs what waited for the batch; the flag tells whether its rows are durable."""


class Commits:
    """The only writer of the journal while the daemon runs."""

    def __init__(self, journal: Journal, emit: Emit, release: Release) -> None:
        self._journal = journal
        self._emit = emit
        self._release = release
        self._waiting = _Waiting()
        self._one_at_a_time = asyncio.Lock()
        self._health = _Health()

    def add(self, batch: Batch) -> None:
        """Queue a batch; returns at once."""
        self._waiting.add(batch)

    @property
    def failing(self) -> bool:
        """Whether the last commit failed, or takes too long."""
        return self._health.failing

    async def run(self) -> None:
        """Commit for ever.

        Raises:
            JournalError: the journal failed for so long that the rows no longer fit in memory.
        """
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._waiting.wake.wait(), self._health.pace_s())
            await self._commit_waiting()

    async def drain(self) -> None:
        """One last try for whatever waits.

        Raises:
            JournalError: rows are left that the journal did not take.
        """
        self._waiting.linger_over()
        await self._commit_waiting()
        if self._health.unkept:
            raise JournalError(f"{len(self._health.unkept)} last rows were not kept")

    async def _commit_waiting(self) -> None:
        async with self._one_at_a_time:
            await self._commit_all()

    async def _commit_all(self) -> None:
        batches = self._waiting.take()
        rows = [*self._health.unkept, *(row for batch in batches for row in batch.rows)]
        if not batches and not rows:
            return
        overdue = _Overdue(batches, self._fail)
        timer = asyncio.get_running_loop().call_later(COMMIT_S_MAX, overdue)
        try:
            if rows:
                await self._journal.commit(rows)
        except JournalError as error:
            self._keep_for_later(rows)
            self._fail(overdue.untold(), str(error))
        else:
            self._succeed(overdue.untold())
        finally:
            timer.cancel()

    def _succeed(self, batches: Sequence[Batch]) -> None:
        if self._health.recover():
            self._emit(JournalBack())
        for batch in batches:
            self._release(batch, True)

    def _fail(self, batches: Sequence[Batch], reason: str) -> None:
        if self._health.fail(asyncio.get_running_loop().time()):
            self._emit(JournalFailed(reason))
        for batch in batches:
            self._release(batch, False)

    def _keep_for_later(self, rows: list[Record]) -> None:
        if len(rows) > UNKEPT_MAX:
            raise JournalError(
                f"{len(rows)} rows wait for a journal that fails: free its disk, then start again"
            )
        self._health.unkept = rows


class _Waiting:
    """Batches that wait for the writer.

    What an order or an answer waits for is written at once. Facts linger a moment, so that they
    do not stand in an order's way; should the process die in that moment, orders and fills are
    listed at the venue again, from the watermark on. So a watermark never goes ahead of facts.
    """

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self._batches: deque[Batch] = deque()
        self._facts: list[Record] = []

    def add(self, batch: Batch) -> None:
        if any(isinstance(row, WatermarkKept) for row in batch.rows):
            self.linger_over()
            needed = batch.rows
        else:
            needed = tuple(row for row in batch.rows if not isinstance(row, FACTS))
        if len(needed) < len(batch.rows):
            self._linger([row for row in batch.rows if isinstance(row, FACTS)])
        if needed or batch.intents or batch.answers:
            self._batches.append(Batch(needed, batch.intents, batch.answers))
            self.wake.set()

    def _linger(self, facts: list[Record]) -> None:
        if not self._facts:
            asyncio.get_running_loop().call_later(LINGER_S, self.linger_over)
        self._facts += facts

    def linger_over(self) -> None:
        if self._facts:
            self._batches.append(Batch(tuple(self._facts)))
            self._facts.clear()
            self.wake.set()

    def take(self) -> tuple[Batch, ...]:
        self.wake.clear()
        batches = tuple(self._batches)
        self._batches.clear()
        return batches


class _Health:
    """Whether the journal works, and the rows that it still owes."""

    def __init__(self) -> None:
        self.unkept: list[Record] = []
        self.failing = False
        self._said_at = 0.0

    def pace_s(self) -> float | None:
        return PROBE_S if self.failing else None

    def fail(self, now_s: float) -> bool:
        """Note a failure; True when it is time to tell the decision."""
        due = not self.failing or now_s - self._said_at >= SAY_EVERY_S
        self.failing = True
        if due:
            self._said_at = now_s
        return due

    def recover(self) -> bool:
        """Note a success; True when the journal was failing."""
        was_failing, self.failing = self.failing, False
        self.unkept = []
        return was_failing


class _Overdue:
    """Fails batches whose commit takes too long; the commit itself goes on."""

    def __init__(
        self, batches: tuple[Batch, ...], fail: Callable[[Sequence[Batch], str], None]
    ) -> None:
        self._batches = batches
        self._fail = fail

    def __call__(self) -> None:
        self._fail(self.untold(), f"no answer to a commit for {COMMIT_S_MAX:g} s")

    def untold(self) -> tuple[Batch, ...]:
        """The batches whose fate was not told yet; told by the caller from now on."""
        batches, self._batches = self._batches, ()
        return batches
