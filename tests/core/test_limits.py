"""Counters of limit windows: durable, and new with each window."""

from decimal import Decimal as D

import pytest

from hedgebot.core import limits
from hedgebot.core.effects import Effects
from hedgebot.core.start import state_at_start
from hedgebot.domain.actions import Keep
from hedgebot.domain.records import CounterKept, Durable
from tests.core.world import BTC, POLICY, World, rows

DAY = 86_400_000 * 19_000
"""Midnight UTC of some day."""


def charge(now: int, value: str, fx: Effects | None = None) -> Effects:
    fx = fx or Effects(state_at_start(POLICY, (BTC,), Durable(epoch=1), now=0), now)
    fx.now = now
    limits.charge(DESK, "n", D(value), length_ms=limits.DAY_MS, fx=fx)
    return fx


DESK = state_at_start(POLICY, (BTC,), Durable(epoch=1), now=0).desk


def used(now: int) -> D:
    return limits.used(DESK, "n", length_ms=limits.DAY_MS, now=now)


@pytest.fixture(autouse=True)
def _empty() -> None:
    DESK.windows.clear()


def test_nothing_was_used_at_first() -> None:
    assert used(DAY) == 0


def test_charges_add_up_within_a_window_and_start_again_with_the_next() -> None:
    charge(DAY, "5")
    charge(DAY + limits.DAY_MS - 1, "2.5")
    assert used(DAY) == used(DAY + limits.DAY_MS - 1) == D("7.5")
    assert used(DAY + limits.DAY_MS) == 0
    charge(DAY + limits.DAY_MS, "1")

    assert used(DAY + limits.DAY_MS) == 1


def test_each_charge_is_a_row_of_its_window() -> None:
    fx = charge(DAY + 5, "5")
    charge(DAY + 9, "2", fx)

    assert [k.record for k in fx.actions if isinstance(k, Keep)] == [
        CounterKept("n", DAY, D(5)),
        CounterKept("n", DAY, D(7)),
    ]


def test_a_restart_does_not_reset_a_window() -> None:
    world = World().start()
    world.buy_spot(D(1))
    kept = tuple({row.name: row for row in rows(CounterKept, world.actions)}.values())
    again = state_at_start(POLICY, (BTC,), Durable(epoch=2, counters=kept), now=world.now)
    name = limits.notional_name("BTC")
    spent = limits.used(again.desk, name, length_ms=limits.DAY_MS, now=world.now)

    assert spent == D("49899.6")
    assert limits.used(
        again.desk, limits.orders_name("BTC"), length_ms=limits.MINUTE_MS, now=world.now
    ) == D(1)


def test_shrinking_orders_are_not_charged() -> None:
    world = World().start(D(1), D(-1))
    world.buy_spot(D("-0.5"))

    assert rows(CounterKept, world.actions) == []
