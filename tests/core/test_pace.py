"""Refusals, thin fills, caps, cool-downs: when a hedge that is out of band may try again."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core.aftermath import BARRED_MS
from hedgebot.core.policy import Limits, OrderStyle, Policy
from hedgebot.domain.actions import Action, Alert, LookUp, Severity, Snapshot
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Command,
    CommandKind,
    NotSent,
    NotSentReason,
    OrderSeen,
    Refused,
    Submitted,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import OrderIntent, OrderStatus, Refusal
from tests.core.world import (
    PERP_WALLET,
    POLICY,
    World,
    alerts,
    only,
    placed,
    policy_with,
)

AGAIN = [Refusal.THROTTLED, Refusal.CLOCK, Refusal.REDUCE_ONLY, Refusal.PRICE_MOVED]


def out_of_band(policy: Policy = POLICY) -> tuple[World, OrderIntent]:
    world = World(policy=policy).start()
    (order,) = placed(world.buy_spot(D(1)))
    return world, order


def refuse(
    world: World, order: OrderIntent, refusal: Refusal = Refusal.THROTTLED, *, after_ms: int = 0
) -> list[Action]:
    return world.tell(Refused(order.order_id, refusal, "-1008", "overloaded", after_ms))


def next_order(world: World, within_ms: int) -> tuple[OrderIntent, int]:
    """The next order, and how long it took."""
    began = world.now
    while world.now - began < within_ms:
        found = placed(world.wait(10))
        if found:
            return found[0], world.now - began
    raise AssertionError(f"no order within {within_ms} ms")


def key(found: list[Action], name: str) -> list[Alert]:
    return [alert for alert in alerts(found) if alert.key == name]


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", AGAIN)
def test_a_refused_order_is_tried_again_after_200_ms_doubling_to_5_s(refusal: Refusal) -> None:
    world, order = out_of_band()
    waits, ids = [], {order.order_id}
    for _ in range(5):
        refuse(world, order, refusal)
        order, waited = next_order(world, 6_000)
        waits.append(waited)
        ids.add(order.order_id)

    assert [wait // 10 * 10 for wait in waits] == [200, 400, 800, 1_600, 3_200]
    assert len(ids) == 6  # each a new decision with a new name


def test_five_in_a_row_and_then_a_critical_alert_with_the_naked_amount() -> None:
    world, order = out_of_band()
    for _ in range(5):
        assert key(refuse(world, order), "refused:BTC") == []
        order, _ = next_order(world, 6_000)
    (told,) = key(refuse(world, order), "refused:BTC")
    assert told.severity is Severity.CRITICAL
    assert "-1008 overloaded" in told.text
    assert "net delta +1 BTC" in told.text

    order, waited = next_order(world, 11_000)  # from now on slowly: no gate latches shut
    assert waited >= 10_000
    assert key(refuse(world, order), "refused:BTC") == []  # said once
    order, waited = next_order(world, 11_000)
    assert waited >= 10_000
    (over,) = key(world.execute(order), "refused:BTC")
    assert over.recovered


def test_an_order_that_is_taken_ends_the_row() -> None:
    world, order = out_of_band()
    for _ in range(4):
        refuse(world, order)
        order, _ = next_order(world, 6_000)
    world.execute(order)
    (order,) = placed(world.buy_spot(D(1)))
    refuse(world, order)

    assert next_order(world, 1_000)[1] < 300


def test_the_venues_own_retry_after_is_kept() -> None:
    world, order = out_of_band()
    refuse(world, order, after_ms=30_000)

    assert placed(world.wait(29_900)) == []
    assert len(placed(world.wait(400))) == 1


def test_a_refused_reduce_only_asks_for_a_snapshot() -> None:
    world, order = out_of_band()
    found = refuse(world, order, Refusal.REDUCE_ONLY) + world.wait(1_000)

    assert "perp" in {ask.venue for ask in only(Snapshot, found)}


@pytest.mark.parametrize("reason", list(NotSentReason))
def test_what_was_not_sent_is_tried_again_at_the_pace_of_refusals(reason: NotSentReason) -> None:
    world, order = out_of_band()
    world.tell(NotSent(order.order_id, reason))
    order, waited = next_order(world, 1_000)
    assert 200 <= waited < 300
    world.tell(NotSent(order.order_id, reason))

    assert 400 <= next_order(world, 1_000)[1] < 500


def test_an_order_reported_as_rejected_is_a_refusal_too() -> None:
    """Some refusals come as the state of an order: no tighter loop than the others."""
    world, order = out_of_band()
    waits = []
    for _ in range(6):
        report = replace(
            world.report(order, OrderStatus.REJECTED, D(0)), reject_reason="INSUFFICIENT_MARGIN"
        )
        found = world.tell(Submitted(order.order_id, report))
        assert placed(found) == []
        order, waited = next_order(world, 11_000)
        waits.append(waited // 10 * 10)

    assert waits == [200, 400, 800, 1_600, 3_200, 10_000]
    assert len(key(world.actions, "refused:BTC")) == 1


def test_a_refusal_of_credentials_halts_the_book_loudly() -> None:
    world, order = out_of_band()
    found = refuse(world, order, Refusal.FATAL) + world.wait(60_000)

    assert placed(found) == []
    told = [alert for alert in alerts(found) if alert.severity is Severity.CRITICAL]
    assert "HALTED until `hedgebot resume`" in told[0].text
    found = world.tell(Command(command_id="c", kind=CommandKind.RESUME, by="ann"))
    assert len(placed(found + world.wait(15_000))) == 1


class TestNotAgainWithUnchangedInput:
    """Filter errors."""

    def test_the_same_order_is_not_sent_again(self) -> None:
        world, order = out_of_band()
        (told,) = key(refuse(world, order, Refusal.FILTER), "refused:BTC")
        assert told.severity is Severity.CRITICAL
        assert "net delta +1 BTC" in told.text

        assert placed(world.wait(BARRED_MS - 1_000)) == []

    def test_a_deposit_lets_it_be_tried_again(self) -> None:
        world, order = out_of_band()
        refuse(world, order, Refusal.FILTER)
        assert placed(world.wait(5_000)) == []
        found = world.tell(BalanceSeen(Balance(PERP_WALLET, "USDT", D(100_000), world.now)))

        assert [o.qty for o in placed(found + world.wait(300))] == [D(1)]

    def test_so_does_a_change_of_the_position(self) -> None:
        world, order = out_of_band()
        refuse(world, order, Refusal.FILTER)
        world.wait(5_000)

        assert [o.qty for o in placed(world.tell_position())] == [D(1)]

    def test_the_gate_has_a_timer(self) -> None:
        world, order = out_of_band()
        refuse(world, order, Refusal.FILTER)
        order, waited = next_order(world, 70_000)

        assert BARRED_MS <= waited < BARRED_MS + 1_000
        assert order.qty == D(1)


@pytest.mark.parametrize("refusal", [Refusal.FILTER, Refusal.THROTTLED])
def test_an_alert_about_refusals_is_over_once_the_hedge_is_back_in_band(refusal: Refusal) -> None:
    """Else the next row of them would be the same alert, and nobody told."""
    world, order = out_of_band()
    for _ in range(6):
        refuse(world, order, refusal)
        if key(world.actions, "refused:BTC"):
            break
        order, _ = next_order(world, 6_000)
    found = world.buy_spot(D(-1))
    assert [alert.recovered for alert in key(found, "refused:BTC")] == [True]
    world.wait(BARRED_MS + 5_000)

    (order,) = placed(world.buy_spot(D(1)))
    refuse(world, order, refusal)
    assert len(key(world.wait(0), "refused:BTC")) == 0
    if refusal is Refusal.FILTER:
        assert len([a for a in key(world.actions, "refused:BTC") if not a.recovered]) == 2
    else:
        assert next_order(world, 1_000)[1] < 300  # a new row


# -- thin fills ------------------------------------------------------------------------------------


def thin(world: World, order: OrderIntent) -> list[Action]:
    return world.execute(order, D("0.05"))


def test_three_iocs_filled_under_a_tenth_double_the_slippage_with_an_alert() -> None:
    world, order = out_of_band()
    prices = [order.price]
    for n in range(3):
        found = thin(world, order)
        told = key(found, "slippage:BTC")
        assert len(told) == (n == 2)
        order, waited = next_order(world, 1_000)
        assert 500 <= waited < 600
        prices.append(order.price)

    assert prices == [D("49899.6"), D("49899.6"), D("49899.6"), D("49799.6")]
    assert "0.20% -> 0.40%" in told[0].text
    assert told[0].severity is Severity.WARNING


def test_at_the_urgent_slippage_one_slice_every_ten_seconds() -> None:
    world, order = out_of_band()
    for _ in range(6):
        thin(world, order)
        order, waited = next_order(world, 11_000)
    assert order.price == D("49699.6")  # 0.6 %
    assert waited >= 10_000
    thin(world, order)

    assert 10_000 <= next_order(world, 11_000)[1] < 10_100


def test_one_good_fill_ends_it() -> None:
    world, order = out_of_band()
    for _ in range(4):
        thin(world, order)
        order, _ = next_order(world, 11_000)
    assert order.price == D("49799.6")
    found = world.execute(order, D("0.4"))

    assert [o.price for o in placed(found)] == [D("49899.6")]


def test_a_tenth_is_not_thin() -> None:
    world, order = out_of_band()
    found = world.execute(order, D("0.1"))

    assert [o.qty for o in placed(found)] == [D("0.9")]


def test_an_order_that_filled_nothing_is_thin() -> None:
    world, order = out_of_band()
    world.execute(order, D(0))

    assert 500 <= next_order(world, 1_000)[1] < 600


# -- caps ------------------------------------------------------------------------------------------


def capped(limits: Limits) -> World:
    style = OrderStyle(notional_max=50_000.0, cooldown_ms=0)
    return World(policy=replace(policy_with(order=style), limits=limits)).start()


def caps(found: list[Action]) -> list[Alert]:
    return key(found, "cap:BTC")


def test_orders_a_minute_are_capped_with_a_critical_alert_of_the_naked_amount() -> None:
    world = capped(Limits(orders_per_minute=3))
    orders = world.obey(world.buy_spot(D(10)))

    assert len(orders) == 3
    (told,) = caps(world.actions)
    assert told.severity is Severity.CRITICAL
    assert "orders_per_minute is reached" in told.text
    assert "net delta +7 BTC" in told.text
    found = world.wait(60_000)
    assert len(placed(found)) == 1  # the next minute
    assert [alert.recovered for alert in caps(found)] == [True]


def test_a_cap_is_over_once_the_hedge_is_back_in_band() -> None:
    world = capped(Limits(orders_per_minute=1))
    world.obey(world.buy_spot(D(2)))
    assert len(caps(world.actions)) == 1

    assert [alert.recovered for alert in caps(world.buy_spot(D(-1)))] == [True]


def test_notional_a_day_is_capped() -> None:
    world = capped(Limits(notional_day=120_000.0))
    orders = world.obey(world.buy_spot(D(10)))
    assert len(orders) == 2
    (told,) = caps(world.actions)
    assert "notional_day is reached" in told.text
    assert placed(world.wait(600_000)) == []

    world.now += 86_400_000
    assert len(placed(world.wait(2_000))) == 1


@pytest.mark.parametrize("limits", [Limits(orders_per_minute=3), Limits(notional_day=150_001.0)])
def test_shrinking_orders_are_exempt(limits: Limits) -> None:
    world = capped(limits)
    assert len(world.obey(world.buy_spot(D(3)))) == 3
    orders = world.obey(world.buy_spot(D(-3)))

    assert [(o.side, o.reduce_only) for o in orders] == [(Side.BUY, True)] * 3
    assert world.position == 0
    assert caps(world.actions) == []


# -- cool-down -------------------------------------------------------------------------------------


def test_the_cool_down_runs_from_back_in_band_and_not_between_slices() -> None:
    style = OrderStyle(notional_max=25_000.0, cooldown_ms=5_000)
    world = World(policy=policy_with(order=style)).start()
    orders = world.obey(world.buy_spot(D(1)))
    assert len(orders) == 2  # at once
    back = world.now
    assert placed(world.buy_spot(D(1))) == []
    order, _ = next_order(world, 6_000)

    assert 5_000 <= order.decided_ms - back <= 5_300


def test_no_cool_down_before_anything_was_traded() -> None:
    world = World(policy=policy_with(order=OrderStyle(cooldown_ms=60_000))).start()
    world.wait(1_000)

    assert len(placed(world.buy_spot(D(1)))) == 1


def test_an_early_report_of_a_fresh_order_does_not_change_the_pace() -> None:
    world, order = out_of_band()
    world.tell(OrderSeen(world.report(order, OrderStatus.WORKING, D(0))))
    found = refuse(world, order)

    assert placed(found) == []
    assert only(LookUp, found + world.wait(10))  # it arrived and was refused: ask
