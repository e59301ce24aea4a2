"""A busy day of the core, recorded by the recorder itself, and disks that misbehave."""

import asyncio
import errno
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import structlog

from hedgebot.adapters.recorder import FileRecorder, Pages, Scribe, Shelf
from hedgebot.adapters.recorder import recorder as timing
from hedgebot.bootstrap.code import code_version
from hedgebot.bootstrap.replaying import Told, opened, replayed
from hedgebot.core.state import State
from hedgebot.core.step import step
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped
from tests.adapters.day import day
from tests.core.test_invariant_10_replay import fresh

FLUSH_S = 0.003
Wait = Callable[[], bool]


@dataclass
class Log:
    """Remembers what was said."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def logger(self) -> Any:
        return structlog.wrap_logger(structlog.PrintLogger(), processors=[self._keep])

    def said(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]

    def _keep(self, _logger: Any, level: str, line: Any) -> Any:
        self.lines.append({"level": level, **line})
        raise structlog.DropEvent


class Clock:
    """Stands still but for a second a reading, so that names differ."""

    def __init__(self) -> None:
        self._now_ms = 1_700_000_000_000

    def now_ms(self) -> int:
        self._now_ms += 1_000
        return self._now_ms

    def monotonic_ns(self) -> int:
        return self._now_ms * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BadShelf:
    """A shelf on a disk that does what the test says."""

    shelf: Shelf
    opens: Callable[[str, int], int]

    def full(self, opening_bytes: int) -> int:
        return self.shelf.full(opening_bytes)

    def name(self, **when: int) -> str:
        return self.shelf.name(**when)

    def open(self, name: str, opening_bytes: int) -> int:
        return self.opens(name, opening_bytes)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def shelf(folder: Path, *, file_bytes: int = 10**6, total_bytes: int = 10**7) -> Shelf:
    return Shelf(folder=folder, book="test", file_bytes_max=file_bytes, total_bytes_max=total_bytes)


def full(_name: str, _bytes: int) -> int:
    return os.open("/dev/full", os.O_WRONLY)


def denied(_name: str, _bytes: int) -> int:
    raise OSError(errno.EACCES, os.strerror(errno.EACCES))


class Hung:
    """A disk that does not answer until it is let go."""

    def __init__(self) -> None:
        self.freed = threading.Event()

    def __call__(self, name: str, opening_bytes: int) -> int:
        self.freed.wait(30)
        return denied(name, opening_bytes)


class Run:
    """A recorder at work on a tape that the test plays."""

    def __init__(self, on: Any, log: Log, mask: Callable[[str], str] = str) -> None:
        self.world = day()
        self.policy = self.world.policy
        self.state: State = fresh(self.world)
        self.log = log
        scribe_of = partial(Scribe, code=code_version(), mask=mask)
        self.recorder = FileRecorder(Pages(on, Clock()), scribe_of, log.logger())
        self.played = 0

    async def play(self, count: int | None = None, *, pause_every: int = 25) -> None:
        """The next events of the day, with time for the recorder in between."""
        end = len(self.world.tape) if count is None else self.played + count
        for stamped, _ in self.world.tape[self.played : end]:
            self.tell(stamped)
            self.played += 1
            if self.played % pause_every == 0:
                await asyncio.sleep(3 * FLUSH_S)

    def tell(self, stamped: Stamped) -> Sequence[Action]:
        self.recorder.taken_up(stamped)
        actions = step(self.state, stamped, self.policy)
        self.recorder.decided(actions)
        return actions

    async def __aenter__(self) -> Self:
        self._flush_s, timing.FLUSH_S = timing.FLUSH_S, FLUSH_S
        self.recorder.begin(self.state, self.policy)
        self._work = asyncio.create_task(self.recorder.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._work.cancel()
        await self.recorder.close()
        timing.FLUSH_S = self._flush_s


async def until(condition: Wait, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Found:
    """A recording, replayed."""

    told: list[Told]
    state: State
    cut: str
    state_hash: str
    number: int


def replay(path: Path) -> Found:
    with opened(path) as recording:
        told = list(replayed(recording))
        first = recording.first
        return Found(told, recording.state, recording.lines.cut, first.state_hash, first.number)


async def busy_recording(folder: Path) -> Path:
    """One whole file of the busy day."""
    async with Run(shelf(folder), Log()) as run:
        await run.play()
    (path,) = files(folder)
    return path
