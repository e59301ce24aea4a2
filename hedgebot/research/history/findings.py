"""What may be wrong with a history, by name."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from hedgebot.errors import HedgebotError


class HistoryRefused(HedgebotError):
    """Files that cannot be read for certain. Carries every problem, each with its file and mend."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Fault(StrEnum):
    """Kinds of findings. A live daemon would hold, or be told, where one of them is."""

    GAP = "gap"
    """Bars are missing."""
    FROZEN = "frozen"
    """Nothing traded and the price stood still: a basis against it is not real."""
    WICK = "wick"
    """A price far beyond the rest of its bar, or beyond the mark of the same bar."""
    OUTSIDE = "outside"
    """Open or close lie outside of low and high."""
    WIDE_BASIS = "wide_basis"
    """Spot and perpetual are far apart."""
    UNALIGNED = "unaligned"
    """Bars begin at other times than those of another series with the same stamps."""
    OFF_GRID = "off_grid"
    """Stamps beside the times that the others are at."""
    DISORDER = "disorder"
    """Rows whose time is before that of the row above."""
    REPEATED = "repeated"
    """A time that more than one row has."""
    DAYLIGHT_SAVING = "daylight_saving"
    """Missing or repeated just where clocks change: the stamps went through local time."""
    MISSING_FUNDING = "missing_funding"
    """A perpetual traded, and its settlements are missing."""
    FUNDING_UNIT = "funding_unit"
    """Rates that no venue takes, or half of them so: per cent are not fractions."""
    VOLUME_UNIT = "volume_unit"
    """Volume that does not, or may not, count coins."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, from its first row to its last."""

    fault: Fault
    series: str
    begin_ms: int
    """Time of the first row concerned, of those missing too; UTC."""
    end_ms: int
    """Time of the last one."""
    rows: int
    """How many are concerned, or missing."""
    text: str

    def __str__(self) -> str:
        span = stamp(self.begin_ms)
        if self.end_ms != self.begin_ms:
            span += f" to {stamp(self.end_ms)}"
        return f"{self.series}: {self.fault}, {span}, {self.rows} rows: {self.text}"


def stamp(at_ms: int) -> str:
    """`2021-05-19 13:00`, UTC, with seconds only where there are any."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.strftime("%Y-%m-%d %H:%M:%S" if at_ms % 60_000 else "%Y-%m-%d %H:%M")
