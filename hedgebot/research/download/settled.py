"""Settled funding, and the interval that each rate was of."""

import math
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

HOUR_MS = 3_600_000
INTERVALS = (1, 2, 4, 8)
"""Hours that the venue settles after."""
HOURS = "interval_hours"
"""The column of a rate's interval."""
NEAR_MS = 60_000
"""A settlement is dated some milliseconds after the hour."""


def hours_between(before_ms: int, after_ms: int) -> int:
    """Whole hours, 0 where they are none."""
    hours = round((after_ms - before_ms) / HOUR_MS)
    return hours if abs(after_ms - before_ms - hours * HOUR_MS) < NEAR_MS else 0


def intervals(times: Sequence[int]) -> list[float]:
    """The hours that each settlement was after the one before, as the venue meant it.

    A longer distance that stands alone is a settlement that is missing, not another interval; one
    that its neighbour shares is the interval. NaN where nothing tells it.
    """
    apart = [hours_between(*pair) for pair in pairwise(times)]
    found: list[float] = []
    for k, hours in enumerate(apart):
        shared = hours in (apart[k - 1] if k else 0, apart[k + 1] if k + 1 < len(apart) else 0)
        known = found[-1] if found else math.nan
        if hours in INTERVALS and (shared or math.isnan(known) or hours < known):
            found.append(float(hours))
        else:
            found.append(known)
    return [found[0], *found] if found else [math.nan] * len(times)


def with_intervals(rows: pl.DataFrame) -> pl.DataFrame:
    """The table with its column of intervals."""
    times = rows["date"].dt.epoch("ms").to_list()
    return rows.with_columns(pl.Series(HOURS, intervals(times), dtype=pl.Float64))


def commonest(rows: pl.DataFrame) -> int:
    """The interval that most settlements had, hours; 8 where none is known."""
    known = rows[HOURS].drop_nans().drop_nulls().mode().sort()
    return int(known[0]) if len(known) else 8


def missing(rows: pl.DataFrame) -> list[tuple[int, int, int]]:
    """Settlements that are not there: first and last of each run, ms, and how many."""
    found = []
    times = rows["date"].dt.epoch("ms").to_list()
    for (before, after), hours in zip(pairwise(times), rows[HOURS][1:], strict=True):
        if math.isnan(hours):
            continue
        count = round((after - before) / (hours * HOUR_MS)) - 1
        if count > 0:
            step = int(hours * HOUR_MS)
            found.append((before + step, before + count * step, count))
    return found
