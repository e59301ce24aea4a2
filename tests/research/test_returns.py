"""THEORY 5 on four years of hourly bars: hedge effectiveness, each row by its own convention."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from hedgebot.core.min_variance import effectiveness, ratio
from hedgebot.research.returns import moments_of, paired_returns
from tests.research.shared_folder import table

HOUR = timedelta(hours=1)
YEARS = (2020, 2021, 2022, 2023)


@pytest.fixture(scope="module")
def bars() -> tuple[pl.DataFrame, pl.DataFrame]:
    spot = table("binance_1h/BTCUSDT_spot_1h.parquet")
    return spot, table("binance_1h/BTCUSDT_perp_1h.parquet")


def one_to_one(returns: pl.DataFrame) -> float:
    return round(effectiveness(moments_of(returns), 1.0), 4)


@pytest.mark.parametrize(
    ("frozen", "step", "expected"),
    [
        (True, None, [0.9961, 0.9973, 0.9993, 0.9959]),
        (False, None, [0.9961, 0.9982, 0.9993, 0.9953]),
        (False, HOUR, [0.9963, 0.9982, 0.9993, 0.9972]),
    ],
)
def test_theory_5_by_year(
    bars: tuple[pl.DataFrame, pl.DataFrame],
    frozen: bool,
    step: timedelta | None,
    expected: list[float],
) -> None:
    returns = paired_returns(*bars, frozen=frozen, step=step)
    years = [returns.filter(pl.col("date").dt.year() == year) for year in YEARS]
    assert [one_to_one(each) for each in years] == expected
    for each in years:
        moments = moments_of(each)
        assert effectiveness(moments, 1.0) <= effectiveness(moments, ratio(moments)) < 1.0
        assert 0.98 < ratio(moments) < 1.001


def test_theory_5_the_week_of_the_crash(bars: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    returns = paired_returns(*bars, frozen=True)
    begin, end = datetime(2020, 3, 11, tzinfo=UTC), datetime(2020, 3, 16, tzinfo=UTC)
    week = returns.filter(pl.col("date").is_between(begin, end, closed="left"))
    assert week.height == 120
    assert one_to_one(week) == 0.9929


def test_unaligned_stamps_destroy_it(bars: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    spot, perp = bars
    late = perp.with_columns(pl.col("date") + HOUR)
    returns = paired_returns(spot, late, frozen=True)
    assert one_to_one(returns.filter(pl.col("date").dt.year() == 2022)) < 0.0
