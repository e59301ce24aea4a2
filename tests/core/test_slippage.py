"""Expected slippage: what our own orders paid beyond half the spread, each by its size."""

import math
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core.learning import DAY_MS, PRIOR_ORDERS, WEIGHT_MAX, hear_slippage
from hedgebot.core.learnt import FEE, Paid
from hedgebot.domain.events import FillSeen, Submitted
from hedgebot.domain.orders import OrderStatus
from tests.core.test_computed_band import TWO_MOVES, restarted, world_with
from tests.core.world import World, placed

HALF = 0.5 / 50_000.0
"""Of the spread in these worlds."""
PRIOR = 0.00005


def paid_by(world: World) -> Paid:
    return world.state.ledger.learnt["BTC"].paid


def sold(world: World, coins: str, beyond: float) -> float:
    """Coins come and are sold, so much below the best price; what that pays."""
    (order,) = placed(world.buy_spot(D(coins)))
    price = D(repr(round(50_000.0 * (1.0 - HALF - beyond), 2)))
    fill = replace(world.fill_of(order, order.qty), price=price)
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.FILLED, order.qty)))
    world.tell(FillSeen(fill))
    world.move(order.instrument, -order.qty)
    world.wait(1_000)
    return float(order.qty * price)


def started() -> World:
    world = world_with(replace(TWO_MOVES, moves_min=900))
    paid_by(world).half_spread = HALF
    return world


def test_a_large_order_counts_for_more_than_small_ones() -> None:
    """One in eleven is twenty times as large, and alone pays 10 bp: by orders that is 0.9 bp."""
    paid = Paid(FEE, PRIOR)
    for turn in range(330):
        size, beyond = (20.0, 0.001) if turn % 11 == 10 else (1.0, 0.0)
        hear_slippage(paid, beyond, size=size, now=turn)
    share = 30 * 20.0 / (30 * 20.0 + 300.0 + PRIOR_ORDERS)
    assert paid.slippage == pytest.approx(0.001 * share, rel=0.02)


def test_orders_of_one_size_are_averaged_with_what_was_expected_of_the_first_twenty() -> None:
    paid = Paid(FEE, PRIOR)
    for turn in range(20):
        hear_slippage(paid, 0.0003, size=5e4, now=turn)
    assert paid.slippage == pytest.approx((0.0003 + PRIOR) / 2)


def test_what_was_paid_long_ago_fades() -> None:
    paid = Paid(FEE, PRIOR)
    for turn in range(200):
        hear_slippage(paid, 0.001, size=1.0, now=turn)
    for turn in range(20):
        hear_slippage(paid, 0.0, size=1.0, now=60 * DAY_MS + turn)
    old = 220 * math.exp(-2.0)
    assert paid.slippage == pytest.approx(0.001 * old / (old + 20), rel=0.1)


@pytest.mark.parametrize("size", [1.0, 1e9])
def test_no_single_order_says_more_than_a_quarter(size: float) -> None:
    paid = Paid(FEE, PRIOR)
    for turn in range(100):
        hear_slippage(paid, 0.0, size=1.0, now=turn)
    before = paid.slippage
    hear_slippage(paid, 0.006, size=size, now=100)
    assert before < paid.slippage <= before + WEIGHT_MAX * 0.006


def test_an_order_tells_by_its_value_and_by_its_direction() -> None:
    world = started()
    first = sold(world, "1", 0.0004)
    paid = paid_by(world)
    assert paid.traded == pytest.approx((PRIOR_ORDERS + 1) * first)
    assert paid.slippage == pytest.approx(PRIOR + (0.0004 - PRIOR) / 21, rel=0.01)
    second = sold(world, "0.1", -0.0002)
    assert paid.traded == pytest.approx((PRIOR_ORDERS + 1) * first + second, rel=1e-6)
    assert paid.slippage < PRIOR + (0.0004 - PRIOR) / 21


def test_a_price_that_cannot_be_counts_as_the_most_that_an_order_may_give() -> None:
    world = started()
    sold(world, "1", 0.5)
    most = world.state.hedges["BTC"].policy.order.slippage_urgent
    assert paid_by(world).slippage == pytest.approx(PRIOR + (most - PRIOR) / 21)


def test_what_it_rests_on_survives_a_restart() -> None:
    world = started()
    sold(world, "1", 0.0004)
    world.wait(900_000)
    before, after = paid_by(world), paid_by(restarted(world))
    assert (after.slippage, after.traded, after.traded_ms) == (
        before.slippage, before.traded, before.traded_ms,
    )  # fmt: skip
