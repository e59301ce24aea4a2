"""The frontier as one page that opens without a network: cost against what stays unhedged."""

from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl

from hedgebot.research.sweep.results import named

POINTS_MAX = 5_000
"""Of a cloud: more hide each other."""
TEMPLATE = "simple_white"
TICKS = [n * 10**k for k in range(10) for n in (1, 2, 5)]
AXIS = {"type": "log", "tickvals": TICKS, "ticktext": [f"{each:,}" for each in TICKS]}


def write_page(table: pl.DataFrame, title: str, path: Path) -> None:
    """Write the page; plotly's own code is inside."""
    figure = go.Figure()
    worlds = sorted(table.group_by("fee_bp", "ratio"), key=lambda each: each[0])
    for (fee, ratio), part in worlds:
        name = f", fee {fee:g} bp, ratio {ratio:g}" if len(worlds) > 1 else ""
        fixed = part.filter(pl.col("kind") == "fixed")
        figure.add_trace(_cloud(fixed, f"fixed bands{name}"))
        line = part.filter("frontier").sort("risk_usd_day")
        figure.add_trace(_line(line, f"least cost of each risk{name}"))
        computed = part.filter(pl.col("kind") == "computed").sort("premium_usd", "scale")
        if computed.height:
            figure.add_trace(_computed(computed, f"computed band, by the answer{name}"))
    figure.update_layout(
        title=title, template=TEMPLATE,
        xaxis={"title": "left unhedged: standard deviation of a day, USD", **AXIS},
        yaxis={"title": "cost, USD a year", **AXIS}, legend={"x": 1, "xanchor": "right"},
    )  # fmt: skip
    figure.write_html(path, include_plotlyjs=True, full_html=True)


def _cloud(part: pl.DataFrame, name: str) -> Any:
    shown = part if part.height <= POINTS_MAX else part.sample(POINTS_MAX, seed=1)
    text = [named(row) for row in shown.iter_rows(named=True)]
    return go.Scattergl(
        x=shown["risk_usd_day"].to_list(), y=shown["cost_usd_year"].to_list(), text=text,
        mode="markers", name=name, marker={"size": 4, "opacity": 0.4},
    )  # fmt: skip


def _line(part: pl.DataFrame, name: str) -> Any:
    return go.Scatter(
        x=part["risk_usd_day"].to_list(), y=part["cost_usd_year"].to_list(), mode="lines",
        name=name,
    )  # fmt: skip


def _computed(part: pl.DataFrame, name: str) -> Any:
    text = [named(row) for row in part.iter_rows(named=True)]
    seen = [f"${row['premium_usd']:,.0f}" if row["scale"] == 1 else "" for row in part.to_dicts()]
    return go.Scatter(
        x=part["risk_usd_day"].to_list(), y=part["cost_usd_year"].to_list(), text=seen,
        hovertext=text, mode="markers+text", textposition="top right", name=name,
        marker={"size": 11, "symbol": "star"},
    )  # fmt: skip
