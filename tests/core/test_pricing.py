"""Limits of IOC orders: at the opposite touch, clipped, rounded inward."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.core import pricing
from hedgebot.core.policy import Limits, OrderStyle
from hedgebot.core.propose import limit_price
from hedgebot.domain.events import TouchSeen
from hedgebot.domain.instruments import Instrument
from tests.core.world import BTC, PERP, World, policy_with


@pytest.mark.parametrize(
    ("bid", "slippage", "floor", "tick", "wanted"),
    [
        (50_000.0, 0.002, 0.0, 0.1, 499_000),  # 49,900 exactly
        (50_000.0, 0.0, 0.0, 0.1, 500_000),
        (50_000.05, 0.002, 0.0, 0.1, 499_001),  # 49,900.0499 up to 49,900.1: inward
        (50_000.0, 0.002, 49_950.0, 0.1, 499_500),  # the floor of the collar
        (50_000.0, 0.002, 49_950.01, 0.1, 499_501),  # rounded up from the floor too
        (0.3, 0.0, 0.0, 0.1, 3),  # 2.9999999999999996 ticks
    ],
)
def test_a_sale_is_limited_from_below(
    *, bid: float, slippage: float, floor: float, tick: float, wanted: int
) -> None:
    assert pricing.sell_ticks(bid, slippage, floor, tick) == wanted


@pytest.mark.parametrize(
    ("ask", "slippage", "ceiling", "tick", "wanted"),
    [
        (50_000.0, 0.002, 1e9, 0.1, 501_000),
        (50_000.0, 0.0, 1e9, 0.1, 500_000),
        (49_999.96, 0.002, 1e9, 0.1, 500_999),  # 50,099.9599 down to 50,099.9: inward
        (50_000.0, 0.002, 50_050.0, 0.1, 500_500),
        (50_000.0, 0.002, 50_049.99, 0.1, 500_499),
    ],
)
def test_a_purchase_is_limited_from_above(
    *, ask: float, slippage: float, ceiling: float, tick: float, wanted: int
) -> None:
    assert pricing.buy_ticks(ask, slippage, ceiling, tick) == wanted


@given(
    st.floats(0.01, 1e6),
    st.floats(0.0, 0.02),
    st.sampled_from([0.1, 0.01, 0.5, 1e-4]),
    st.floats(0.9, 1.1),
)
def test_rounding_never_makes_a_limit_worse(
    touch: float, slippage: float, tick: float, bound: float
) -> None:
    sell = pricing.sell_ticks(touch, slippage, touch * bound, tick) * tick
    buy = pricing.buy_ticks(touch, slippage, touch * bound, tick) * tick

    assert sell >= max(touch * (1.0 - slippage), touch * bound) * (1 - 1e-9)
    assert buy <= min(touch * (1.0 + slippage), touch * bound) * (1 + 1e-9) + 1e-9 * tick
    assert sell <= max(touch * (1.0 - slippage), touch * bound) + tick
    assert buy >= min(touch * (1.0 + slippage), touch * bound) - tick * (1 + 1e-9)


@pytest.mark.parametrize(
    ("thin", "wanted"),
    [(0, 0.002), (2, 0.002), (3, 0.004), (5, 0.004), (6, 0.006), (9, 0.006), (900, 0.006)],
)
def test_slippage_doubles_after_every_three_thin_fills(thin: int, wanted: float) -> None:
    assert pricing.slippage_now(thin, 0.002, 0.006) == wanted


def test_an_urgent_slippage_under_the_usual_one_does_not_tighten_it() -> None:
    assert pricing.slippage_now(0, 0.004, 0.002) == 0.004
    assert pricing.slippage_now(6, 0.004, 0.002) == 0.004


# -- against the state: collar and the venue's own bounds -------------------------------------


def limit(
    *,
    selling: bool,
    bid: float = 49_999.5,
    ask: float = 50_000.5,
    collar: float = 0.02,
    slippage: float = 0.002,
    instrument: Instrument = BTC,
    thin: int = 0,
) -> D | None:
    style = OrderStyle(slippage_max=slippage, slippage_urgent=max(slippage, 0.006))
    policy = replace(policy_with(order=style), limits=Limits(collar=collar))
    world = World(policy=policy, instruments=(instrument,)).start()
    world.tell(TouchSeen(PERP, bid, 1.0, ask, 1.0, world.now))
    hedge = world.state.hedges["BTC"]
    hedge.pace.thin = thin
    return limit_price(policy, hedge, world.state.markets[PERP], selling=selling)


def test_at_the_opposite_touch_less_slippage() -> None:
    assert limit(selling=True) == D("49899.6")  # 49,899.501 rounded up
    assert limit(selling=False) == D("50100.5")  # 50,100.501 rounded down


def test_never_further_from_the_mark_than_the_collar() -> None:
    assert limit(selling=True, collar=0.001) == D(49_950)
    assert limit(selling=False, collar=0.001) == D(50_050)


def test_never_outside_the_venues_own_bounds() -> None:
    tight = replace(BTC, price_up_max=D("1.0005"), price_down_min=D("0.9995"))

    assert limit(selling=True, instrument=tight) == D(49_975)
    assert limit(selling=False, instrument=tight) == D(50_025)


def test_a_venue_without_bounds_leaves_the_collar() -> None:
    free = replace(BTC, price_up_max=None, price_down_min=None)

    assert limit(selling=True, instrument=free, slippage=0.5) == D(49_000)
    assert limit(selling=False, instrument=free, slippage=0.5) == D(51_000)


def test_a_touch_that_the_clipped_limit_cannot_meet_gives_no_limit() -> None:
    """A sale above the bid, or a purchase under the ask, would only expire."""
    assert limit(selling=True, bid=49_900.0, collar=0.001) is None
    assert limit(selling=False, ask=50_100.0, collar=0.001) is None
    assert limit(selling=True, bid=49_950.0, collar=0.001) == D(49_950)  # just meets it
    assert limit(selling=False, ask=50_050.0, collar=0.001) == D(50_050)


def test_the_limit_is_a_whole_number_of_ticks() -> None:
    for thin in range(12):
        for selling in (True, False):
            price = limit(selling=selling, thin=thin)
            assert price is not None
            assert price % BTC.tick == 0


def test_thin_fills_widen_the_limit() -> None:
    assert limit(selling=True, thin=3) == D("49799.6")
    assert limit(selling=False, thin=3) == D("50200.5")
