"""How much to trade: tables, and properties that hold for every quantity (invariant 3)."""

from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hedgebot.core import sizing

LOT = 0.001
EPS = 1e-9
"""Float error forgiven, in lots."""


def lots_for(
    deviation: float,
    *,
    below: float = 0.02,
    above: float = 0.02,
    aim: float = 0.0,
    lot: float = LOT,
    lots_min: int = 1,
) -> int:
    return sizing.hedge_lots(
        deviation, below=below, above=above, aim=aim, lot=lot, lots_min=lots_min
    )


@pytest.mark.parametrize(
    ("deviation", "aim", "wanted"),
    [
        (0.0, 0.0, 0),
        (0.02, 0.0, 0),  # on the edge is inside
        (-0.02, 0.0, 0),
        (0.0200001, 0.0, -20),  # outside by less than a lot is outside
        (0.020001, 0.0, -20),  # towards zero
        (0.0209999, 0.0, -20),
        (0.021, 0.0, -21),
        (-0.0219, 0.0, 21),
        (1.0, 0.0, -1000),
        (1.0, 1.0, -980),
        (-1.0, 1.0, 980),
        (1.0, 0.5, -990),
        (0.0305, 1.0, -11),  # up to the next lot
        (0.0305, 0.5, -21),
        (-0.0305, 0.5, 21),
        (0.020001, 1.0, -1),
        (0.03, 1.0, -10),  # 0.009999999999999998 / 0.001: not 9, not 11
    ],
)
def test_table(deviation: float, aim: float, wanted: int) -> None:
    assert lots_for(deviation, aim=aim) == wanted


def test_each_side_has_its_own_width() -> None:
    assert lots_for(0.03, above=0.05, below=0.01) == 0
    assert lots_for(-0.03, above=0.05, below=0.01) == 30
    assert lots_for(-0.03, above=0.01, below=0.05) == 0
    assert lots_for(0.03, above=0.01, below=0.05) == -30


def test_aimed_at_the_edge_a_quantity_is_no_less_than_the_smallest_order() -> None:
    assert lots_for(0.021, aim=1.0, lots_min=5) == -5
    assert lots_for(0.0221, aim=0.9, lots_min=3) == -5  # 4.1 lots back to 0.018


def test_aimed_at_the_edge_the_smallest_order_does_not_cross_the_target() -> None:
    """Where the caller did not widen the band, the target still bounds the order."""
    assert lots_for(0.0031, above=0.001, aim=1.0, lots_min=5) == -3


def test_aimed_at_the_target_less_than_the_smallest_order_is_nothing() -> None:
    assert lots_for(0.0045, above=0.001, lots_min=5) == 0
    assert lots_for(0.005, above=0.001, lots_min=5) == -5


def test_a_fill_to_the_edge_is_inside_though_floats_are_not_exact() -> None:
    """1000 coins against a short that leaves 0.02 of float error and all: no further order."""
    for whole in (10.0, 100.0, 1_000.0, 10_000.0):
        left = (whole + 0.02) - whole
        assert lots_for(left, aim=1.0) == 0, left
        assert lots_for(-left, aim=1.0) == 0, left


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (5, 7, 5),
        (7, 5, 5),
        (-5, -7, -5),
        (-7, -5, -5),
        (-5, 5, 0),
        (5, -5, 0),
        (0, 5, 0),
        (5, 0, 0),
        (-5, 0, 0),
        (0, -5, 0),
        (0, 0, 0),
        (1, 1, 1),
        (-1, -1, -1),
    ],
)
def test_an_interval_trades_only_what_is_right_at_both_ends(
    low: int, high: int, wanted: int
) -> None:
    assert sizing.agreed_lots(low, high) == wanted


@pytest.mark.parametrize(
    ("lots", "notional_max", "lot_value", "lots_max", "wanted"),
    [
        (1000, 250_000.0, 50.0, 10**6, 1000),
        (9000, 250_000.0, 50.0, 10**6, 5000),
        (-9000, 250_000.0, 50.0, 10**6, -5000),
        (9000, 250_000.0, 50.0, 120, 120),
        (-9000, 250_000.0, 50.0, 120, -120),
        (9000, 249_999.0, 50.0, 10**6, 4999),
        (9000, 10.0, 50.0, 10**6, 0),
        (0, 250_000.0, 50.0, 10**6, 0),
    ],
)
def test_slices(
    *, lots: int, notional_max: float, lot_value: float, lots_max: int, wanted: int
) -> None:
    slice_ = sizing.slice_lots(
        lots, notional_max=notional_max, lot_value=lot_value, lots_max=lots_max
    )

    assert slice_ == wanted


@pytest.mark.parametrize(
    ("lots", "position", "wanted"),
    [
        (5, -10, 5),  # shrinks
        (10, -10, 10),  # closes
        (15, -10, 10),  # through zero: close first
        (-15, 10, -10),
        (-5, 10, -5),
        (15, 10, 15),  # grows
        (-15, -10, -15),
        (15, 0, 15),
        (-15, 0, -15),
        (0, 5, 0),
        (0, -5, 0),
        (1, -1, 1),
        (-1, 1, -1),
        (2, -1, 1),
        (-2, 1, -1),
    ],
)
def test_through_zero_closes_first(lots: int, position: int, wanted: int) -> None:
    assert sizing.closing_lots(lots, position) == wanted


# -- properties ------------------------------------------------------------------------------


class Case(NamedTuple):
    """A deviation beside a band that is as wide as the caller makes it."""

    deviation: float
    below: float
    above: float
    aim: float
    lot: float
    lots_min: int

    def lots(self) -> int:
        return sizing.hedge_lots(
            self.deviation,
            below=self.below,
            above=self.above,
            aim=self.aim,
            lot=self.lot,
            lots_min=self.lots_min,
        )

    @property
    def side(self) -> float:
        return self.above if self.deviation > 0 else self.below


@st.composite
def cases(draw: st.DrawFn) -> Case:
    lot = draw(st.sampled_from([1.0, 0.1, 0.001, 0.0001, 1000.0]))
    lots_min = draw(st.integers(1, 20))
    least = lots_min * lot
    width = st.floats(0.0, 50.0).map(lambda lots: max(least, lots * lot))
    return Case(
        deviation=draw(st.floats(-2e4, 2e4)) * lot,
        below=draw(width),
        above=draw(width),
        aim=draw(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0.0, 1.0)),
        lot=lot,
        lots_min=lots_min,
    )


@given(cases())
def test_an_order_moves_towards_the_target_and_never_past_it(case: Case) -> None:
    lots = case.lots()
    after = case.deviation + lots * case.lot

    assert lots * case.deviation <= 0
    assert abs(after) <= abs(case.deviation)
    assert after * case.deviation >= -abs(case.deviation) * EPS * case.lot


@given(cases())
def test_a_full_fill_ends_inside_the_band(case: Case) -> None:
    after = case._replace(deviation=case.deviation + case.lots() * case.lot)

    assert after.lots() == 0


@given(cases())
def test_inside_is_quiet_and_outside_is_not(case: Case) -> None:
    gap_lots = (abs(case.deviation) - case.side) / case.lot
    assume(abs(gap_lots) > 1e-6)

    assert (case.lots() != 0) == (gap_lots > 0)


@given(cases())
def test_an_order_is_never_smaller_than_the_smallest(case: Case) -> None:
    assert case.lots() == 0 or abs(case.lots()) >= case.lots_min


@given(cases())
def test_rounding_goes_towards_zero_at_the_target_and_up_elsewhere(case: Case) -> None:
    lots = abs(case.lots())
    assume(lots > 0)
    wanted = (abs(case.deviation) - case.aim * case.side) / case.lot
    if case.aim == 0.0:
        assert wanted - 1 - EPS * wanted - EPS < lots <= wanted + EPS * wanted + EPS
    else:
        at_most = max(wanted + 1, case.lots_min)
        assert wanted - 1e-6 <= lots or lots == int(abs(case.deviation) / case.lot + EPS)
        assert lots <= at_most + 1e-6


@given(cases())
def test_buying_and_selling_mirror_each_other(case: Case) -> None:
    mirror = case._replace(deviation=-case.deviation, below=case.above, above=case.below)

    assert mirror.lots() == -case.lots()


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_an_order_that_shrinks_never_exceeds_the_position(lots: int, position: int) -> None:
    clipped = sizing.closing_lots(lots, position)

    assert abs(clipped) <= abs(lots)
    assert clipped * lots >= 0
    if lots * position < 0:
        assert abs(clipped) == min(abs(lots), abs(position))
    else:
        assert clipped == lots


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_an_agreed_quantity_is_between_zero_and_both(low: int, high: int) -> None:
    agreed = sizing.agreed_lots(low, high)

    assert agreed == sizing.agreed_lots(high, low) == -sizing.agreed_lots(-low, -high)
    assert abs(agreed) <= min(abs(low), abs(high))
    assert agreed * low >= 0
    assert agreed * high >= 0
    assert (agreed != 0) == (low * high > 0)


@given(
    st.integers(-(10**6), 10**6),
    st.floats(0.0, 1e7),
    st.floats(0.001, 1e5),
    st.integers(1, 10**6),
)
def test_a_slice_is_within_its_caps(
    lots: int, notional_max: float, lot_value: float, lots_max: int
) -> None:
    slice_ = sizing.slice_lots(
        lots, notional_max=notional_max, lot_value=lot_value, lots_max=lots_max
    )

    assert abs(slice_) <= min(abs(lots), lots_max)
    assert abs(slice_) * lot_value <= notional_max * (1 + EPS) + EPS * lot_value
    assert slice_ * lots >= 0
