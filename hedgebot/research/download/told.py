"""What a download is told, and what it tells."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hedgebot.adapters.binance.options import Network
from hedgebot.adapters.binance.past import Span
from hedgebot.errors import HedgebotError
from hedgebot.research.download.patience import Patience
from hedgebot.research.download.wanted import Wanted
from hedgebot.research.history.findings import stamp


class DownloadFailed(HedgebotError):
    """It stopped before its end; what came is kept."""


class Watcher(Protocol):
    """Whoever watches it."""

    def begin(self, name: str, span: Span) -> None:
        """A series begins."""

    def reached(self, at_ms: int) -> None:
        """All of it before this time is known."""

    def say(self, text: str) -> None:
        """Something that a person should know."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that the venue does not have, from the first of them to the last, ms."""

    begin_ms: int
    end_ms: int
    rows: int

    def __str__(self) -> str:
        span = stamp(self.begin_ms)
        if self.end_ms != self.begin_ms:
            span += f" to {stamp(self.end_ms)}"
        return f"{self.rows} missing, {span}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a file holds now."""

    name: str
    rows: int
    added: int
    first_ms: int | None
    last_ms: int | None
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What to bring, from where, to where."""

    wanted: tuple[Wanted, ...]
    folder: Path
    begin_ms: int
    end_ms: int | None
    """None: until now."""
    network: Network
    rest_url: str | None = None
    """Replaces scheme, host and port."""
    patience: Patience = field(default_factory=Patience)
