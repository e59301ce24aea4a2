"""The machine on which a daemon lives: its files, its process, its supervisor."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson
import structlog

from hedgebot.adapters.clock import SystemClock
from hedgebot.adapters.logs import Style, configure, decision_line
from hedgebot.bootstrap.book import control_path
from hedgebot.bootstrap.outside import make_journal, make_venues
from hedgebot.bootstrap.starting import run_once
from hedgebot.domain.actions import Alert
from hedgebot.errors import AlreadyRunning, HedgebotError, StartRefused
from hedgebot.settings import Settings
from hedgebot.shell.daemon import Outside
from hedgebot.shell.kill import HookedJournal, HookedVenue, Point
from hedgebot.shell.wire import Reply, Request, line_of
from tests.simulation.ailing import AilingJournal
from tests.simulation.flight import recorder_of
from tests.simulation.universe import PowerCut, Universe

RESTART_S = 2.0
"""The supervisor's patience with a daemon that ended by itself."""


class Watcher(Protocol):
    """Who is told what becomes of daemons."""

    def started(self, house: "House") -> None: ...

    def ended(self, house: "House", code: int, error: str) -> None: ...

    def killed(self, house: "House", point: str) -> None: ...

    def alerted(self, alert: Alert) -> None: ...


@dataclass
class House:
    """One machine with one settings file; a new process each time the old one is gone."""

    universe: Universe
    settings: Settings
    watcher: Watcher
    clock_ns: tuple[Callable[[], int], Callable[[], int]]
    """Wall and counter of this machine."""
    name: str = "house"
    host: Any = None
    journal: AilingJournal | None = None
    trap: Point | None = None
    """Kills the process the next time it gets there."""
    starts: int = 0
    supervised: bool = True
    down_s: float = RESTART_S
    _made: list[AilingJournal] = field(default_factory=list)

    def start(self) -> None:
        """A new process."""
        assert self.host is None, "it runs"
        self.starts += 1
        name = f"{self.name}-{self.starts}"
        self.host = self.universe.world.host(name)
        self.watcher.started(self)
        self.host.spawn(self._life, name=f"{name}/life")

    def kill(self, point: str = "") -> None:
        """SIGKILL, and what the kernel does then: files closed, locks gone, connections reset."""
        host, self.host = self.host, None
        if host is None:
            return
        self.trap = None
        host.crash()
        self.universe.hang_up(host)
        for journal in self._made:
            journal.drop()
        self._made.clear()
        self.watcher.killed(self, point)
        self._restart()

    def stop(self) -> None:
        """SIGTERM."""
        self.supervised = False
        if self.host is not None:
            number = 15
            ask = self.universe.signals.get((self.host.name, number))
            if ask is not None:
                ask()

    async def ask(self, **request: Any) -> Reply | None:
        """A person's command; None: nobody answers."""
        line = line_of(Request.model_validate(request))
        path = str(control_path(self.settings))
        answer = await self.universe.ask_unix(path, line)
        return None if answer is None else Reply.model_validate_json(answer)

    def _restart(self) -> None:
        # In nobody's context: what belongs to the dead process never runs.
        context = self.universe.context
        if self.supervised:
            self.universe.loop.call_later(self.down_s, self._again, context=context)

    def _again(self) -> None:
        if self.host is None and self.supervised:
            self.start()

    async def _life(self) -> None:
        host, error = self.host, ""
        try:
            code = await run_once(self._outside, self.settings, structlog.get_logger(), adopt=False)
        except AlreadyRunning as refused:
            code, error = 3, str(refused)
        except HedgebotError as refused:
            code, error = 2 if isinstance(refused, StartRefused) else 1, str(refused)
        except PowerCut:
            return
        self.host = None
        self.universe.hang_up(host)
        self._made.clear()
        self.watcher.ended(self, code, error)
        if code:
            self._restart()

    def _outside(self, settings: Settings, log: Any) -> Outside:
        clock = SystemClock(*self.clock_ns)
        venues = make_venues(settings, clock)
        self.journal = AilingJournal(make_journal(settings, clock), self._illness())
        self._made.append(self.journal)
        return Outside(
            venues={name: HookedVenue(venue, self._hook) for name, venue in venues.items()},
            journal=HookedJournal(self.journal, self._hook),
            notifier=Recorder(self.watcher),
            clock=clock,
            log=log,
            line_of=decision_line,
            control_path=control_path(settings),
            recorder=recorder_of(settings, clock, log),
        )

    def _illness(self) -> Any:
        return self.journal.illness if self.journal is not None else None

    def _hook(self, point: Point) -> None:
        if self.trap is point:
            self.kill(point)
            raise PowerCut


class Recorder:
    """A notifier that tells the record, is slow to close, and never ends by itself."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def send(self, alert: Alert) -> None:
        self._watcher.alerted(alert)

    async def close(self, timeout_s: float) -> None:
        await asyncio.sleep(timeout_s + 60)


class Ears(io.StringIO):
    """The stream of log lines: into the trace, without the real time of day."""

    def __init__(self, universe: Universe, heard: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._universe, self._heard = universe, heard

    def write(self, text: str, /) -> int:
        line = orjson.loads(text) if text[:1] == "{" else {"event": text.strip()}
        line.pop("timestamp", None)
        if line["event"]:
            self._universe.trace.note("log", orjson.dumps(line))
            self._heard(line)
        return len(text)


def listen(universe: Universe, heard: Callable[[dict[str, Any]], None]) -> None:
    """Hear every log line of every daemon."""
    configure(Style.JSON, stream=Ears(universe, heard))


def folder_of(settings: Settings) -> Path:
    return settings.journal_path.parent
