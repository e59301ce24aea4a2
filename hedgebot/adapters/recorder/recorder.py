"""`ports.Recorder`: remembers every event with its actions, and writes them beside the decision.

On the path of an order an event and its actions are only remembered: both are frozen. Once a
second they become lines, a few at a time between other work of the loop, and a thread writes
them. Trouble turns the recorder off with one warning; it tries again with a new file, which begins
with the state of that moment.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from structlog.typing import FilteringBoundLogger

from hedgebot.adapters.recorder.scribe import Entry, Scribe
from hedgebot.adapters.recorder.shelf import GROWTH_MAX, Shelf
from hedgebot.adapters.recorder.writer import End, Opening, Writer
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped
from hedgebot.ports import Clock

FLUSH_S = 1.0
"""A killed process loses what it recorded in this time."""
RETRY_S = 60.0
"""Pace of new tries after trouble."""
SLICE = 4
"""Events made into lines before the loop may do something else."""
WAITING_MAX = 10_000
"""Events that may wait to become lines; more are trouble."""
CLOSE_S_MAX = 0.4
BUSY = "the disk does not follow"
ScribeOf = Callable[[State, Policy], Scribe]
BUGS = (TypeError, ValueError, LookupError, AttributeError)
"""What a value of an unforeseen type makes of its encoding: no reason to stop hedging."""


class FileRecorder:
    """Records one book. Made and used in one event loop."""

    def __init__(self, pages: "Pages", scribe_of: ScribeOf, log: FilteringBoundLogger) -> None:
        self._pages = pages
        self._scribe_of = scribe_of
        self._scribe: Scribe | None = None
        self._waiting: deque[Entry] = deque()
        self._ready: list[bytes] = []
        self._writer = Writer(pages.shelf.open)
        self._health = _Health(log)

    def taken_up(self, stamped: Stamped) -> None:
        """See `ports.Recorder`."""
        if not self._health.on:
            return
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(Entry(stamped))
        else:
            self._rest(f"{WAITING_MAX} events wait to be written")

    def decided(self, actions: Sequence[Action]) -> None:
        """See `ports.Recorder`."""
        if self._health.on:
            self._waiting[-1].actions = actions

    def begin(self, state: State, policy: Policy) -> None:
        """See `ports.Recorder`."""
        self._scribe = self._scribe_of(state, policy)
        self._open(self._scribe)

    async def run(self) -> None:
        """See `ports.Recorder`."""
        while True:
            await asyncio.sleep(FLUSH_S)
            if self._health.on and self._writer.trouble:
                self._rest(self._writer.trouble)
            if self._health.on:
                await self._write()
            # Nothing waits now: every event so far is of the present file.
            if self._scribe is not None and self._page_is_due(self._scribe):
                self._open(self._scribe)

    async def close(self) -> None:
        """See `ports.Recorder`."""
        self._hand_over()
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._writer.put(End(partial(loop.call_soon_threadsafe, ended.set)))
        with suppress(TimeoutError):  # a disk that hangs is left behind
            await asyncio.wait_for(ended.wait(), CLOSE_S_MAX)

    async def _write(self) -> None:
        """Hand over what waits, and let go of the loop after every few events.

        May be cancelled in between: what is ready by then is handed over by whoever closes.
        """
        for _ in range(len(self._waiting) // SLICE):
            self._make_ready(SLICE)
            await asyncio.sleep(0)
        self._hand_over()

    def _make_ready(self, count: int) -> None:
        entries = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        if self._scribe is None or not entries:
            return
        try:
            self._ready.append(self._scribe.lines(entries))
        except BUGS as error:
            self._rest(_words(error))

    def _hand_over(self) -> None:
        """Everything noted so far."""
        self._make_ready(len(self._waiting))
        lines = b"".join(self._ready)
        self._ready.clear()
        if not lines or not self._health.on:
            return
        if not self._writer.put(lines):
            self._rest(BUSY)
        elif not self._writer.trouble and self._writer.file_bytes:
            self._health.well()

    def _page_is_due(self, scribe: Scribe) -> bool:
        if not self._health.on:
            return self._health.may_try(asyncio.get_running_loop().time())
        size = self._writer.file_bytes
        full = self._pages.shelf.full(self._writer.opening_bytes)
        return size >= GROWTH_MAX * full or (size >= full and scribe.calm)

    def _open(self, scribe: Scribe) -> None:
        """A new file, with the state as it is now and every event from now on."""
        self._writer.trouble, self._writer.file_bytes = "", 0
        try:
            page = self._pages.next(scribe)
        except BUGS as error:
            self._rest(_words(error))
            return
        self._health.on = self._writer.put(page)
        if not self._health.on:
            self._rest(BUSY)

    def _rest(self, why: str) -> None:
        """Record nothing until the next try: a file has no gap."""
        self._waiting.clear()
        self._ready.clear()
        self._health.fail(why, asyncio.get_running_loop().time())


class Pages:
    """Names the files of one start, and begins each with the state of its moment."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self.shelf = shelf
        self._clock = clock
        self._number = 0

    def next(self, scribe: Scribe) -> Opening:
        """The next file."""
        self._number += 1
        now_ms = self._clock.now_ms()
        epoch = scribe.state.desk.epoch
        return Opening(
            self.shelf.name(written_ms=now_ms, epoch=epoch, number=self._number),
            scribe.opening(number=self._number, written_ms=now_ms),
        )


class _Health:
    """Whether events are recorded, when to try again, and what was said of it."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self.on = False
        self._log = log
        self._try_at_s = 0.0
        self._said = False

    def fail(self, why: str, now_s: float) -> None:
        self._try_at_s = now_s + RETRY_S
        self.on = False
        if not self._said:
            self._said = True
            self._log.warning("recorder off", reason=why, tries_again_s=RETRY_S)

    def may_try(self, now_s: float) -> bool:
        return now_s >= self._try_at_s

    def well(self) -> None:
        if self._said:
            self._said = False
            self._log.info("recorder on again")


def _words(error: Exception) -> str:
    return f"a value cannot be written: {type(error).__name__}: {error}"
