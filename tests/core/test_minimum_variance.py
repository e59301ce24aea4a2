"""`ratio = "minimum-variance"`: learnt by the hour, and used when it is known."""

import random
from collections.abc import Callable
from decimal import Decimal as D

import pytest

from hedgebot.core import min_variance, ratios
from hedgebot.core.learnt import Variance
from hedgebot.core.policy import Band, BandUnit
from hedgebot.domain.events import MarkSeen
from hedgebot.domain.records import Durable, LearntKept
from tests.core.world import PERP, World, decisions, placed, policy_with, rows

HOUR = 3_600_000
WIDE = Band(-0.02, 0.02, BandUnit.COIN)
Return = Callable[[random.Random], tuple[float, float]]


def world_with(durable: Durable | None = None, now: int = 1_700_000_000_000) -> World:
    policy = policy_with(ratio=D(1), variance_days=30.0, band=WIDE)
    world = World(policy, durable=durable or Durable(epoch=1), now=now)
    return world.start(spot=D(5), position=D(-5))


def half(rng: random.Random) -> tuple[float, float]:
    """The mark moves twice as much as the index."""
    move = rng.gauss(0.0, 0.005)
    return move + rng.gauss(0.0, 0.0001), 2.0 * move


def noisy(rng: random.Random) -> tuple[float, float]:
    """The same, less exactly."""
    move = rng.gauss(0.0, 0.005)
    return move + rng.gauss(0.0, 0.0012), 2.0 * move


def same(rng: random.Random) -> tuple[float, float]:
    move = rng.gauss(0.0, 0.005)
    return move + rng.gauss(0.0, 0.0003), move + rng.gauss(0.0, 0.0003)


def loose(rng: random.Random) -> tuple[float, float]:
    """Hardly a hedge at all."""
    move = rng.gauss(0.0, 0.001)
    return move + rng.gauss(0.0, 0.01), move + rng.gauss(0.0, 0.001)


def hours(world: World, count: int, returns: Return, *, gap_ms: int = HOUR) -> list[object]:
    """So many hours pass; the returns of index and mark are drawn, and the basis never runs off."""
    rng, found = random.Random(count), list[object]()
    for _ in range(count):
        spot, hedge = returns(rng)
        world.now += gap_ms - 1_000
        world.alive()
        room = world.state.ledger.learnt["BTC"].variance
        room.index = room.index and world.mark / (1.0 + spot)
        room.mark = room.mark and world.mark / (1.0 + hedge)
        world.now += 1_000
        world.tell(MarkSeen(PERP, world.mark, world.mark, world.now))
        found += world.obey(world.wait(1_000))
    return found


def ratio(world: World) -> D | None:
    return world.state.hedges["BTC"].policy.ratio


def test_it_is_one_until_it_is_known() -> None:
    world = world_with()
    hours(world, 100, half)
    assert ratio(world) == 1, "a hundred hours are less than a week"


def test_a_ratio_that_is_known_is_used() -> None:
    world = world_with()
    orders = hours(world, 240, half)
    found = ratio(world)
    assert found is not None
    assert float(found) == pytest.approx(0.5, abs=0.005)
    assert orders, "the hedge follows its target"
    assert world.position == pytest.approx(-5 * found, abs=D("0.02"))
    (said,) = [line for line in decisions(world.actions) if line.reason == "another ratio"]
    assert "minimum variance at 0.5" in said.text
    assert "hours; it takes away 99" in said.text


def test_what_is_one_but_for_chance_stays_one() -> None:
    world = world_with()
    assert hours(world, 240, same) == []
    assert ratio(world) == 1


def test_what_is_not_known_well_enough_is_not_used() -> None:
    world = world_with()
    assert hours(world, 240, loose) == []
    room = world.state.ledger.learnt["BTC"].variance
    assert min_variance.ratio_error(room.moments) > ratios.ERROR_MAX
    assert ratio(world) == 1


def test_another_ratio_within_its_error_trades_nothing() -> None:
    world = world_with()
    hours(world, 240, noisy)
    before, known = ratio(world), ratios.wanted(world.state.ledger.learnt["BTC"].variance)
    assert before is not None
    assert before < D("0.6")
    orders = hours(world, 49, noisy)
    now = ratios.wanted(world.state.ledger.learnt["BTC"].variance)
    assert now != known, "it is another one"
    assert (ratio(world), orders) == (before, [])


def test_hours_that_were_not_seen_whole_are_left_out() -> None:
    world = world_with()
    hours(world, 20, half, gap_ms=3 * HOUR)
    room = world.state.ledger.learnt["BTC"].variance
    assert min_variance.pairs(room.moments) == 0


def test_it_survives_a_restart() -> None:
    world = world_with()
    hours(world, 240, half)
    kept = rows(LearntKept, world.actions)[-1]
    again = world_with(Durable(epoch=2, learnt=(kept,)), now=world.now + 60_000)
    assert ratio(again) == ratio(world)
    moments = again.state.ledger.learnt["BTC"].variance.moments
    assert min_variance.pairs(moments) == pytest.approx(240, rel=0.1)


def test_a_row_is_nothing_to_a_hedge_whose_ratio_is_told() -> None:
    world = world_with()
    hours(world, 240, half)
    kept = rows(LearntKept, world.actions)[-1]
    told = World(policy_with(ratio=D(1)), durable=Durable(epoch=2, learnt=(kept,)))
    assert ratio(told) == 1


def test_a_ratio_keeps_to_its_bounds() -> None:
    wild = min_variance.Moments(1e4, 1e4, 0.0, 0.0, 9.0001, 1.0, 3.0)
    assert ratios.wanted(Variance(wild)) == D("1.5")
    assert ratios.wanted(Variance(min_variance.Moments(1e4, 1e4, 0.0, 0.0, 1.0, 1.0, -1.0))) == 0


def test_what_another_ratio_does_is_no_flow() -> None:
    world = world_with()
    world.state.ledger.learnt["BTC"].untouched.noted = D("0.7")
    ratios.take(world.state, world.state.hedges["BTC"], D("0.9"))
    assert world.state.ledger.learnt["BTC"].untouched.noted == D("0.2")
    assert placed(world.wait(1_000))
