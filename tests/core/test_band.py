"""Target and band, as plain numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.core import band

NAN = math.nan


@pytest.mark.parametrize(
    ("gross", "target", "ratio", "wanted"),
    [
        (10.0, NAN, 1.0, 0.0),  # neutral
        (10.0, NAN, 0.75, 2.5),
        (10.0, NAN, 0.0, 10.0),  # unhedged
        (-10.0, NAN, 0.75, -2.5),  # borrowed coins
        (10.0, NAN, 1.5, -5.0),  # over-hedged on purpose
        (10.0, 0.25, 0.0, 0.25),
        (-3.0, 0.25, 1.0, 0.25),  # a target in coins does not look at gross
        (10.0, 0.0, 0.5, 0.0),  # zero is a target too
        (10.0, -0.25, 0.5, -0.25),
    ],
)
def test_target(gross: float, target: float, ratio: float, wanted: float) -> None:
    assert band.target_delta(gross, target=target, ratio=ratio) == wanted


@pytest.mark.parametrize(
    ("bound", "unit", "gross", "mark", "wanted"),
    [
        (-0.02, band.COIN, 10.0, 50_000.0, 0.02),
        (0.02, band.COIN, 10.0, 50_000.0, 0.02),
        (0.5, band.PERCENT, 10.0, 50_000.0, 0.05),
        (-0.5, band.PERCENT, -10.0, 50_000.0, 0.05),  # of abs(gross)
        (1.0, band.PERCENT, 0.0, 50_000.0, 0.0),
        (1_000.0, band.USD, 10.0, 50_000.0, 0.02),
        (-1_000.0, band.USD, -10.0, 25_000.0, 0.04),
        (0.0, band.USD, 10.0, 50_000.0, 0.0),
    ],
)
def test_side_width(*, bound: float, unit: int, gross: float, mark: float, wanted: float) -> None:
    assert band.side_width(bound, unit, gross, mark) == pytest.approx(wanted, abs=1e-15)


@pytest.mark.parametrize(
    ("lots_min", "notional_min", "lot_value", "wanted"),
    [
        (1, 100.0, 50.0, 2),
        (1, 100.0, 49.0, 3),  # rounded up: 2 lots are worth 98
        (1, 100.0, 33.333333333333336, 3),  # a whole number, but for the float error
        (5, 100.0, 50.0, 5),
        (1, 0.0, 50.0, 1),
        (0, 0.0, 50.0, 1),  # never less than a lot
        (1, 5.0, 60_000.0, 1),
    ],
)
def test_least_lots(lots_min: int, notional_min: float, lot_value: float, wanted: int) -> None:
    assert band.least_lots(lots_min, notional_min, lot_value) == wanted


@pytest.mark.parametrize(
    ("lots", "floor", "ceil"),
    [
        (0.0, 0, 0),
        (0.4, 0, 1),
        (1.0, 1, 1),
        (1.5, 1, 2),
        (0.99999999995, 1, 1),  # within 1e-9 of a whole lot: float error, not quantity
        (1.00000000005, 1, 1),
        (1e-9, 0, 1),  # from there on it is quantity
        (0.999999998, 0, 1),
        (1.000000002, 1, 2),
        (3.0 * 0.1 / 0.1, 3, 3),
        (0.3 / 0.1, 3, 3),  # 2.9999999999999996
        (1e9, 10**9, 10**9),
    ],
)
def test_floor_and_ceil_forgive_the_float_error(lots: float, floor: int, ceil: int) -> None:
    assert (band.floor_lots(lots), band.ceil_lots(lots)) == (floor, ceil)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_whole_number_of_lots_stays_whole(lots: int, lot_millionths: int) -> None:
    lot = lot_millionths / 1e6
    total = lots * lot

    assert band.floor_lots(total / lot) == lots
    assert band.ceil_lots(total / lot) == lots


@given(st.floats(0.0, 1e6))
def test_floor_and_ceil_enclose(lots: float) -> None:
    floor, ceil = band.floor_lots(lots), band.ceil_lots(lots)

    assert floor - 1e-9 <= lots <= ceil + 1e-9
    assert ceil - floor in (0, 1)
