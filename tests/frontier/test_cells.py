"""Files of cells, prices and flows."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bench.frontier.__main__ import CELLS
from bench.frontier.cells import BadCells, Flow, cells_from
from bench.frontier.flows import jump_mean, path_of, variance_rate
from bench.frontier.prices import FOLDER, prices_for, recorded, trailing_volatility

COMMITTED = cells_from(CELLS)


def flow(kind: str) -> Flow:
    return next(each for each in COMMITTED.flows if each.kind == kind)


def test_the_answer_gives_the_risk_aversion() -> None:
    assert COMMITTED.gamma == pytest.approx(6.25e-6)
    # the premium is gamma / 2 x the variance of the holding on that day
    assert COMMITTED.gamma / 2 * (0.04 * 1e6) ** 2 == pytest.approx(5_000.0)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("schema = 1", "schema = 2", "schema 2 is not 1"),
        ("schema = 1", "", "'schema' is missing"),
        ("schema = 1", "schema = ", "nvalid value"),
        ('kind = "compound_poisson"', 'kind = "tide"', "'tide' is none of"),
        ("deviation = 200.0", "deviation = -1.0", "deviation is not positive"),
        ("end = 2020-04-01", "end = 2020-02-01", "ends before it begins"),
        ("half_spread_bp = 0.5", "", r"\[market\] lacks half_spread_bp"),
        ("bp = 1.0", "bp = -1.0", "to trade at 1bp costs nothing"),
        ("list = [1, 2, 3, 4, 5, 6, 7, 8]", "list = []", "there are no seeds"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    file = tmp_path / "cells.toml"
    file.write_text(CELLS.read_text().replace(old, new, 1))
    with pytest.raises(BadCells, match=told):
        cells_from(file)


def test_prices_of_the_past_only() -> None:
    path = FOLDER / COMMITTED.tables["market"]["file"]
    if not path.is_file():
        pytest.skip("the folder of market history is not beside this checkout")
    prices = recorded(path, COMMITTED.tables["volatility"])
    for window in COMMITTED.windows:
        assert len(prices.of(window)[0]) == window.hours
    # the close of the bar 23:00 is the price of the hour that begins at midnight
    assert prices.first.isoformat() == "2019-12-23T01:00:00+00:00"
    assert prices.price[0] == 7548.42


def bars(path: Path, minutes: int, *, lacks: tuple[int, ...] = ()) -> Path:
    """Five hours of bars whose close is the number of minutes that have passed at their end."""
    begin = dt.datetime(2023, 3, 1, tzinfo=dt.UTC)
    rows = [
        (begin + dt.timedelta(minutes=minute), float(minute + minutes))
        for minute in range(0, 300, minutes)
        if minute not in lacks
    ]
    pl.DataFrame(rows, schema=["date", "close"], orient="row").write_parquet(path)
    return path


@pytest.mark.parametrize("minutes", [1, 15, 60])
def test_bars_of_any_length_tell_the_price_of_an_hour(tmp_path: Path, minutes: int) -> None:
    prices = recorded(bars(tmp_path / "bars.parquet", minutes), COMMITTED.tables["volatility"])
    assert prices.first.isoformat() == "2023-03-01T01:00:00+00:00"
    assert prices.price.tolist() == [60.0, 120.0, 180.0, 240.0, 300.0]
    assert prices.source == "bars.parquet"


def test_missing_hours_are_said_and_the_price_before_stands(tmp_path: Path) -> None:
    path = bars(tmp_path / "bars.parquet", 60, lacks=(60, 120))
    prices = recorded(path, COMMITTED.tables["volatility"])
    assert prices.price.tolist() == [60.0, 60.0, 60.0, 240.0, 300.0]
    assert "2 hours missing" in prices.source


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"date": [dt.datetime(2023, 3, 1, tzinfo=dt.UTC)] * 2, "close": [1.0, 1.0]}),
        pl.DataFrame(
            {"date": [dt.datetime(2023, 3, k, tzinfo=dt.UTC) for k in (1, 2)], "close": [1.0, 1.0]}
        ),
        pl.DataFrame({"date": ["today"], "close": [1.0]}),
        pl.DataFrame({"close": [1.0]}),
    ],
)
def test_bars_that_tell_no_hours_are_refused(tmp_path: Path, frame: pl.DataFrame) -> None:
    frame.write_parquet(path := tmp_path / "bars.parquet")
    with pytest.raises(BadCells, match=r"bars\.parquet: "):
        recorded(path, COMMITTED.tables["volatility"])


def test_volatility_does_not_look_ahead() -> None:
    settings = COMMITTED.tables["volatility"]
    random = np.random.default_rng(1)
    price = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.01, 2_000)))
    known = trailing_volatility(price[:1_000], settings)
    np.testing.assert_array_equal(trailing_volatility(price, settings)[:1_000], known)
    assert known[0] == pytest.approx(0.04)
    assert known[-1] == pytest.approx(0.01 * 24**0.5, rel=0.1)


def test_without_the_folder_prices_are_made_and_said_to_be(tmp_path: Path) -> None:
    made = prices_for(COMMITTED, tmp_path)
    assert "absent" in made.source
    assert len(made.of(COMMITTED.windows[-1])[0]) == COMMITTED.windows[-1].hours


def test_an_inventory_reverts_to_its_deviation() -> None:
    path = path_of(flow("ornstein_uhlenbeck"), 1, hours=24 * 300, kappa_over_c=1.0)
    assert np.std(np.cumsum(path.flow)) == pytest.approx(200.0, rel=0.1)
    variance = np.sum(path.flow**2) / 300.0
    assert variance == pytest.approx(variance_rate(flow("ornstein_uhlenbeck"), 1.0), rel=0.01)


def test_jumps_have_a_median_of_three_half_widths_of_their_own_flow() -> None:
    poisson, ratio = flow("compound_poisson"), 2.5
    width = (1.5 * ratio * variance_rate(poisson, ratio)) ** (1 / 3)
    assert jump_mean(poisson, ratio) * np.log(2.0) == pytest.approx(3.0 * width)
    path = path_of(poisson, 5, hours=24 * 3_000, kappa_over_c=ratio)
    sizes = np.abs(path.flow[path.flow != 0.0])
    assert len(sizes) == pytest.approx(6_000, rel=0.05)
    assert np.median(sizes) == pytest.approx(3.0 * width, rel=0.05)
    assert np.all(np.diff(path.second) >= 0.0)


def test_a_lump_takes_all_that_came_since_the_last() -> None:
    path = path_of(flow("inflow_lump"), 2, hours=24 * 30, kappa_over_c=1.0)
    held = np.cumsum(path.flow)
    lumps = np.flatnonzero(path.flow < 0.0)
    np.testing.assert_allclose(held[lumps], 0.0, atol=1e-9)
    assert set(np.diff(path.second[lumps])) == {7 * 86_400.0}


def test_the_cells_held_back_can_be_read() -> None:
    held_back = cells_from(CELLS.with_name("held-back.toml"))
    assert not set(held_back.seeds) & set(COMMITTED.seeds)
    assert not set(held_back.windows) & set(COMMITTED.windows)
    assert held_back.gamma == COMMITTED.gamma
