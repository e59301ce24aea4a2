"""Keeps the books: reads each wallet and the venue's records of it, at a slow pace.

Nothing waits for it and nothing is decided by it. What it reads goes to the journal a few rows at
a time, so that an order's own commit is never behind many of them. A record that is read again is
the same row; a mark is committed after the rows that it vouches for.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn

from structlog.typing import FilteringBoundLogger

from hedgebot.domain.ledger import Posting, RecordSource, SourceMark, Sweep, WalletReading
from hedgebot.domain.records import Durable, Record
from hedgebot.errors import VenueError
from hedgebot.ports import Statements
from hedgebot.shell.commits import Batch, Commits

FIRST_S = 15.0
"""The first pause of books that begin; each is twice as long as the one before, up to the pace."""
SWEEP_S_MAX = 600.0
"""The budget may hold listings back for minutes after a long pause."""
ROWS_AT_ONCE = 50
PAUSE_S = 0.02
"""Between two commits of rows."""


def pauses(every_s: float, *, begun: bool) -> Iterator[float]:
    """Seconds between sweeps, for ever.

    A statement takes three readings: books that begin have theirs in a minute and not in ten.
    """
    pause_s = every_s if begun else min(FIRST_S, every_s)
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, every_s)


class Bookkeeper:
    """Sweeps one venue entry."""

    def __init__(self, statements: Statements, every_s: float, log: FilteringBoundLogger) -> None:
        self._statements = statements
        self._every_s = every_s
        self._log = log
        self._marks: dict[RecordSource, SourceMark] = {}
        self._last: WalletReading | None = None
        self._known: frozenset[tuple[object, ...]] = frozenset()
        self._said = ""

    @property
    def venue(self) -> str:
        """The entry's name."""
        return self._statements.name

    def recall(self, durable: Durable) -> None:
        """Go on from where an earlier start came to."""
        name = self._statements.name
        self._marks = {mark.source: mark for mark in durable.source_marks if mark.venue == name}
        own = [each for each in durable.readings if each.wallet.partition(":")[0] == name]
        self._last = own[-1] if own else None

    async def run(self, commits: Commits) -> NoReturn:
        """Sweep for ever."""
        for pause_s in pauses(self._every_s, begun=self._last is not None):
            await self._sweep(commits)
            await asyncio.sleep(pause_s)
        raise AssertionError("the pauses have no end")

    async def _sweep(self, commits: Commits) -> None:
        try:
            async with asyncio.timeout(SWEEP_S_MAX):
                sweep = await self._statements.sweep(self._marks, self._last)
        except (TimeoutError, VenueError) as error:
            self._say(str(error) or f"no end within {SWEEP_S_MAX:g} s")
            return
        self._say("; ".join(mark.failure for mark in sweep.marks if mark.failure))
        for rows in _portions(self._fresh(sweep.postings)):
            commits.add(Batch(rows))
            await asyncio.sleep(PAUSE_S)
        commits.add(Batch((sweep.reading, *sweep.marks)))
        self._take(sweep)

    def _fresh(self, postings: Iterable[Posting]) -> Sequence[Posting]:
        """Those that the sweep before did not read too; the journal keeps each once anyway."""
        return [each for each in postings if _same(each) not in self._known]

    def _take(self, sweep: Sweep) -> None:
        self._marks = {mark.source: mark for mark in sweep.marks}
        self._last = sweep.reading
        self._known = frozenset(map(_same, sweep.postings))

    def _say(self, failure: str) -> None:
        """Once for each new failure."""
        if failure and failure != self._said:
            self._log.warning("books not read", venue=self._statements.name, text=failure)
        self._said = failure


def _same(posting: Posting) -> tuple[object, ...]:
    """What the journal tells rows apart by."""
    return (*posting.key, posting.venue_ms, posting.change)


def _portions(postings: Sequence[Posting]) -> Iterator[tuple[Record, ...]]:
    for start in range(0, len(postings), ROWS_AT_ONCE):
        yield tuple(postings[start : start + ROWS_AT_ONCE])
