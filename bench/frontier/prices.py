"""Hourly prices and volatility, as known when each hour begins."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench.frontier.cells import BadCells, Cells, Window

HOUR_MS = 3_600_000
Floats = NDArray[np.float64]
FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@dataclass(frozen=True)
class Prices:
    """`price[k]` and `volatility[k]` (daily) hold in the hour that begins at `first` + k hours."""

    first: dt.datetime
    price: Floats
    volatility: Floats
    source: str

    def of(self, window: Window) -> tuple[Floats, Floats]:
        """Price and volatility of the window's hours.

        Raises:
            BadCells: the prices do not cover it.
        """
        start = dt.datetime.combine(window.start, dt.time(), dt.UTC)
        begin = int((start - self.first).total_seconds()) // 3600
        end = begin + window.hours
        if begin < 0 or end > len(self.price):
            raise BadCells(f"{self.source} does not cover the window {window.name}")
        return self.price[begin:end], self.volatility[begin:end]


def prices_for(cells: Cells, folder: Path = FOLDER) -> Prices:
    """The recorded prices, or where their file is absent seeded ones, and it says which."""
    path = folder / cells.tables["market"]["file"]
    volatility = cells.tables["volatility"]
    if path.is_file():
        return recorded(path, volatility)
    return synthetic(cells, f"seeded prices ({path.name} is absent)")


def recorded(path: Path, volatility: dict[str, float]) -> Prices:
    """The close that is known when each hour begins, of bars of an hour or less.

    Where bars are missing, the price before them stands, and it is said for how many hours.

    Raises:
        BadCells: it cannot be read, bars are longer or not in order, or a price is not positive.
    """
    try:
        bars = pl.read_parquet(path, columns=["date", "close"])
        known = bars["date"].dt.epoch("ms").to_numpy()
    except pl.exceptions.PolarsError as error:
        raise BadCells(f"{path.name}: {error}") from error
    close = bars["close"].to_numpy().astype(np.float64)
    steps = np.diff(known)
    if len(steps) == 0 or not 0 < steps.min() <= HOUR_MS:
        raise BadCells(f"{path.name}: its bars are not in order, or longer than an hour")
    if not np.all(close > 0.0):
        raise BadCells(f"{path.name}: a price is not positive")
    known = known + steps.min()
    hours = np.arange(-(-known[0] // HOUR_MS), known[-1] // HOUR_MS + 1) * HOUR_MS
    last = np.searchsorted(known, hours, side="right") - 1
    held = int(np.sum(hours - known[last] >= HOUR_MS))
    source = f"{path.name} ({held} hours missing: the price before stands)" if held else path.name
    first = dt.datetime.fromtimestamp(int(hours[0]) / 1000, dt.UTC)
    return Prices(first, close[last], trailing_volatility(close[last], volatility), source)


def synthetic(cells: Cells, source: str) -> Prices:
    """Geometric Brownian motion over all windows."""
    made: dict[str, Any] = cells.tables["synthetic"]
    start = min(window.start for window in cells.windows) - dt.timedelta(days=8)
    hours = (max(window.end for window in cells.windows) - start).days * 24
    hourly = made["day_volatility"] / 24**0.5
    steps = np.random.default_rng(made["seed"]).normal(-(hourly**2) / 2, hourly, hours)
    price = made["start_price"] * np.exp(np.cumsum(steps))
    first = dt.datetime.combine(start, dt.time(), dt.UTC)
    return Prices(first, price, trailing_volatility(price, cells.tables["volatility"]), source)


def trailing_volatility(price: Floats, settings: dict[str, float]) -> Floats:
    """Daily volatility from squared hourly log returns up to each price, exponentially weighted."""
    keep = np.exp(-1.0 / 24.0 / settings["memory_days"])
    days = settings["prior_days"]
    squares = settings["prior"] ** 2 * days
    found = np.empty(len(price))
    for hour, step in enumerate(np.diff(np.log(price), prepend=np.log(price[0]))):
        if hour:
            squares = squares * keep + step * step
            days = days * keep + 1.0 / 24.0
        found[hour] = squares / days
    return np.sqrt(found)
