"""A folder of files into series, each with what is wrong with it."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import polars as pl

from hedgebot.research.history.findings import Fault, Finding, HistoryRefused, stamp
from hedgebot.research.history.judging import in_order, judge, step_of
from hedgebot.research.history.names import PART
from hedgebot.research.history.pairing import between
from hedgebot.research.history.reading import SUFFIXES, read_tables

PERIOD = re.compile(r"[-_.]\d{4}(-?\d\d){0,2}$")
"""The end of any other name that says which part of a series a file holds: `-2021-05`."""


@dataclass(frozen=True, slots=True)
class Series:
    """One instrument's bars or funding, by time."""

    name: str
    table: pl.DataFrame
    """`at_ms`; `open`, `high`, `low`, `close`, `volume` or `funding_rate`, as far as there."""
    step_ms: int
    """The commonest time between rows: a bar's length, the interval of funding."""


@dataclass(frozen=True, slots=True)
class History:
    """All series of a folder, and all that is wrong with them."""

    series: dict[str, Series]
    findings: tuple[Finding, ...]

    def of(self, fault: Fault, name: str = "") -> list[Finding]:
        """Findings of one kind, of one series or of all."""
        return [f for f in self.findings if f.fault is fault and name in {"", f.series}]


def read_history(folder: Path) -> History:
    """Every `.parquet` and `.csv` file below a folder. A name without its period is a series.

    Raises:
        HistoryRefused: nothing is there, or something cannot be read for certain.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    if not files:
        raise HistoryRefused((f"{folder}: holds no .parquet or .csv file",))
    parts: dict[str, list[tuple[str, pl.DataFrame]]] = {}
    problems: list[str] = []
    for path in files:
        told = path.relative_to(folder).with_suffix("").as_posix()
        name = PERIOD.sub("", PART.sub(r"\g<series>", told))
        try:
            for series, table in read_tables(path, name).items():
                parts.setdefault(series, []).append((path.name, table))
        except HistoryRefused as refused:
            problems += refused.problems
    problems += [problem for name, each in parts.items() for problem in _overlaps(name, each)]
    if problems:
        raise HistoryRefused(tuple(problems))
    return _judged({name: _joined(each) for name, each in parts.items()})


def _judged(tables: dict[str, pl.DataFrame]) -> History:
    series, findings = {}, []
    for name, raw in tables.items():
        table, found = in_order(name, raw)
        step = step_of(table)
        findings += [*found, *judge(name, table, step)]
        series[name] = Series(name, table.drop("volume_whole", strict=False), step)
    findings += between({name: each.table for name, each in series.items()})
    return History(series, tuple(findings))


def _joined(parts: list[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    ordered = sorted((table for _, table in parts), key=lambda each: int(each["at_ms"][0]))
    return pl.concat(ordered, how="diagonal")


def _overlaps(name: str, parts: list[tuple[str, pl.DataFrame]]) -> list[str]:
    """Files of one series that hold the same span: which one is right nobody can tell."""
    ends = (pl.min("at_ms").alias("first"), pl.max("at_ms").alias("last"))
    spans = sorted((*table.select(*ends).row(0), file) for file, table in parts)
    return [
        f"{file} and {other}: both hold {name} from {stamp(begin)} to {stamp(min(end, until))}: "
        "take one of them away"
        for (_, end, file), (begin, until, other) in pairwise(spans)
        if begin <= end
    ]
