"""Plays plans, each in a process forked for it: they share nothing, not even garbage."""

import gc
import json
import os
import select
import shutil
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
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
    said: list[str] = field(default_factory=list)

    @property
    def rules(self) -> set[str]:
        return {rule for rule, _ in self.accusations}


class _NoClock:
    def now_ms(self) -> int:
        return 0

    def monotonic_ns(self) -> int:
        return 0


class Stage:
    """A folder in memory, with a journal that is migrated already: that takes 80 ms."""

    def __init__(self) -> None:
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
        folder = Path(mkdtemp(dir=self.folder))
        (folder / "house").mkdir()
        shutil.copy(self._journal, folder / "house" / "house.db")
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            _in_child(lambda: _played(plan, folder, keep), writing)
        os.close(writing)
        try:
            return _outcome(_read(reading, child))
        finally:
            os.close(reading)
            os.waitpid(child, 0)
            shutil.rmtree(folder, ignore_errors=True)


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


def _read(reading: int, child: int) -> bytes:
    parts: list[bytes] = []
    ends_s = _now_s() + REAL_S_MAX
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, ends_s - _now_s()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            return b""
        part = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _outcome(text: bytes) -> Outcome:
    if not text:
        return Outcome(accusations=[("broken", "the case itself failed or hangs")])
    raw = json.loads(text)
    for name in ("accusations", "met"):
        raw[name] = [tuple(pair) for pair in raw[name]]
    return Outcome(**raw)
