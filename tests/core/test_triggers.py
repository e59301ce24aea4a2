"""Age and price move: they trade to the target what the band would leave."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core.policy import Band, BandUnit, OrderStyle
from hedgebot.domain.events import Command, CommandKind, Refused
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Purpose, Refusal
from hedgebot.domain.records import Durable, FillKept, Verdict
from tests.core.world import (
    BTC,
    POLICY,
    World,
    alerts,
    decisions,
    placed,
    policy_with,
    rows,
)

WIDE = Band(-1.0, 1.0, BandUnit.COIN)
MINUTE = 60_000


def world_with(**changes: object) -> World:
    """Hedged, in a band of a coin a side."""
    return World(policy_with(band=WIDE, rebalance_to=1.0, **changes)).start(
        spot=D(5), position=D(-5)
    )


def test_without_triggers_the_band_alone_decides() -> None:
    world = world_with()
    world.buy_spot(D("0.5"))
    world.mark *= 1.2
    assert placed(world.wait(60 * MINUTE)) == []


def test_an_old_hedge_is_brought_to_the_target() -> None:
    world = world_with(age_ms_max=10 * MINUTE)
    assert placed(world.buy_spot(D("0.5"))) == []
    assert placed(world.wait(8 * MINUTE)) == []
    (order,) = placed(world.wait(3 * MINUTE))
    assert (order.side, order.qty, order.purpose) == (Side.SELL, D("0.500"), Purpose.AGE)
    assert "older than rebalance_age_s" in decisions(world.actions)[-1].text


def test_its_age_counts_from_the_last_hedge() -> None:
    world = world_with(age_ms_max=10 * MINUTE)
    world.buy_spot(D("0.5"))
    world.wait(5 * MINUTE)
    world.obey(world.buy_spot(D("0.6")))  # out of the band: traded to its edge
    assert world.position == D("-5.1")
    assert placed(world.wait(9 * MINUTE)) == []
    world.obey(world.wait(2 * MINUTE))
    assert world.spot + world.position == 0


def test_what_is_too_small_to_trade_is_left() -> None:
    world = world_with(age_ms_max=MINUTE)
    world.buy_spot(D("0.003"))
    found = world.wait(10 * MINUTE)
    assert placed(found) == []
    assert alerts(found) == [], "it is inside its band: nobody need worry"
    assert world.state.hedges["BTC"].said.verdict is Verdict.IN_BAND


@pytest.mark.parametrize("moved", ["1.021", "0.979"])
def test_a_move_of_the_price_brings_it_to_the_target(moved: str) -> None:
    world = world_with(move_max=0.02)
    world.buy_spot(D("-0.5"))
    world.mark = 50_000 * 1.019
    assert placed(world.wait(MINUTE)) == []
    world.mark = 50_000 * float(moved)
    (order,) = placed(world.wait(1_000))
    assert (order.side, order.qty, order.purpose) == (Side.BUY, D("0.500"), Purpose.MOVE)
    world.execute(order)
    world.buy_spot(D("-0.5"))
    assert placed(world.wait(MINUTE)) == [], "counted from the price of that hedge"


def test_slices_of_a_sweep_follow_each_other() -> None:
    order = OrderStyle(cooldown_ms=0, notional_max=10_000.0)
    world = world_with(age_ms_max=10 * MINUTE, order=order)
    world.buy_spot(D("0.5"))
    orders = world.obey(world.wait(10 * MINUTE + 1_000))
    assert [each.qty for each in orders[:2]] == [D("0.2"), D("0.2")]
    assert sum(each.qty for each in orders) == D("0.5")


def test_after_a_sweep_the_band_decides_again() -> None:
    world = world_with(age_ms_max=10 * MINUTE)
    world.buy_spot(D("0.5"))
    world.obey(world.wait(11 * MINUTE))
    assert world.spot + world.position == 0
    found = world.buy_spot(D("0.4")) + world.wait(5 * MINUTE)
    assert placed(found) == []


def test_a_sweep_keeps_to_what_the_trading_state_allows() -> None:
    world = world_with(age_ms_max=10 * MINUTE)
    world.buy_spot(D("0.5"))
    world.tell(Command(command_id="c", kind=CommandKind.REDUCE_ONLY, by="test"))
    found = world.wait(20 * MINUTE)
    assert placed(found) == [], "it would open"
    assert alerts(found) == [], "and inside the band nobody need worry"
    (order,) = placed(world.buy_spot(D("-0.9")))
    assert (order.side, order.qty, order.reduce_only) == (Side.BUY, D("0.400"), True)


def test_a_sweep_waits_out_the_cool_down_without_an_alert() -> None:
    world = world_with(age_ms_max=10 * MINUTE, order=OrderStyle(cooldown_ms=30 * MINUTE))
    world.obey(world.buy_spot(D("1.5")))
    found = world.wait(25 * MINUTE)
    assert placed(found) == []
    assert alerts(found) == []
    (order,) = placed(world.wait(6 * MINUTE))
    assert order.qty == D("1.000")


def test_an_age_survives_a_restart() -> None:
    world = world_with(age_ms_max=10 * MINUTE)
    world.obey(world.buy_spot(D("1.5")))
    (kept,) = [row for row in rows(FillKept, world.actions) if row.fill.order_id is not None]
    policy = policy_with(band=WIDE, age_ms_max=10 * MINUTE)
    later = world.now + 9 * MINUTE
    again = World(policy, durable=Durable(epoch=2, hedged=(kept,)), now=later)
    again.start(spot=world.spot, position=world.position)
    assert placed(again.actions) == []
    (order,) = placed(again.wait(2 * MINUTE))
    assert order.purpose is Purpose.AGE


def test_of_several_units_the_price_of_a_coin_counts() -> None:
    bundle = replace(BTC, coins_per_unit=D(1_000))
    hedge = replace(POLICY.hedges[0], band=Band(-900.0, 900.0, BandUnit.COIN), move_max=0.02)
    world = World(replace(POLICY, hedges=(hedge,)), instruments=(bundle,), mark=50_000.0)
    world.start(spot=D(5_000), position=D(-5))
    world.buy_spot(D(500))
    assert placed(world.wait(MINUTE)) == []
    world.mark = 51_100.0
    (order,) = placed(world.wait(1_000))
    assert order.qty == D("0.500")


def test_a_sweep_that_is_refused_backs_off_and_somebody_is_told() -> None:
    world = world_with(age_ms_max=10 * MINUTE)
    world.buy_spot(D("0.5"))
    tries, found = [], world.wait(10 * MINUTE + 1_000)
    for _ in range(200):
        tries += placed(found)
        found = [
            action
            for order in placed(found)
            for action in world.tell(Refused(order.order_id, Refusal.THROTTLED, "429", "slow"))
        ] + world.wait(500)
    assert 7 <= len(tries) <= 16, "0.2 s doubling to 5 s, then one in ten seconds"
    assert "refused:BTC" in world.state.wakes.alerts
    world.obey((placed(found) and found) or world.wait(11_000))
    assert world.spot + world.position == 0
    assert "refused:BTC" not in world.state.wakes.alerts
