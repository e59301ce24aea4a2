"""Invariant 1's exception: while one instrument is unknown, another trades what is right at both
ends of what the first may have become.
"""

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebot.core.failover import FAILOVER_MS
from hedgebot.core.judge import judge
from hedgebot.core.policy import OrderStyle
from hedgebot.domain.actions import Action, Severity
from hedgebot.domain.events import (
    Channel,
    Command,
    CommandKind,
    FeedBack,
    FeedLost,
    FillSeen,
    LookedUp,
    OrderSeen,
    OutcomeUnknown,
    Tick,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Cause, Fill, OrderIntent, OrderStatus, Purpose
from tests.core.two import ALT, two_world
from tests.core.world import PERP, PERP_WALLET, World, alerts, placed

BAND = D("0.02")


def unknown_on_perp(coins: D = D(3)) -> tuple[World, OrderIntent]:
    """So many coins, and the order that hedges them has no answer."""
    world = two_world().start(spot=coins)
    (intent,) = placed(world.actions)
    assert (intent.instrument, intent.qty) == (PERP, coins)
    silence(world, intent)
    world.actions.clear()
    return world, intent


def silence(world: World, intent: OrderIntent) -> None:
    world.tell(OutcomeUnknown(intent.order_id, "reset", world.now + 3_000))


def dark_perp(coins: D = D(3)) -> World:
    """Hedged on the first venue, whose account stream is then lost."""
    world = two_world().start(spot=coins, position=-coins)
    assert placed(world.actions) == []
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "reset"))
    return world


def later(world: World, ms: int = FAILOVER_MS + 1_000) -> list[OrderIntent]:
    """What is ordered within that time; nothing of it is executed."""
    return placed(world.wait(ms))


def known_as(world: World, intent: OrderIntent, filled: D) -> list[Action]:
    """The unknown order turns out to have filled so much."""
    end = OrderStatus.FILLED if filled == intent.qty else OrderStatus.EXPIRED
    found = world.tell(OrderSeen(world.report(intent, end, filled)))
    if filled:
        found += world.tell(FillSeen(world.fill_of(intent, filled)))
        found += world.move(intent.instrument, filled * intent.side.value)
    return found


def test_an_unknown_outcome_leaves_the_other_instrument_what_is_right_either_way() -> None:
    world, _ = unknown_on_perp(D(3))
    world.buy_spot(D(2))
    (order,) = later(world)
    assert (order.instrument, order.side.name, order.qty) == (ALT, "SELL", D(2))
    assert order.purpose is Purpose.FAILOVER


def test_it_waits_a_while_first() -> None:
    world = two_world().start(spot=D(3))
    (first,) = placed(world.actions)
    world.buy_spot(D(2))
    later(world, FAILOVER_MS)
    silence(world, first)
    world.actions.clear()
    later(world, FAILOVER_MS - 500)
    assert placed(world.actions) == []


def test_its_slices_follow_each_other() -> None:
    world = two_world(order=OrderStyle(cooldown_ms=0, notional_max=20_000.0)).start()
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "reset"))
    world.buy_spot(D(2))
    first = later(world)

    assert [(order.instrument, order.qty) for order in first] == [(ALT, D("0.4"))]
    assert [order.qty for order in world.obey(world.execute(first[0]))] == [D("0.4")] * 4


def test_through_zero_it_closes_first_and_says_failover() -> None:
    world, _ = unknown_on_perp(D(3))
    world.move(ALT, D(1))
    world.tell(FillSeen(foreign_fill(world, D(1))))
    world.buy_spot(D(2))
    (order,) = later(world)
    assert (order.instrument, order.qty, order.purpose) == (ALT, D(1), Purpose.FAILOVER)
    assert order.reduce_only


def foreign_fill(world: World, qty: D) -> Fill:
    """Somebody bought so much at the other venue."""
    world.trades += 1
    return Fill(
        instrument=ALT, trade_id=f"f{world.trades}", venue_order_id="f1", client_order_id="web",
        order_id=None, side=Side.BUY, qty=qty, price=D(50_000), fee=D(0), fee_asset="USDT",
        cause=Cause.FOREIGN, legs=(), venue_ms=world.now,
    )  # fmt: skip


def test_where_one_end_is_hedged_nothing_is_traded() -> None:
    world, _ = unknown_on_perp(D(3))
    assert later(world, 60_000) == []


def test_it_had_filled() -> None:
    world, first = unknown_on_perp(D(3))
    world.buy_spot(D(2))
    (second,) = later(world)
    world.execute(second)
    known_as(world, first, D(3))
    assert later(world, 20_000) == []
    assert world.positions == {PERP: D(-3), ALT: D(-2)}


def test_it_had_not() -> None:
    world, first = unknown_on_perp(D(3))
    world.buy_spot(D(2))
    (second,) = later(world)
    world.execute(second)
    for _ in range(2):
        world.wait(2_000)
        world.tell(LookedUp(first.order_id, None, (), world.now))
    (third,) = later(world)
    assert (third.instrument, third.qty) == (PERP, D(3))


def test_an_order_that_works_on_one_instrument_holds_the_other() -> None:
    world, first = unknown_on_perp(D(3))
    world.buy_spot(D(2))
    world.tell(OrderSeen(world.report(first, OrderStatus.WORKING, D(0))))
    later(world, 9_000)
    assert placed(world.actions) == []
    found = judge(world.state, world.policy, world.state.hedges["BTC"], world.now)
    assert found.reason == "one order outstanding: working"  # the review alone would stop it too


def test_the_second_unknown_holds_everything() -> None:
    world, _ = unknown_on_perp(D(3))
    world.buy_spot(D(2))
    (second,) = later(world)
    silence(world, second)
    assert later(world, 60_000) == []


def test_one_order_at_a_time_elsewhere() -> None:
    world, _ = unknown_on_perp(D(3))
    world.buy_spot(D(2))
    assert len(later(world)) == 1
    world.buy_spot(D(1))
    assert later(world, 9_000) == []


def test_a_dark_venue_s_position_may_be_gone_or_not() -> None:
    world = dark_perp(D(3))
    world.buy_spot(D(2))
    (order,) = later(world)
    assert (order.instrument, order.side.name, order.qty) == (ALT, "SELL", D(2))


def test_what_is_right_only_if_it_is_still_there_is_not_traded_and_is_told() -> None:
    world = dark_perp(D(3))
    world.buy_spot(D(-2))
    found = world.wait(40_000)
    assert placed(found) == []
    assert [a for a in alerts(found) if a.severity is Severity.CRITICAL and a.key == "naked:BTC"]


def test_an_order_that_works_at_a_dark_venue_is_unknown() -> None:
    world = two_world().start(spot=D(3))
    (first,) = placed(world.actions)
    world.tell(OrderSeen(world.report(first, OrderStatus.WORKING, D(1))))
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "reset"))
    world.buy_spot(D(2))
    (order,) = later(world)
    assert (order.instrument, order.qty) == (ALT, D(2))


def test_coins_in_a_wallet_of_a_dark_venue_may_be_gone() -> None:
    world = two_world()
    world.coins[PERP_WALLET] = D(1)
    world.start(spot=D(2), position=D(-3))
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "reset"))
    world.buy_spot(D(2))
    (order,) = later(world)
    assert (order.instrument, order.qty) == (ALT, D(1))


def test_a_venue_that_was_never_read_holds_everything() -> None:
    world = two_world()
    world.spot = D(3)
    world.tell(Tick())
    for venue in ("spot", "alt"):
        for channel in Channel:
            world.tell(FeedBack(venue, channel, 1))
    world.answer()
    assert later(world, 30_000) == []
    for channel in Channel:
        world.tell(FeedBack("perp", channel, 1))
    assert [order.instrument for order in later(world, 2_000)] == [PERP]


def test_a_venue_where_only_coins_are_has_no_stand_in() -> None:
    world = two_world().start(spot=D(3), position=D(-3))
    world.tell(FeedLost("spot", Channel.ACCOUNT, 1, "reset"))
    world.move(PERP, D(1))
    assert later(world, 40_000) == []


def test_a_flatten_closes_what_it_can_reach() -> None:
    world = two_world()
    world.positions[ALT] = D(-1)
    world.start(spot=D(3), position=D(-2))
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "reset"))
    world.tell(Command(command_id="1", kind=CommandKind.FLATTEN, by="me"))
    (order,) = later(world)
    assert (order.instrument, order.side.name, order.qty) == (ALT, "BUY", D(1))
    world.execute(order)
    assert later(world, 20_000) == []


@pytest.mark.parametrize("aim", [0.0, 0.5, 1.0])
@settings(deadline=None, max_examples=60)
@given(
    coins=st.integers(100, 4_000),
    more=st.integers(-5_000, 4_000),
    filled=st.integers(0, 4_000),
)
def test_however_it_ended_nothing_crosses_the_target_and_the_end_is_in_the_band(
    aim: float, coins: int, more: int, filled: int
) -> None:
    world = two_world(rebalance_to=aim).start(spot=D(coins) / 1_000)
    (first,) = placed(world.actions)
    silence(world, first)
    world.actions.clear()
    world.buy_spot(D(more) / 1_000)
    truth = min(first.qty, D(filled) / 1_000)
    for order in later(world):
        before = world.spot - truth
        world.execute(order)
        after = world.spot - truth + world.positions.get(ALT, D(0))
        assert before * after >= 0
        assert abs(after) < abs(before)
    world.obey(known_as(world, first, truth))
    world.obey(world.wait(20_000))  # after a thin fill the next order waits
    assert abs(world.spot + sum(world.positions.values())) <= BAND
