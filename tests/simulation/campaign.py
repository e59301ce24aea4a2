"""Plays plans, each in a process forked for it: they share nothing, not even garbage.

So several may be played side by side, and none knows of another.
"""

import gc
import json
import os
import select
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

import hedgebot.bootstrap.venues  # noqa: F401 - ccxt, before the fork: it takes half a second
from hedgebot.adapters.journal import Place, open_journal
from tests.simulation.case import Case
from tests.simulation.plan import Plan

REAL_S_MAX = 120.0
"""A case that takes longer hangs."""
_now_s = time.monotonic
MEMORY = Path("/dev/shm")


@dataclass(slots=True)
class Outcome:
    """What became of a case."""

    digest: str = ""
    accusations: list[tuple[str, str]] = field(default_factory=list)
    met: list[tuple[str, str]] = field(default_factory=list)
    orders: int = 0
    steps: int = 0
    virtual_s: float = 0.0
    cpu_s: float = 0.0
    """Processor time that it took."""
    said: list[str] = field(default_factory=list)

    @property
    def rules(self) -> set[str]:
        return {rule for rule, _ in self.accusations}


class _NoClock:
    def now_ms(self) -> int:
        return 0

    def monotonic_ns(self) -> int:
        return 0


@dataclass(slots=True)
class Child:
    """A process that plays one plan, and what it has written so far."""

    plan: Plan
    folder: Path
    pid: int
    reading: int
    ends_s: float
    parts: list[bytes] = field(default_factory=list)
    outcome: Outcome | None = None

    def read(self) -> None:
        """There is something to read, or the end."""
        part = os.read(self.reading, 1 << 16)
        if part:
            self.parts.append(part)
        else:
            self._end(b"".join(self.parts))

    def stop(self) -> None:
        """It is not wanted any more, or hangs."""
        if self.outcome is None:
            os.kill(self.pid, signal.SIGKILL)
            self._end(b"")

    def _end(self, text: bytes) -> None:
        os.close(self.reading)
        _, _, used = os.wait4(self.pid, 0)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.outcome = _outcome(text)
        self.outcome.cpu_s = used.ru_utime + used.ru_stime


class Stage:
    """A folder in memory, with a journal that is migrated already: that takes 80 ms."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self.folder = Path(mkdtemp(dir=MEMORY if MEMORY.is_dir() else None, prefix="hedgebot-sim-"))
        self._journal = self.folder / "new.db"
        accounts = {"spot": "main", "perp": "main"}
        place = Place(url=f"sqlite:///{self._journal}", book="house", accounts=accounts)
        open_journal(place, _NoClock()).release()
        gc.collect()
        gc.freeze()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def play(self, plan: Plan, *, keep: str = "") -> Outcome:
        """Play it in a child; what the child writes comes back."""
        child = self._begun(plan, keep)
        while child.outcome is None:
            _listen([child])
        return child.outcome

    def play_each(self, plans: Iterable[Plan]) -> Generator[tuple[Plan, Outcome]]:
        """Play several side by side. They come back in the order of `plans`."""
        left, children = iter(plans), list[Child]()
        try:
            while True:
                busy = sum(child.outcome is None for child in children)
                children += [self._begun(plan) for plan in islice(left, self._workers - busy)]
                if not children:
                    return
                _listen([child for child in children if child.outcome is None])
                while children and children[0].outcome is not None:
                    yield children[0].plan, children[0].outcome
                    del children[0]
        finally:
            for child in children:
                child.stop()

    def _begun(self, plan: Plan, keep: str = "") -> Child:
        folder = Path(mkdtemp(dir=self.folder))
        (folder / "house").mkdir()
        shutil.copy(self._journal, folder / "house" / "house.db")
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            _in_child(lambda: _played(plan, folder, keep), writing)
        os.close(writing)
        return Child(plan, folder, pid, reading, _now_s() + REAL_S_MAX)


def _listen(children: Sequence[Child]) -> None:
    """Wait until one of them says something, ends or hangs."""
    waits_s = max(0.0, min(child.ends_s for child in children) - _now_s())
    ready, _, _ = select.select([child.reading for child in children], [], [], waits_s)
    for child in children:
        if child.reading in ready:
            child.read()
        elif child.ends_s <= _now_s():
            child.stop()


def _in_child(play: Callable[[], Outcome], writing: int) -> None:
    code = 1
    try:
        text = json.dumps(asdict(play()))
        with os.fdopen(writing, "w") as pipe:
            pipe.write(text)
        code = 0
    except BaseException:  # noqa: BLE001 - the child has no caller; its parent reads the silence
        traceback.print_exc()
    finally:
        os._exit(code)


def _played(plan: Plan, folder: Path, keep: str) -> Outcome:
    case = Case(plan, folder, keep=bool(keep)).play()
    if keep:
        Path(keep).write_text("\n".join(case.universe.trace.lines or ()))
    return Outcome(
        digest=case.universe.trace.digest(),
        accusations=case.oracle.accusations,
        met=case.weather.met,
        orders=len(case.oracle.orders),
        steps=case.universe.steps.count,
        virtual_s=case.universe.loop.time(),
        said=case.said,
    )


def _outcome(text: bytes) -> Outcome:
    if not text:
        return Outcome(accusations=[("broken", "the case itself failed or hangs")])
    raw = json.loads(text)
    for name in ("accusations", "met"):
        raw[name] = [tuple(pair) for pair in raw[name]]
    return Outcome(**raw)
