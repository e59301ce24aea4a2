"""Invariant 3: no order crosses the target, and a full fill ends inside the band."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebot.core.policy import Band, BandUnit, OrderStyle, Policy
from hedgebot.domain.actions import Severity
from hedgebot.domain.instruments import Instrument, Side
from hedgebot.domain.orders import Purpose
from hedgebot.domain.records import Verdict
from tests.core.world import BTC, HEDGE, POLICY, World, alerts, decisions, placed

BIG = OrderStyle(notional_max=1e12, cooldown_ms=0)


class Book(NamedTuple):
    """A book out of its band, perhaps."""

    spot: D
    position: D
    ratio: D
    lower: float
    upper: float
    unit: BandUnit
    aim: float
    mark: float
    notional_max: float
    lots_min: int

    def policy(self) -> Policy:
        hedge = replace(
            HEDGE,
            ratio=self.ratio,
            band=Band(self.lower, self.upper, self.unit),
            rebalance_to=self.aim,
            order=replace(BIG, notional_max=self.notional_max),
        )
        return replace(POLICY, hedges=(hedge,))

    def world(self) -> World:
        instrument = replace(BTC, lots_min=self.lots_min)
        world = World(policy=self.policy(), instruments=(instrument,), mark=self.mark)
        return world.start(self.spot, self.position)

    def band(self, world: World) -> tuple[D, D, D]:
        """(lower, target, upper) of the last decision."""
        last = decisions(world.actions)[-1]
        return last.band_lower, last.target, last.band_upper


COINS = st.decimals(D(-5), D(20), places=6)
LOTS = st.integers(-20_000, 20_000).map(lambda lots: lots * D("0.001"))
BOOKS = st.builds(
    Book,
    spot=COINS,
    position=LOTS,
    ratio=st.sampled_from([D(0), D("0.5"), D(1), D("1.25"), D("0.333")]),
    lower=st.floats(-2.0, 0.0),
    upper=st.floats(0.0, 2.0),
    unit=st.sampled_from([BandUnit.COIN, BandUnit.PERCENT]),
    aim=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    mark=st.floats(200.0, 200_000.0),
    notional_max=st.sampled_from([1e12, 250_000.0]),
    lots_min=st.sampled_from([1, 1, 5]),
)
HAIR = D("1e-9")
"""Less than a millionth of a lot: what floats may differ by."""


@settings(max_examples=150, deadline=None)
@given(BOOKS)
def test_no_order_crosses_the_target_or_exceeds_the_position(book: Book) -> None:
    world = book.world()
    for order in placed(world.actions):
        change = order.qty * order.side.value
        _, target, _ = book.band(world)
        before = book.spot + book.position - target
        after = before + change
        assert before * change < 0
        assert after * before >= -HAIR * abs(before)
        shrinks = book.position * change < 0
        assert order.reduce_only == shrinks
        if shrinks:
            assert abs(change) <= abs(book.position)


@settings(max_examples=150, deadline=None)
@given(BOOKS)
def test_full_fills_end_inside_the_band_and_then_there_is_rest(book: Book) -> None:
    world = book.world()
    orders = world.obey(world.actions)
    lower, target, upper = book.band(world)
    net = world.spot + world.position
    last = decisions(world.actions)[-1]

    assert last.verdict in (Verdict.IN_BAND, Verdict.TOO_SMALL)
    if abs(world.position) >= D("0.001") * book.lots_min:  # else a rest that no order can close
        assert lower - HAIR <= net <= upper + HAIR
    assert len({order.side for order in orders}) <= 1  # never to and fro
    assert lower <= target <= upper


@settings(max_examples=100, deadline=None)
@given(BOOKS)
def test_through_zero_closes_first(book: Book) -> None:
    world = book.world()
    position = book.position
    for order in world.obey(world.actions):
        after = position + order.qty * order.side.value
        assert position * after >= 0
        if order.purpose is Purpose.CLOSE_FIRST:
            assert after == 0 or order.lots * order.price * D("0.001") >= D(240_000)
        position = after


# -- examples ----------------------------------------------------------------------------------


def first_order(
    spot: str, position: str, *, aim: float = 0.0, instrument: Instrument = BTC, **changes: Any
) -> tuple[Side, D, bool, Purpose] | None:
    hedge = replace(HEDGE, rebalance_to=aim, order=BIG, **changes)
    world = World(policy=replace(POLICY, hedges=(hedge,)), instruments=(instrument,))
    orders = placed(world.start(D(spot), D(position)).actions)
    if not orders:
        return None
    return orders[0].side, orders[0].qty, orders[0].reduce_only, orders[0].purpose


def test_the_target_is_reached_from_the_near_side() -> None:
    assert first_order("1.0009", "0") == (Side.SELL, D(1), False, Purpose.REBALANCE)
    assert first_order("-1.0009", "0") == (Side.BUY, D(1), False, Purpose.REBALANCE)


def test_the_edge_is_reached_with_the_next_lot() -> None:
    assert first_order("1.0001", "0", aim=1.0) == (Side.SELL, D("0.981"), False, Purpose.REBALANCE)


def test_an_order_aimed_at_the_edge_ends_inside_though_floats_say_a_hair_past_it() -> None:
    """50 - 49.9 is 0.10000000000000142."""
    hedge = replace(HEDGE, rebalance_to=1.0, order=BIG, band=Band(-0.2, 0.1, BandUnit.COIN))
    world = World(policy=replace(POLICY, hedges=(hedge,)))
    world.start(D(50))
    world.obey(world.actions)

    assert world.spot + world.position == D("0.1")
    assert decisions(world.actions)[-1].verdict is Verdict.IN_BAND


def test_a_short_is_shrunk_by_reduce_only() -> None:
    assert first_order("1", "-1.5") == (Side.BUY, D("0.5"), True, Purpose.REBALANCE)


def test_through_zero_the_short_is_closed_and_the_rest_is_the_next_decision() -> None:
    assert first_order("-1", "-0.5") == (Side.BUY, D("0.5"), True, Purpose.CLOSE_FIRST)


def test_a_position_larger_than_needed_is_not_exceeded() -> None:
    assert first_order("0", "-0.5") == (Side.BUY, D("0.5"), True, Purpose.REBALANCE)


def test_an_opening_order_must_be_worth_the_minimum() -> None:
    """100 USDT at a limit of up to 2 % under 50,000: three lots of 0.001."""
    narrow = Band(0.0, 0.0, BandUnit.COIN)

    assert first_order("0.003", "0", band=narrow) is None
    assert first_order("0.0031", "0", band=narrow) == (
        Side.SELL, D("0.003"), False, Purpose.REBALANCE,
    )  # fmt: skip


def test_dust_is_closed_where_the_venue_exempts_it() -> None:
    """One lot of 0.001 is worth 50 USDT: under the minimum for opening."""
    dearer = replace(BTC, close_exempt_from_notional_min=False)

    assert first_order("-1", "-0.001") == (Side.BUY, D("0.001"), True, Purpose.CLOSE_FIRST)
    assert first_order("-1", "-0.001", instrument=dearer) is None


def test_closing_is_held_to_the_minimum_quantity() -> None:
    coarse = replace(BTC, lots_min=5)

    assert first_order("-1", "-0.004", instrument=coarse) is None
    assert first_order("-1", "-0.005", instrument=coarse) == (
        Side.BUY, D("0.005"), True, Purpose.CLOSE_FIRST,
    )  # fmt: skip


def test_too_small_to_trade_is_said_once_and_not_retried() -> None:
    """Outside the band as configured, inside the least width: 0.003 coins a side."""
    hedge = replace(HEDGE, band=Band(-0.001, 0.001, BandUnit.COIN))
    world = World(policy=replace(POLICY, hedges=(hedge,))).start(D("1.002"), D(-1))
    world.wait(120_000)
    for _ in range(50):
        world.price(50_000.0)

    assert placed(world.actions) == []
    assert [(d.verdict, d.reason) for d in decisions(world.actions)] == [
        (Verdict.TOO_SMALL, "outside the band by less than the smallest order")
    ]


def test_a_rest_that_no_order_can_close_is_told_to_a_person() -> None:
    """Out of the band, and the only order that is right is too small: no silence (invariant 6)."""
    dearer = replace(BTC, close_exempt_from_notional_min=False)
    world = World(instruments=(dearer,)).start(D(-1), D("-0.001"))
    found = world.wait(60_000)

    assert placed(world.actions) == []
    assert [d.verdict for d in decisions(world.actions)] == [Verdict.TOO_SMALL]
    (told,) = [a for a in alerts(found) if a.key == "naked:BTC"]
    assert told.severity is Severity.CRITICAL
    assert "net delta -1.001 BTC" in told.text


@pytest.mark.parametrize("side", [1, -1])
def test_a_slice_never_turns_around(side: int) -> None:
    hedge = replace(HEDGE, order=replace(BIG, notional_max=50_000.0))
    world = World(policy=replace(POLICY, hedges=(hedge,))).start(D(side) * D("3.3"))
    orders = world.obey(world.actions)

    assert {order.side.value for order in orders} == {-side}
    assert sum(order.qty for order in orders) == D("3.3")
