"""Limit windows: new with each minute and day, counted again by a start."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import limits
from hedgebot.core.start import state_at_start
from hedgebot.core.state import Desk
from hedgebot.domain.actions import Place
from hedgebot.domain.events import NotSent, NotSentReason
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import CounterKept, Durable, IntentKept, Opening
from tests.core.memory import restarted
from tests.core.world import BTC, POLICY, World, only, rows

DAY = 86_400_000 * 19_000
"""Midnight UTC of some day."""
SPENT = D("49899.6")
"""Of the order that a world sends after one coin was bought."""


def opening_order() -> tuple[World, OrderIntent]:
    """A world that sold one coin, and the order."""
    world = World().start()
    world.buy_spot(D(1))
    (row,) = rows(IntentKept, world.actions)
    return world, row.intent


INTENT = replace(opening_order()[1], decided_ms=DAY)


def opening_at(at_ms: int) -> Opening:
    return Opening(replace(INTENT, decided_ms=at_ms), INTENT.qty)


def used(desk: Desk, now: int) -> D:
    return limits.used(desk, limits.notional_name("BTC"), length_ms=limits.DAY_MS, now=now)


def sent(desk: Desk, now: int) -> D:
    return limits.used(desk, limits.orders_name("BTC"), length_ms=limits.MINUTE_MS, now=now)


@pytest.fixture
def desk() -> Desk:
    return state_at_start(POLICY, (BTC,), Durable(epoch=1), now=0).desk


def charge(desk: Desk, now: int, value: str) -> None:
    limits.charge(desk, replace(INTENT, decided_ms=now), D(value))


def test_nothing_was_used_at_first(desk: Desk) -> None:
    assert used(desk, DAY) == sent(desk, DAY) == 0


def test_charges_add_up_within_a_window_and_start_again_with_the_next(desk: Desk) -> None:
    charge(desk, DAY, "5")
    charge(desk, DAY + limits.DAY_MS - 1, "2.5")
    assert used(desk, DAY) == used(desk, DAY + limits.DAY_MS - 1) == D("7.5")
    assert used(desk, DAY + limits.DAY_MS) == 0
    charge(desk, DAY + limits.DAY_MS, "1")

    assert used(desk, DAY + limits.DAY_MS) == 1


def test_orders_are_counted_by_the_minute(desk: Desk) -> None:
    for at_ms in (DAY, DAY + 59_999):
        charge(desk, at_ms, "1")
    assert sent(desk, DAY + 59_999) == 2
    assert sent(desk, DAY + 60_000) == 0


def test_a_charge_is_no_row_the_intent_is() -> None:
    world, _ = opening_order()

    assert used(world.state.desk, world.now) == SPENT
    assert rows(CounterKept, world.actions) == []


def test_a_restart_does_not_reset_a_window() -> None:
    world, intent = opening_order()
    again = restarted(world, after_ms=1_000).state.desk

    assert used(again, world.now) == used(world.state.desk, world.now) == SPENT
    assert sent(again, intent.decided_ms) == 1


@pytest.mark.parametrize("filled", ["0", "0.4", "1"])
def test_an_order_that_is_over_counts_by_what_it_filled_also_after_a_restart(filled: str) -> None:
    world, intent = opening_order()
    world.execute(intent, D(filled))
    world.state.hedges["BTC"].pace.not_before_ms = world.now  # what it orders next is not counted
    again = restarted(world, after_ms=1_000).state.desk
    counted = intent.price * D(filled)
    counted += sum(o.intent.price * o.intent.qty for o in world.state.desk.orders.values())

    assert used(world.state.desk, world.now) == counted
    assert used(again, world.now) == counted
    assert sent(world.state.desk, world.now) == 1 + len(world.state.desk.orders)


def test_an_order_that_never_left_does_not_count() -> None:
    world, intent = opening_order()
    world.tell(NotSent(intent.order_id, NotSentReason.JOURNAL))

    assert used(world.state.desk, world.now) == sent(world.state.desk, world.now) == 0


def test_what_is_given_back_after_midnight_is_yesterdays(desk: Desk) -> None:
    charge(desk, DAY - 1, "5")
    charge(desk, DAY, "2")
    limits.settle(desk, replace(INTENT, decided_ms=DAY - 1), D(5), sent=False)

    assert used(desk, DAY) == 2
    assert sent(desk, DAY) == 1


def test_what_only_shrinks_gives_nothing_back(desk: Desk) -> None:
    charge(desk, DAY, "5")
    limits.settle(desk, replace(INTENT, reduce_only=True), D(5), sent=False)

    assert used(desk, DAY) == 5
    assert sent(desk, DAY) == 1


def test_a_start_counts_orders_in_the_order_of_their_time() -> None:
    opening = [opening_at(DAY + ms) for ms in (60_000, 0, 60_001, 5)]
    durable = Durable(epoch=2, opening=tuple(opening))
    desk = state_at_start(POLICY, (BTC,), durable, now=DAY + 60_002).desk

    assert used(desk, DAY + 60_002) == 4 * SPENT
    assert sent(desk, DAY + 60_002) == 2


def test_orders_on_an_instrument_that_the_settings_name_no_more_still_count() -> None:
    intent = replace(INTENT, instrument=InstrumentId("perp:BTC/USDC:USDC"))
    gone = Opening(intent, intent.qty)
    desk = state_at_start(POLICY, (BTC,), Durable(epoch=2, opening=(gone,)), now=DAY).desk

    assert used(desk, DAY) == SPENT


def test_an_order_of_yesterday_does_not_count_today() -> None:
    durable = Durable(epoch=2, opening=(opening_at(DAY - 1),))
    desk = state_at_start(POLICY, (BTC,), durable, now=DAY).desk

    assert used(desk, DAY) == sent(desk, DAY) == 0


def test_shrinking_orders_are_not_charged() -> None:
    world = World().start(D(1), D(-1))
    world.buy_spot(D("-0.5"))
    again = restarted(world, after_ms=1_000).state.desk

    assert [place.order.intent.reduce_only for place in only(Place, world.actions)] == [True]
    assert world.state.desk.windows == again.windows == {}
