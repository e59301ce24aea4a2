"""A folder of bar files, read through and checked before anything is replayed."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, pairwise
from pathlib import Path

from hedgebot.sim.bars.naming import Listed, Part, Series, series_of
from hedgebot.sim.bars.reading import Bar, Rate, bars, rates, said
from hedgebot.sim.bars.rows import SUFFIXES
from hedgebot.sim.unusable import Unusable

GAPS_SAID = 5
"""Of one series; a longer list is counted."""


@dataclass(frozen=True, slots=True)
class Track:
    """One series: its files in order of time, read again whenever they are asked for."""

    series: Series
    paths: tuple[Path, ...]
    first_ms: int
    end_ms: int
    """When the last bar closes; of funding, its last row."""
    step_ms: int
    """A bar's length; zero for funding."""
    gaps: tuple[str, ...] = ()
    columns: tuple["array[float]", ...] = ()
    """Time, open, high, low, close and volume of every bar; time and rate of every settlement."""

    def bars(self) -> Iterator[Bar]:
        """Every bar."""
        return chain.from_iterable(map(bars, self.paths))

    def rates(self) -> Iterator[Rate]:
        """Every funding rate."""
        return chain.from_iterable(map(rates, self.paths))


@dataclass(frozen=True, slots=True)
class Library:
    """All tracks of a folder, and the time that all their bars share."""

    tracks: tuple[Track, ...]
    first_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What one file holds, packed."""

    path: Path
    name: str
    columns: tuple["array[float]", ...]
    """Times in ms first: a float holds them exactly."""

    @property
    def times(self) -> "array[float]":
        return self.columns[0]


def opened(folder: Path, listed: Listed) -> Library:
    """Read every file of a folder through.

    Raises:
        Unusable: what is wrong, file by file.
    """
    found, wrong = _surveyed(folder, listed)
    tracks = []
    for series, surveys in found.items():
        try:
            tracks.append(_track(series, sorted(surveys, key=lambda each: each.times[0])))
        except Unusable as error:
            wrong.append(f"{series.title}: {error}")
    if wrong:
        raise Unusable("\n  ".join([f"{folder} has bar files that cannot be replayed", *wrong]))
    return _library(folder, tracks)


def _surveyed(folder: Path, listed: Listed) -> tuple[dict[Series, list[Survey]], list[str]]:
    """The times of each file by what it holds, and what is wrong with the others."""
    paths = sorted(p for p in folder.rglob("*") if p.name.endswith(SUFFIXES) and p.is_file())
    if not paths:
        raise Unusable(f"no bar files in {folder}: looked for {', '.join(SUFFIXES)}")
    found: dict[Series, list[Survey]] = {}
    wrong = []
    for path in paths:
        name = path.relative_to(folder)
        try:
            series = series_of(name, listed)
            survey = Survey(path, str(name), _columns(path, series))
            found.setdefault(series, []).append(survey)
        except Unusable as error:
            wrong.append(f"{name}: {error}")
    return found, wrong


def _columns(path: Path, series: Series) -> tuple["array[float]", ...]:
    funding = series.part is Part.FUNDING
    columns = tuple(array("d") for _ in (Rate if funding else Bar)._fields)
    rows: Iterator[tuple[int | Decimal, ...]] = rates(path) if funding else bars(path)
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            column.append(float(cell))
    if not columns[0]:
        raise Unusable("it holds no rows")
    return columns


def _track(series: Series, surveys: list[Survey]) -> Track:
    for before, after in pairwise(surveys):
        if after.times[0] <= before.times[-1]:
            raise Unusable(
                f"{before.name} and {after.name} overlap: {said(int(after.times[0]))} "
                f"to {said(int(min(before.times[-1], after.times[-1])))}"
            )
    parts = zip(*(each.columns for each in surveys), strict=True)
    columns = tuple(array("d", chain.from_iterable(part)) for part in parts)
    times = array("q", map(int, columns[0]))
    paths = tuple(each.path for each in surveys)
    if series.part is Part.FUNDING:
        return Track(series, paths, times[0], times[-1], 0, columns=columns)
    step_ms = min((after - before for before, after in pairwise(times)), default=0)
    if not step_ms:
        raise Unusable("a single bar does not tell its length")
    for at_ms in times:
        if at_ms % step_ms:
            raise Unusable(f"{said(at_ms)} is no beginning of a bar of {step_ms / 60_000:g} min")
    gaps = tuple(_gaps(times, step_ms))
    return Track(series, paths, times[0], times[-1] + step_ms, step_ms, gaps, columns)


def _gaps(times: "array[int]", step_ms: int) -> Iterator[str]:
    for before, after in pairwise(times):
        missing = (after - before) // step_ms - 1
        if missing:
            bars_ = "bar" if missing == 1 else "bars"
            yield f"{missing} {bars_} from {said(before + step_ms)}"


def _library(folder: Path, tracks: list[Track]) -> Library:
    priced = [track for track in tracks if track.step_ms]
    if not priced:
        raise Unusable(f"{folder} holds funding only, and no bars")
    latest = max(priced, key=lambda track: track.first_ms)
    earliest = min(priced, key=lambda track: track.end_ms)
    if latest.first_ms >= earliest.end_ms:
        raise Unusable(
            f"the files share no time: {earliest.series.title} ends {said(earliest.end_ms)}, "
            f"{latest.series.title} begins {said(latest.first_ms)}"
        )
    return Library(tuple(tracks), latest.first_ms, earliest.end_ms)


def remarks(library: Library) -> list[str]:
    """The gaps of a library, a line for each series that has any."""
    found = []
    for track in library.tracks:
        if track.gaps:
            more = len(track.gaps) - GAPS_SAID
            told = "; ".join(track.gaps[:GAPS_SAID]) + (f"; {more} more" if more > 0 else "")
            found.append(f"gaps in {track.series.title}, where the price stands: {told}")
    return found
