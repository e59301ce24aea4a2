"""Hyperliquid's funding is a formula of the premium: on every settlement that was recorded."""

from decimal import Decimal

import pytest

from hedgebot.venue_model.funding import eight_hour_rate, hyperliquid_rate
from tests.research.shared_folder import table

D = Decimal


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_every_recorded_settlement_is_the_formulas(coin: str) -> None:
    rows = table(f"hyperliquid_2024/{coin}_funding_1h.parquet").select("premium", "funding_rate")
    assert rows.height == 6_144
    for premium, rate in rows.iter_rows():
        found = hyperliquid_rate(D(repr(premium)))
        assert abs(found - D(repr(rate))) <= D("5e-11"), premium  # the file has ten decimals


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        ("0", "0.0001"),
        ("0.0006", "0.0001"),
        ("-0.0004", "0.0001"),
        ("0.0007", "0.0002"),
        ("-0.0005", "0"),
        ("-0.001", "-0.0005"),
    ],
)
def test_within_the_bound_the_interest_is_paid(premium: str, rate: str) -> None:
    assert eight_hour_rate(D(premium)) == D(rate)
    assert hyperliquid_rate(D(premium)) == D(rate) / 8
