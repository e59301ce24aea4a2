"""What moves the delta from outside: coins that come and go, and the owner's own spot trades."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from operator import itemgetter
from pathlib import Path

import numpy as np
import polars as pl

from hedgebot.research.backtest.options import BacktestRefused
from hedgebot.research.history.reading import TIMES, _milliseconds, _time_problem

DAY_MS = 86_400_000
PLACES = 8
MOVES_MAX = 5_000_000
SPEC = re.compile(r"^(?P<model>[a-z]+):(?P<rest>[^:]*)$")


class How(StrEnum):
    """How coins move."""

    TRANSFER = "transfer"
    """A deposit or, where negative, a withdrawal: nothing is paid for them."""
    TRADE = "trade"
    """The owner buys or sells them on spot, at its price: quote changes hands."""


@dataclass(frozen=True, slots=True)
class Flow:
    """So many coins come, or go where negative."""

    at_ms: int
    asset: str
    qty: Decimal
    how: How = How.TRANSFER


def read_flows(path: Path) -> tuple[Flow, ...]:
    """A table of `time`, `asset`, `qty` and, if it likes, `how`: transfer or trade. UTC.

    Raises:
        BacktestRefused: it is no such table.
    """
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BacktestRefused(f"{path.name}: cannot be read ({why})") from error
    time = next((each for each in TIMES if each in frame.columns), None)
    lacks = [each for each in ("asset", "qty") if each not in frame.columns]
    lacks += [] if time else ["time"]
    if lacks or time is None:
        there = ", ".join(frame.columns)
        raise BacktestRefused(f"{path.name}: lacks {', '.join(lacks)}; it has {there}")
    if problem := _time_problem(frame[time]):
        raise BacktestRefused(f"{path.name}: {problem}")
    return tuple(_rows(path.name, frame.with_columns(_milliseconds(frame[time]).alias("at_ms"))))


def _rows(name: str, frame: pl.DataFrame) -> list[Flow]:
    found, problems = [], []
    how = frame["how"].to_list() if "how" in frame.columns else [How.TRANSFER] * frame.height
    columns = (frame["at_ms"], frame["asset"], frame["qty"], how)
    for number, (at_ms, asset, qty, way) in enumerate(zip(*columns, strict=True), start=2):
        if way not in set(How):
            problems.append(f"{name}: line {number}: how is {way!r}: write transfer or trade")
            continue
        try:
            exact = Decimal(str(qty))
        except ArithmeticError:
            exact = Decimal("nan")
        if not exact.is_finite():
            problems.append(f"{name}: line {number}: qty is {qty!r}, no number")
            continue
        found.append(Flow(int(at_ms), str(asset), exact, How(way)))
    if problems:
        raise BacktestRefused("\n".join(problems[:20]))
    return sorted(found, key=lambda each: each.at_ms)


def flows_of(spec: str, asset: str, begin_ms: int, end_ms: int) -> tuple[Flow, ...]:
    """A seeded model of flows over a span.

    `ou:deviation=200,days=1` a market maker's inventory that reverts in about so many days;
    `poisson:per_day=2,median=3` trades at odd times, exponential in size, either way;
    `lump:per_day=10,days=7` a steady inflow that leaves every so many days. Each takes `seed`, and
    where it makes steps `minutes` between them (60).

    Raises:
        BacktestRefused: no such model, or its numbers are not right.
    """
    said = SPEC.match(spec.strip())
    model = MODELS.get(said["model"]) if said else None
    if said is None or model is None:
        raise BacktestRefused(
            f"{spec}: no file, and no model of flows; there are {', '.join(MODELS)}, "
            "as in ou:deviation=200,days=1,seed=1"
        )
    numbers = _numbers(spec, said["rest"], model.needs)
    count = model.a_day(numbers) * (end_ms - begin_ms) / DAY_MS
    if count > MOVES_MAX:
        raise BacktestRefused(f"{spec}: moves {count:.3g} times, at most {MOVES_MAX:,}")
    at, moves = model.make(numbers, np.random.default_rng(int(numbers["seed"])), end_ms - begin_ms)
    return tuple(
        Flow(begin_ms + int(ms), asset, round(Decimal(float(move)), PLACES), model.how)
        for ms, move in zip(at, moves, strict=True)
        if round(float(move), PLACES)
    )


def _numbers(spec: str, rest: str, needs: tuple[str, ...]) -> dict[str, float]:
    optional = {"seed": 1.0, "minutes": 60.0}
    found = dict(optional)
    for part in filter(None, rest.split(",")):
        name, _, text = part.partition("=")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if name not in {*needs, *optional} or not math.isfinite(number) or number < 0:
            takes = ", ".join((*needs, *optional))
            raise BacktestRefused(f"{spec}: {part!r} is not understood; it takes {takes}, above 0")
        found[name] = number
    lacks = [name for name in needs if not found.get(name)]
    if lacks or not found["minutes"]:
        raise BacktestRefused(f"{spec}: lacks {', '.join(lacks) or 'minutes'}")
    return found


Numbers = Mapping[str, float]
Made = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Model:
    """A law of flows."""

    make: Callable[[Numbers, np.random.Generator, int], Made]
    needs: tuple[str, ...]
    how: How
    a_day: Callable[[Numbers], float]
    """How often coins move, in a day."""


def _inventory(numbers: Numbers, random: np.random.Generator, span_ms: int) -> Made:
    """Ornstein-Uhlenbeck from zero, by its exact transition."""
    every = numbers["minutes"] * 60_000
    steps = int(span_ms // every)
    keep = math.exp(-every / DAY_MS / numbers["days"])
    noise = random.standard_normal(steps) * numbers["deviation"] * math.sqrt(1 - keep * keep)
    held, moves = 0.0, np.empty(steps)
    for step in range(steps):
        now = round(keep * held + noise[step], PLACES)
        moves[step], held = now - held, now
    return (np.arange(1, steps + 1) * every).astype(np.int64), moves


def _jumps(numbers: Numbers, random: np.random.Generator, span_ms: int) -> Made:
    count = int(random.poisson(numbers["per_day"] * span_ms / DAY_MS))
    at = np.sort(random.uniform(0.0, span_ms, count)).astype(np.int64)
    size = random.exponential(numbers["median"] / math.log(2.0), count)
    return at, np.where(random.random(count) < 0.5, -size, size)


def _trickle(numbers: Numbers, random: np.random.Generator, span_ms: int) -> Made:
    """The first lump on a day within the first period; each takes all that came before it."""
    every = numbers["minutes"] * 60_000
    steps = int(span_ms // every)
    a_day = DAY_MS / every
    each = round(numbers["per_day"] / a_day, PLACES)
    moves = np.full(steps, each)
    period = max(1, round(numbers["days"] * a_day))
    before = 0
    for step in range(int(random.integers(1, period + 1)), steps + 1, period):
        moves[step - 1] -= each * (step - before)
        before = step
    return (np.arange(1, steps + 1) * every).astype(np.int64), moves


def _steps_a_day(numbers: Numbers) -> float:
    return DAY_MS / 60_000 / numbers["minutes"]


MODELS: Mapping[str, Model] = {
    "ou": Model(_inventory, ("deviation", "days"), How.TRADE, _steps_a_day),
    "poisson": Model(_jumps, ("per_day", "median"), How.TRADE, itemgetter("per_day")),
    "lump": Model(_trickle, ("per_day", "days"), How.TRANSFER, _steps_a_day),
}
