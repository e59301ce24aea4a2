"""Small folders of bars to read: an honest random walk, and what a test does to it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

HOUR = timedelta(hours=1)
BEGIN = datetime(2023, 3, 1, tzinfo=UTC)


def walk(
    count: int = 200, *, begin: datetime = BEGIN, step: timedelta = HOUR, seed: int = 1
) -> Any:
    """Bars without a fault."""
    rng, price, rows = Random(seed), 20_000.0, []
    for number in range(count):
        close = price * (1.0 + rng.gauss(0.0, 0.002))
        high, low = max(price, close) * 1.001, min(price, close) * 0.999
        volume = rng.uniform(1.0, 9.0)
        rows.append((begin + number * step, price, high, low, close, volume))
        price = close
    names = ["date", "open", "high", "low", "close", "volume"]
    return pl.DataFrame(rows, schema=names, orient="row")


def rates(count: int = 25, *, begin: datetime = BEGIN, hours: int = 8) -> Any:
    """Funding without a fault."""
    dates = [begin + number * hours * HOUR for number in range(count)]
    return pl.DataFrame({"date": dates, "funding_rate": [0.0001] * count})


def changed(frame: Any, row: int, **values: object) -> Any:
    """The frame with other values in one row."""
    at = pl.int_range(pl.len()) == row
    return frame.with_columns(
        pl.when(at).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def without(frame: Any, first: int, count: int = 1) -> Any:
    return pl.concat([frame.slice(0, first), frame.slice(first + count)])


def folder(path: Path, **frames: Any) -> Path:
    """Each frame as a Parquet file of its name."""
    for name, frame in frames.items():
        frame.write_parquet(path / f"{name}.parquet")
    return path
