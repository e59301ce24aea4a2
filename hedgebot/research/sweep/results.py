"""What came of the policies: a table, the frontier in it, and a page that shows it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from hedgebot.research.sweep.grid import Grid
from hedgebot.research.sweep.kernel import COLUMNS
from hedgebot.research.sweep.world import Floats, World

YEAR_DAYS = 365.0
MONEY = ("cost", "hedge_pnl", "funding")


def table_of(grid: Grid, rows: pl.DataFrame, found: Floats, world: World) -> pl.DataFrame:
    """Policies with what came of them, in dollars: `cost_usd_year`; `risk_usd_day`, the standard
    deviation of a day's value by what was left unhedged; `score_usd_year`, cost and the risk at the
    price of the grid's one question; `frontier`, whether none has less of both.
    """
    columns = {name: found[:, k] for k, name in enumerate(COLUMNS)}
    variance = columns["variance"] / world.days
    cost = columns["cost"] / world.days * YEAR_DAYS
    gamma = grid.risk.aversion(grid.risk.premium_usd)
    table = rows.with_columns(
        orders=columns["orders"].astype(np.int64),
        traded_coins=columns["traded"],
        cost_usd_year=cost,
        risk_usd_day=np.sqrt(np.maximum(variance, 0.0)),
        score_usd_year=cost + 0.5 * gamma * variance * YEAR_DAYS,
        hedge_pnl_usd=columns["hedge_pnl"],
        funding_usd=columns["funding"],
        largest_coins=columns["largest"],
    )
    return table.with_columns(frontier=frontier_of(table))


def frontier_of(table: pl.DataFrame) -> pl.Series:
    """Whether no other policy of the same fee and ratio has less risk at no more cost."""
    order = table.with_row_index("row").sort("risk_usd_day", "cost_usd_year")
    least = pl.col("cost_usd_year").cum_min().shift(1).over("fee_bp", "ratio")
    best = order.select("row", best=(pl.col("cost_usd_year") < least.fill_null(float("inf"))))
    return best.sort("row")["best"]


def named(row: Mapping[str, Any]) -> str:
    """A policy as people call it."""
    if row["kind"] == "computed":
        return f"premium {row['premium_usd']:g} USD, {row['scale']:g} x"
    ends = f"-{row['below']:.4g} / +{row['above']:.4g} {row['unit']}"
    aim = {0.0: "target", 1.0: "edge"}.get(row["rebalance_to"], f"{row['rebalance_to']:g}")
    return f"{ends}, to {aim}"


def summary_of(table: pl.DataFrame) -> pl.DataFrame:
    """The least score of each kind at each fee and ratio."""
    return (
        table.sort("score_usd_year")
        .group_by("fee_bp", "ratio", "kind", maintain_order=True)
        .first()
        .sort("fee_bp", "ratio", "score_usd_year")
    )
