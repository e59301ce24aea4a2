"""The frontier as one page that opens without a network: cost against what stays unhedged."""

from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl

POINTS_MAX = 5_000
"""Of a cloud: more hide each other."""
TEMPLATE = "simple_white"


def write_page(table: pl.DataFrame, title: str, path: Path) -> None:
    """Write the page; plotly's own code is inside."""
    figure = go.Figure()
    for (fee, ratio), part in sorted(table.group_by("fee_bp", "ratio"), key=lambda each: each[0]):
        name = f"fee {fee:g} bp, ratio {ratio:g}"
        fixed = part.filter(pl.col("kind") == "fixed")
        figure.add_trace(_cloud(fixed, name))
        line = part.filter("frontier").sort("risk_usd_day")
        figure.add_trace(_line(line, f"frontier, {name}"))
        computed = part.filter(pl.col("kind") == "computed").sort("premium_usd", "scale")
        if computed.height:
            figure.add_trace(_computed(computed, f"computed band, {name}"))
    figure.update_layout(
        title=title, template=TEMPLATE,
        xaxis={"title": "left unhedged: standard deviation of a day, USD", "type": "log"},
        yaxis={"title": "cost, USD a year", "type": "log"},
    )  # fmt: skip
    figure.write_html(path, include_plotlyjs=True, full_html=True)


def _cloud(part: pl.DataFrame, name: str) -> Any:
    shown = part if part.height <= POINTS_MAX else part.sample(POINTS_MAX, seed=1)
    text = [
        f"{row['unit']} -{row['below']:.4g} / +{row['above']:.4g}, to {row['rebalance_to']:g}"
        for row in shown.iter_rows(named=True)
    ]
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
    text = [
        f"premium {row['premium_usd']:g} USD, {row['scale']:g} x"
        for row in part.iter_rows(named=True)
    ]
    return go.Scatter(
        x=part["risk_usd_day"].to_list(), y=part["cost_usd_year"].to_list(), text=text,
        mode="markers", name=name, marker={"size": 11, "symbol": "star"},
    )  # fmt: skip
