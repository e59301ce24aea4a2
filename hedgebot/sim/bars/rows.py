"""Rows of bar files as text: CSV, plain, gzipped or zipped; Parquet where polars is installed.

The venue's dumps have twelve columns in this order, with a header or without: opening time, open,
high, low, close, volume, closing time and five more; times in ms, those of spot in us since 2025.
Other files need a header.
"""

import csv
import gzip
import importlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from hedgebot.sim.unusable import Unusable

SUFFIXES = (".csv", ".csv.gz", ".zip", ".parquet")
TIMES = ("open_time", "calc_time", "funding_time", "date", "datetime", "timestamp", "time")
RATES = ("funding_rate", "last_funding_rate", "rate")
PRICES = ("open", "high", "low", "close")
VOLUMES = ("volume_base", "volume", "volume_contracts")
"""The first one there is taken; a file may have none."""
UNITS = {10: 1_000, 13: 1, 16: -1_000, 19: -1_000_000}
"""Digits of an epoch time of our days, and what makes ms of it; negative divides."""

Row = tuple[int, list[str]]
"""A line's number, from 1, and the cells wanted from it."""


def bar_rows(path: Path) -> Iterator[Row]:
    """Time, open, high, low, close and volume of each line; no volume is "0".

    Raises:
        Unusable: it cannot be read, or columns are missing.
    """
    return _wanted(path, (TIMES, *((name,) for name in PRICES)), also=VOLUMES, bare=True)


def rate_rows(path: Path) -> Iterator[Row]:
    """Time and funding rate of each line.

    Raises:
        Unusable: it cannot be read, or columns are missing.
    """
    return _wanted(path, (TIMES, RATES), bare=False)


def time_ms(text: str) -> int:
    """A time of s, ms, us or ns since 1970, or in ISO 8601 (UTC where no zone is named), in ms.

    Raises:
        ValueError: it is none.
    """
    if text.isdecimal():
        unit = UNITS.get(len(text))
        if unit is None:
            raise ValueError(text)
        return int(text) * unit if unit > 0 else int(text) // -unit
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000)


def _wanted(
    path: Path, columns: Sequence[Sequence[str]], *, also: Sequence[str] = (), bare: bool
) -> Iterator[Row]:
    places: list[int] | None = None
    last = None
    for number, cells in _lines(path):
        if places is None:
            if bare and cells[0].strip().isdecimal():
                places = list(range(len(columns)))
                last = len(columns) if len(cells) > len(columns) else None
            else:
                places, last = _places(cells, columns), _place(cells, also)
                continue
        if len(cells) <= max(places):
            raise Unusable(f"line {number} has {len(cells)} columns: too few")
        found = [cells[place].strip() for place in places]
        if also:
            found.append(cells[last].strip() if last is not None and last < len(cells) else "0")
        yield number, found


def _place(header: list[str], names: Sequence[str]) -> int | None:
    """Where the first of those columns is that there are."""
    there = [name.strip().lower() for name in header]
    return next((there.index(name) for name in names if name in there), None)


def _places(header: list[str], columns: Sequence[Sequence[str]]) -> list[int]:
    names = [name.strip().lower().replace(" ", "_") for name in header]
    found = [next((names.index(n) for n in each if n in names), -1) for each in columns]
    missing = [each[0] for each, place in zip(columns, found, strict=True) if place < 0]
    if missing:
        raise Unusable(f"no column {', '.join(missing)}; its columns are {', '.join(names)}")
    return found


def _lines(path: Path) -> Iterator[Row]:
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path)
            return
        with _opened(path) as text:
            for number, cells in enumerate(csv.reader(text), start=1):
                if cells:
                    yield number, cells
    except (UnicodeDecodeError, csv.Error, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise Unusable(f"it cannot be read: {error}") from error
    except OSError as error:
        raise Unusable(f"it cannot be read: {error.strerror or error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    if path.suffix != ".zip":
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        return
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise Unusable(f"it holds {len(names)} .csv files instead of one")
        with archive.open(names[0]) as file:
            yield io.TextIOWrapper(file, encoding="utf-8-sig", newline="")


def _parquet(path: Path) -> Iterator[Row]:
    try:
        polars: Any = importlib.import_module("polars")
    except ModuleNotFoundError as error:
        raise Unusable("Parquet needs polars, which is not installed (extra research)") from error
    try:
        frame = polars.read_parquet(path)
    except polars.exceptions.PolarsError as error:
        raise Unusable(f"it cannot be read: {error}") from error
    frame = frame.with_columns(polars.selectors.datetime().dt.epoch("ms"))
    yield 1, list(frame.columns)
    for number, cells in enumerate(frame.iter_rows(), start=2):
        yield number, [str(cell) for cell in cells]
