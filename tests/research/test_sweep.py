"""`hedgebot sweep`: what it writes, and what it refuses before it writes anything."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.research.history import read_history
from hedgebot.research.sweep.grid import read_grid
from hedgebot.research.sweep.results import frontier_of
from hedgebot.research.sweep.running import Sweep, world_from
from tests.research.histories import rates, walk

GRID = """
series = "BTCUSDT_perp_1h"
funding = "BTCUSDT_perp_funding_8h"
flow = "poisson:per_day=6,median=0.5"
[market]
fee_bp = [1.0, 10.0]
[[fixed]]
width = { from = 0.05, to = 5.0, points = 25 }
rebalance_to = [0.0, 1.0]
[[fixed]]
unit = "percent"
width = [10.0]
above = [20.0, 40.0]
ratio = [0.5]
[[computed]]
premium_usd = [500.0, 5_000.0]
scale = [0.5, 1.0, 2.0]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    walk(1_200).write_parquet(tmp_path / "BTCUSDT_perp_1h.parquet")
    rates(150).write_parquet(tmp_path / "BTCUSDT_perp_funding_8h.parquet")
    return tmp_path


def asked(folder: Path, grid: str, *options: str) -> Any:
    file = folder / "grid.toml"
    file.write_text(grid)
    told = ["sweep", str(file), "--data", str(folder), "--out", str(folder / "out"), *options]
    return CliRunner().invoke(app, told)


def test_every_policy_is_in_the_table_and_the_page_needs_no_network(folder: Path) -> None:
    done = asked(folder, GRID, "--json", "--jobs", "2")
    assert done.exit_code == 0, done.output
    table = pl.read_parquet(folder / "out" / "policies.parquet")
    assert table.height == 2 * (25 * 2 + 2 + 2 * 3)
    assert (
        table.null_count().select("orders", "cost_usd_year", "score_usd_year").sum_horizontal()[0]
        == 0
    )
    dear = table.filter(pl.col("fee_bp") == 10.0, pl.col("kind") == "fixed")["cost_usd_year"]
    cheap = table.filter(pl.col("fee_bp") == 1.0, pl.col("kind") == "fixed")["cost_usd_year"]
    assert (dear / cheap).to_list() == pytest.approx([11.0 / 2.0] * len(dear))
    best = json.loads(done.stdout)
    assert {(row["fee_bp"], row["ratio"], row["kind"]) for row in best} == {
        (fee, ratio, kind)
        for fee in (1.0, 10.0)
        for ratio, kind in ((0.5, "fixed"), (1.0, "fixed"), (1.0, "computed"))
    }
    page = (folder / "out" / "frontier.html").read_text()
    assert "computed band" in page
    assert "<script src=" not in page
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "frontier.html", "policies.parquet",
    ]  # fmt: skip


def test_the_same_grid_gives_the_same_table(folder: Path) -> None:
    asked(folder, GRID, "--jobs", "1")
    first = pl.read_parquet(folder / "out" / "policies.parquet")
    asked(folder, GRID, "--jobs", "2")
    assert first.equals(pl.read_parquet(folder / "out" / "policies.parquet"))


def test_the_frontier_is_what_nothing_beats() -> None:
    table = pl.DataFrame(
        {
            "fee_bp": [1.0] * 4 + [2.0],
            "ratio": [1.0] * 5,
            "risk_usd_day": [1.0, 2.0, 3.0, 2.5, 9.0],
            "cost_usd_year": [9.0, 5.0, 6.0, 4.0, 99.0],
        }
    )
    assert frontier_of(table).to_list() == [True, True, False, True, True]


def with_line(line: str) -> str:
    return f"{line}\n{GRID}"


BAD = {
    "no TOML": ("series = ", "grid.toml: Invalid value"),
    "an unknown key": (with_line("serie = 1"), "grid.toml: serie: Extra inputs"),
    "no policy": (GRID.partition("[[fixed]]")[0], "grid.toml has no policy"),
    "too large": (
        GRID.replace("points = 25", "points = 150_000"),
        "grid.toml is too large: 600,",
    ),
    "too much to solve": (
        GRID.replace("premium_usd = [500.0, 5_000.0]", "premium_usd = {from=1, to=9, points=3000}"),
        "grid.toml is too large: 6,000 bands to compute",
    ),
    "a width of nothing": (GRID.replace("[10.0]", "[0.0]"), "grid.toml: fixed.1.width"),
    "a ratio of two": (GRID.replace("[0.5]\n[[comp", "[2.0]\n[[comp"), "grid.toml: fixed.1.ratio"),
    "no such series": (GRID.replace('"BTCUSDT_perp_1h"', '"ETH"'), "no series ETH: there are BTC"),
    "no prices": (GRID.replace('"BTCUSDT_perp_1h"', '"BTCUSDT_perp_funding_8h"'), "BTCUSDT_perp_f"),
    "no such flow": (GRID.replace("poisson:", "comet:"), "comet:per_day=6,median=0.5: no file"),
    "a flow cut short": (GRID.replace(",median=0.5", ""), "poisson:per_day=6: lacks median"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_grid_is_refused_before_anything_is_written(folder: Path, case: str) -> None:
    grid, said = BAD[case]
    done = asked(folder, grid)
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith(f"hedgebot: {said}"), done.stderr
    assert "Traceback" not in done.output
    assert not (folder / "out").exists()


def test_a_rate_that_is_not_known_is_none(folder: Path) -> None:
    """A table of several venues has a column of rates, and nothing in it where spot trades."""
    path = folder / "BTCUSDT_perp_1h.parquet"
    bars = pl.read_parquet(path).with_columns(funding_rate=pl.lit(None, dtype=pl.Float64))
    bars.write_parquet(path)
    grid = GRID.replace("perp_funding_8h", "perp_1h")
    done = asked(folder, grid)
    assert (done.exit_code, done.stderr) == (2, "hedgebot: BTCUSDT_perp_1h has no funding_rate\n")
    once = pl.when(pl.int_range(bars.height) == 8).then(1e-4)
    bars.with_columns(funding_rate=once).write_parquet(path)
    file = folder / "grid.toml"
    plan = Sweep(grid=file, history=folder, out=folder)
    world = world_from(read_grid(file), read_history(folder), plan)
    assert world.funding[-1] == 1e-4 * world.price[8]


def test_a_window_without_bars_is_said(folder: Path) -> None:
    done = asked(folder, GRID, "--from", "2030-01-01")
    assert done.exit_code == 2
    assert "has 0 bars of that time" in done.stderr


def test_results_that_cannot_be_written_leave_nothing(folder: Path) -> None:
    (folder / "out").write_text("in the way")
    done = asked(folder, GRID)
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
    assert (folder / "out").read_text() == "in the way"


def test_without_ray_it_says_how_to_install_it(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    done = asked(folder, GRID, "--ray")
    assert (done.exit_code, done.stderr) == (
        2, "hedgebot: Ray is not installed: pip install 'hedgebot[cluster]'\n"
    )  # fmt: skip
