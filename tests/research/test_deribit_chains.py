"""52 chains of a real venue, 80,698 rows: our delta and mark price against its own (THEORY 8).

The rows of a snapshot are not simultaneous: the forward in a row may be seconds away from the one
that the row's delta and mark price were made of. That is the whole difference.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hedgebot.core import greeks
from hedgebot.core.greeks import CALL, PUT, Option
from tests.research.shared_folder import table

ROWS = 80_698
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FAR = Path(__file__).parent / "deribit_rows_beyond_02.txt"
"""Snapshot and name of each row whose delta is more than 0.02 away; lines with # say why."""


class Row(NamedTuple):
    name: str
    snapshot: str
    option: Option
    delta: float
    mark: float
    vega: float


def expiry_ms(day: str) -> int:
    """Of `16JAN26`: options expire at 08:00 UTC."""
    number, month, year = int(day[:-5]), MONTHS.index(day[-5:-2]) + 1, 2000 + int(day[-2:])
    return int(datetime(year, month, number, 8, tzinfo=UTC).timestamp()) * 1000


def row(found: dict[str, Any]) -> Row:
    _, day, strike, right = found["instrument_name"].split("-")
    seen_ms = int(found["timestamp"].timestamp() * 1000)
    years = greeks.years_left(seen_ms, expiry_ms(day))
    volatility = found["implied_volatility"]
    option = Option(
        found["underlying"], float(strike), volatility, years, CALL if right == "C" else PUT
    )
    snapshot = found["timestamp"].strftime("%Y-%m-%d %H:%M")
    seen = found["delta"], found["mark_price"], found["vega"]
    return Row(found["instrument_name"], snapshot, option, *seen)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    frame = table("deribit_chains_2026_q1/chains.parquet")
    return [row(each) for each in frame.iter_rows(named=True)]


def quantile(numbers: list[float], share: float) -> float:
    return sorted(numbers)[int(share * len(numbers))]


def test_theory_8_delta(rows: list[Row]) -> None:
    apart = [abs(greeks.delta(each.option) - each.delta) for each in rows]
    assert len(apart) == ROWS
    assert quantile(apart, 0.5) <= 2e-4
    assert quantile(apart, 0.95) <= 3e-3
    assert quantile(apart, 0.99) <= 1e-2
    assert max(apart) <= 0.12


def test_theory_8_the_rows_beyond_02_are_the_listed_ones(rows: list[Row]) -> None:
    """Each is off by what a move of its forward of less than 0.9 per cent makes."""
    far = [each for each in rows if abs(greeks.delta(each.option) - each.delta) > 0.02]
    listed = [line for line in FAR.read_text().splitlines() if not line.startswith("#")]
    assert sorted(f"{each.snapshot} {each.name}" for each in far) == listed
    for each in far:
        apart = each.delta - greeks.delta(each.option)
        assert abs(apart) / greeks.gamma(each.option) < 0.009 * each.option.forward


def test_theory_8_mark_price(rows: list[Row]) -> None:
    apart = {"BTC": [0.0], "ETH": [0.0]}
    for each in rows:
        apart[each.name[:3]].append(abs(greeks.coin_price(each.option) - each.mark))
    assert quantile(apart["BTC"], 0.5) <= 5e-6
    assert quantile(apart["ETH"], 0.5) <= 5e-6
    assert quantile(apart["BTC"] + apart["ETH"], 0.99) <= 1e-3


def test_the_venues_vega_is_ours_per_point(rows: list[Row]) -> None:
    apart = [abs(greeks.vega(each.option) / 100 - each.vega) / each.option.forward for each in rows]
    assert quantile(apart, 0.5) <= 1e-6
    assert quantile(apart, 0.99) <= 1e-4


def test_a_delta_that_the_premium_is_taken_off_is_not_the_venues(rows: list[Row]) -> None:
    """The quantiles tell the two deltas apart: the venue's is the plain one."""
    apart = [abs(greeks.coin_delta(each.option) - each.delta) for each in rows]
    assert quantile(apart, 0.5) > 1e-2
