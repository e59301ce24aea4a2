"""A grid written out: every policy as a row, and as the arrays that the kernel plays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import NamedTuple

import numpy as np
import polars as pl

from hedgebot.research.sweep.computed import Bands, bands_along
from hedgebot.research.sweep.grid import Grid, Market, numbers_of
from hedgebot.research.sweep.world import UNITS, Floats, Ints, World

SCHEMA = pl.Schema(
    {
        "kind": pl.String(), "unit": pl.String(), "below": pl.Float64(), "above": pl.Float64(),
        "rebalance_to": pl.Float64(), "ratio": pl.Float64(), "fee_bp": pl.Float64(),
        "premium_usd": pl.Float64(), "scale": pl.Float64(),
    }
)  # fmt: skip
"""Of a policy. A computed one has no bounds of its own, a fixed one neither premium nor scale."""
Case = tuple[float, float, float]
"""What a computed band depends on: premium, ratio, fee."""


class Played(NamedTuple):
    """What `kernel.results_of` takes."""

    policies: Floats
    pieces: tuple[Ints, Ints, Floats, Floats]


def market_of(market: Market) -> tuple[float, int, float, float, float, bool]:
    """As `decision.lots_for` takes it."""
    return (
        market.lot, market.lots_min, market.notional_min, market.collar, market.notional_max,
        market.closes_below,
    )  # fmt: skip


def rate_of(market: Market, fee_bp: float) -> float:
    """Cost of what is traded, fraction of its value."""
    return (fee_bp + market.half_spread_bp + market.slippage_bp) * 1e-4


def rows_of(grid: Grid) -> pl.DataFrame:
    """Every policy of a grid."""
    rows: list[tuple[object, ...]] = []
    for fee in grid.market.fee_bp:
        for each in grid.fixed:
            pairs = [(w, w) for w in numbers_of(each.width)]
            if each.above is not None:
                pairs = list(product(numbers_of(each.width), numbers_of(each.above)))
            for (below, above), aim, ratio in product(pairs, each.rebalance_to, each.ratio):
                rows.append(("fixed", each.unit, below, above, aim, ratio, fee, None, None))
        for own in grid.computed:
            choices = product(numbers_of(own.premium_usd), own.ratio, numbers_of(own.scale))
            for premium, ratio, scale in choices:
                rows.append(("computed", "coin", None, None, 1.0, ratio, fee, premium, scale))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def solved(
    grid: Grid, rows: pl.DataFrame, world: World, *, threads: int, done: Callable[[int], None]
) -> dict[Case, Bands]:
    """The computed band of each case, along the world. Those of one ratio learn together, as many
    as there are for each thread.
    """
    computed = rows.filter(pl.col("kind") == "computed")
    cases = computed.select("premium_usd", "ratio", "fee_bp").unique(maintain_order=True).rows()
    ratios = {ratio for _, ratio, _ in cases}
    alike = [[case for case in cases if case[1] == ratio] for ratio in sorted(ratios)]
    shares = [group[first::threads] for group in alike for first in range(min(threads, len(group)))]

    def bands(share: list[Case]) -> list[Bands]:
        terms = [
            (grid.risk.aversion(premium), rate_of(grid.market, fee)) for premium, _, fee in share
        ]
        found = bands_along(world, terms, slope=share[0][1], market=market_of(grid.market))
        done(len(share))
        return found

    with ThreadPoolExecutor(threads) as pool:
        return {
            case: found
            for share, several in zip(shares, pool.map(bands, shares), strict=True)
            for case, found in zip(share, several, strict=True)
        }


def played_of(grid: Grid, rows: pl.DataFrame, bands: dict[Case, Bands]) -> Played:
    """The arrays of those policies."""
    policies, places = np.zeros((rows.height, 5)), np.zeros(rows.height + 1, np.int64)
    parts: list[Bands] = []
    start = np.zeros(1, np.int64)
    for n, row in enumerate(rows.iter_rows(named=True)):
        if row["kind"] == "computed":
            at, below, above = bands[row["premium_usd"], row["ratio"], row["fee_bp"]]
            parts.append((at, below * row["scale"], above * row["scale"]))
        else:
            parts.append((start, np.array([row["below"]]), np.array([row["above"]])))
        places[n + 1] = places[n] + len(parts[-1][0])
        rate = rate_of(grid.market, row["fee_bp"])
        policies[n] = (UNITS[row["unit"]], row["rebalance_to"], row["ratio"], 0.0, rate)
    at, below, above = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Played(policies, (places, at, below, above))
