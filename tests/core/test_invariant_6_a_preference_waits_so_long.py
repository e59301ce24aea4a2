"""Invariant 6: which instrument is preferred is waited for, and not for ever."""

from decimal import Decimal as D

import pytest

from hedgebot.core.account import REREAD_MS
from hedgebot.core.failover import FAILOVER_MS
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Channel, FeedAlive, FeedBack, Tick
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.records import Verdict
from tests.core.two import ALT, two_world
from tests.core.world import PERP, World, decisions, placed

STEP_MS = 250


def up(*, coins: D = D(3), position: D = D(0)) -> World:
    """Every feed is up and every venue read; no price has come yet."""
    world = two_world()
    world.spot = coins
    world.positions[ALT] = position
    world.tell(Tick())
    for venue in world.state.venues:
        for channel in Channel:
            world.tell(FeedBack(venue, channel, 1))
    world.answer()
    return world


def passes(world: World, ms: int, *priced: InstrumentId) -> list[Action]:
    """Time, in which everything is alive and these instruments have prices."""
    found: list[Action] = []
    for _ in range(ms // STEP_MS):
        world.now += STEP_MS
        for venue in world.state.venues:
            for channel in Channel:
                found += world.tell(FeedAlive(venue, channel, 1))
        for instrument in priced:
            found += world.price(world.mark, instrument)
        found += world.tell(Tick()) + world.answer()
    return found


@pytest.mark.parametrize("late_ms", [REREAD_MS + STEP_MS, 3_000, FAILOVER_MS - 2 * STEP_MS])
def test_at_a_start_a_price_that_comes_a_moment_later_does_not_choose(late_ms: int) -> None:
    world = up()
    assert placed(passes(world, late_ms, ALT)) == []
    found = passes(world, STEP_MS, PERP, ALT)

    assert [(o.instrument, o.qty) for o in placed(found)] == [(PERP, D(3))]


def test_after_a_while_the_next_one_stands_in() -> None:
    """The gate has a timer: prices that do not come hold nothing for ever."""
    world = up()
    found = passes(world, 1_000, ALT)
    out_ms = world.state.hedges["BTC"].out_ms
    assert out_ms is not None
    found += passes(world, FAILOVER_MS + 1_000, ALT)

    (order,) = placed(found)
    assert (order.instrument, order.qty) == (ALT, D(3))
    assert out_ms + FAILOVER_MS <= order.decided_ms <= out_ms + FAILOVER_MS + 2 * STEP_MS
    waits = [line.reason for line in decisions(found) if line.verdict is Verdict.WAIT]
    assert f"no mark of {PERP} yet" in waits, "it says what it waits for"


def test_slices_on_the_next_one_follow_each_other() -> None:
    world = up(coins=D(200))
    found = passes(world, REREAD_MS + FAILOVER_MS + 1_000, ALT)
    (first,) = placed(found)
    following = placed(world.execute(first))

    assert [order.instrument for order in following] == [ALT]
    assert following[0].decided_ms == world.now
