"""One sweep: a grid over a folder of history, into a folder of results."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from hedgebot.research.history import History, read_history
from hedgebot.research.sweep.flows import moves_of
from hedgebot.research.sweep.grid import BadGrid, Grid, read_grid
from hedgebot.research.sweep.kernel import COLUMNS, results_of
from hedgebot.research.sweep.page import write_page
from hedgebot.research.sweep.policies import Played, market_of, played_of, rows_of, solved
from hedgebot.research.sweep.results import table_of
from hedgebot.research.sweep.world import Floats, World, trailing_volatility, world_of
from hedgebot.research.writing import write_table, write_whole

AT_ONCE = 2_000
"""Policies between two steps of the progress, and of one task of a cluster."""
TABLE, PAGE = "policies.parquet", "frontier.html"
Player = Callable[[World, Played, object], Floats]
"""Plays some policies on all it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What to play, on what, and where its results go."""

    grid: Path
    history: Path
    out: Path
    begin_ms: int | None = None
    end_ms: int | None = None
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Steps:
    """Whoever watches: told how much there is, and of each part that is done."""

    begin: Callable[[str, int], None]
    done: Callable[[int], None]


def sweep(plan: Sweep, steps: Steps, player: Player | None = None) -> pl.DataFrame:
    """Play every policy; the table, which is written too.

    Raises:
        HedgebotError: grid, history or folder cannot be used; nothing is written then.
    """
    grid = read_grid(plan.grid)
    rows = rows_of(grid)
    world = world_from(grid, read_history(plan.history), plan)
    count = rows.filter(pl.col("kind") == "computed").unique(["premium_usd", "ratio", "fee_bp"])
    steps.begin("bands", count.height)
    bands = solved(grid, rows, world, threads=plan.threads, done=steps.done)
    played = played_of(grid, rows, bands)
    steps.begin("policies", rows.height)
    found = np.empty((rows.height, len(COLUMNS)))
    play = player or threaded(plan.threads)
    for first in range(0, rows.height, AT_ONCE):
        part = part_of(played, first, min(first + AT_ONCE, rows.height))
        found[first : first + AT_ONCE] = play(world, part, market_of(grid.market))
        steps.done(len(part.policies))
    table = table_of(grid, rows, found, world)
    write_table(table, plan.out / TABLE)
    title = f"{grid.series}, {world.days:,.0f} days, {' + '.join(grid.flow)}"
    write_whole(plan.out / PAGE, lambda path: write_page(table, title, path))
    return table


def threaded(threads: int) -> Player:
    """Plays on the cores of this machine."""

    def play(world: World, part: Played, market: object) -> Floats:
        return results_of(world, part.policies, part.pieces, market, threads=threads)

    return play


def part_of(played: Played, first: int, last: int) -> Played:
    """Some of the policies, with pieces of their own."""
    places, starts, below, above = played.pieces
    begin, end = places[first], places[last]
    own = (places[first : last + 1] - begin, starts[begin:end], below[begin:end], above[begin:end])
    return Played(played.policies[first:last], own)


def world_from(grid: Grid, history: History, plan: Sweep) -> World:
    """The bars of the grid's series, between the times of the plan.

    Raises:
        BadGrid: a series is not there, or is none of prices; nothing lies between the times.
    """
    bars = _series(history, grid.series, "close")
    begin = bars["at_ms"][0] if plan.begin_ms is None else plan.begin_ms
    end = bars["at_ms"][-1] + 1 if plan.end_ms is None else plan.end_ms
    bars = bars.filter((pl.col("at_ms") >= begin) & (pl.col("at_ms") < end))
    if bars.height < 2:
        raise BadGrid(f"{grid.series} has {bars.height} bars of that time: nothing to play")
    step_ms = history.series[grid.series].step_ms
    at_ms = np.append(bars["at_ms"].to_numpy(), bars["at_ms"][-1] + step_ms)
    price = np.append(bars["open"].to_numpy(), bars["close"][-1])
    settings = grid.volatility
    return world_of(
        at_ms,
        price,
        moves=moves_of(grid.flow, grid.asset, at_ms, plan.grid.parent),
        holdings=grid.holdings,
        funding=_funding(grid, history, at_ms, price),
        volatility=trailing_volatility(
            at_ms, price, (settings.memory_days, settings.prior, settings.prior_days)
        ),
    )


def _funding(grid: Grid, history: History, at_ms: np.ndarray, price: Floats) -> Floats:
    """Rate x price of what was settled since the bar before; at once, in the bar of its stamp."""
    paid = np.zeros(len(at_ms) - 1)
    if grid.funding:
        rates = _series(history, grid.funding, "funding_rate")
        place = np.searchsorted(at_ms[:-1], rates["at_ms"].to_numpy() // 1000 * 1000)
        inside = (place < len(paid)) & (rates["at_ms"].to_numpy() >= at_ms[0])
        np.add.at(paid, place[inside], rates["funding_rate"].to_numpy()[inside])
    return paid * price[:-1]


def _series(history: History, name: str, column: str) -> pl.DataFrame:
    found = history.series.get(name)
    if found is None:
        raise BadGrid(f"no series {name}: there are {', '.join(sorted(history.series))}")
    table = found.table
    known = table.filter(pl.col(column).is_finite()) if column in table.columns else table.clear()
    if known.is_empty():
        raise BadGrid(f"{name} has no {column}")
    return known
