"""Pain 10: what costs a little, often. The core tells its own time."""

from dataclasses import replace
from decimal import Decimal as D
from itertools import pairwise

from hedgebot.core.policy import Limits, OrderStyle
from hedgebot.domain.actions import Severity
from hedgebot.domain.orders import OrderIntent
from tests.core.world import POLICY, World, alerts, policy_with

HALF_MINUTE = 60
"""Turns of half a second."""


def swing(world: World, coins: str) -> list[OrderIntent]:
    """A spot wallet that trades to and fro twice a second; the orders that it caused."""
    orders = []
    for turn in range(HALF_MINUTE):
        orders += world.obey(world.buy_spot(D(coins) * (-1) ** turn))
        orders += world.obey(world.wait(500))
    return orders


def test_pain_10_a_delta_that_swings_inside_its_band_costs_nothing() -> None:
    """The band is where nothing is done."""
    world = World().start(spot=D(10), position=D(-10))
    assert swing(world, "0.02") == []


def test_pain_10_a_delta_that_swings_out_of_its_band_is_followed_at_the_pace_of_the_cool_down() -> (
    None
):
    """Back in band starts the cool-down: six round trips in half a minute at most, not thirty."""
    policy = policy_with(order=OrderStyle(cooldown_ms=5_000))
    world = World(policy=policy).start(spot=D(10), position=D(-10))
    orders = swing(world, "0.05")
    assert 2 <= len(orders) <= 7
    moments = [order.decided_ms for order in orders]
    assert min(b - a for a, b in pairwise(moments)) >= 5_000


def test_pain_10_a_runaway_ends_at_the_cap_and_a_person_is_told() -> None:
    """orders_per_minute: whatever the reason, the fourth opening order of a minute is not sent."""
    policy = replace(POLICY, limits=Limits(orders_per_minute=3))
    world = World(policy=policy).start()
    world.wait(60_000 - world.now % 60_000)  # windows are whole minutes
    orders = [order for _ in range(6) for order in world.obey(world.buy_spot(D(1)))]
    assert [order.qty for order in orders] == [D(1)] * 3
    (told,) = [a.text for a in alerts(world.actions) if a.severity is Severity.CRITICAL]
    assert "orders_per_minute is reached" in told
    assert "net delta +1 BTC" in told
    assert world.obey(world.wait(60_000)), "the next minute has room again"
    assert world.position == D(-6)
