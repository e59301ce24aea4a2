"""Invariant 9: commands are always accepted and remembered, and executed when safe."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import report
from hedgebot.domain.actions import Alert, Cancel, LookUp, Severity
from hedgebot.domain.events import (
    CommandKind,
    NotSent,
    NotSentReason,
    OrderSeen,
    OutcomeUnknown,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import OrderStatus, Purpose
from hedgebot.domain.records import ControlKept, TradingState, Verdict
from tests.core.commands import ask, hedged
from tests.core.two import ALT, two_policy, two_world
from tests.core.world import (
    PERP,
    PERP_WALLET,
    POLICY,
    SPOT_WALLET,
    World,
    alerts,
    decisions,
    only,
    placed,
    rows,
)

# -- states --------------------------------------------------------------------------------------


def test_pause_stops_orders_and_resume_starts_them() -> None:
    world = hedged()
    answer, found = ask(world, CommandKind.PAUSE, reason="audit")
    assert (answer.accepted, answer.text) == (True, "the book is halted")
    (row,) = rows(ControlKept, found)
    assert (row.asset, row.state, row.by, row.reason) == (None, TradingState.HALTED, "ann", "audit")
    (told,) = alerts(found)
    assert (told.severity, told.text) == (
        Severity.WARNING, "the book is halted, asked by ann: audit",
    )  # fmt: skip

    assert placed(world.buy_spot(D(1)) + world.wait(120_000)) == []
    answer, found = ask(world, CommandKind.RESUME)
    assert answer.text == "the book is active"
    assert [o.qty for o in placed(found)] == [D(1)]
    (row,) = rows(ControlKept, found)
    assert (row.asset, row.state) == (None, TradingState.ACTIVE)


def test_without_a_reason_the_alerts_name_who_asked() -> None:
    world = hedged()
    _, found = ask(world, CommandKind.PAUSE)
    assert [alert.text for alert in alerts(found)] == ["the book is halted, asked by ann"]
    _, found = ask(world, CommandKind.RESUME)
    assert [alert.text for alert in alerts(found)] == [
        "the book is active, was halted: asked by ann"
    ]


def test_the_decision_says_halted_and_why() -> None:
    world = hedged()
    _, found = ask(world, CommandKind.PAUSE, reason="audit")

    assert [(d.verdict, d.reason) for d in decisions(found)] == [(Verdict.HALTED, "audit")]


def test_a_pause_without_a_reason_names_who_asked() -> None:
    world = hedged()
    _, found = ask(world, CommandKind.PAUSE)

    assert [d.reason for d in decisions(found)] == ["asked by ann"]


def test_a_paused_book_is_told_as_not_hedged_only_where_it_is_not() -> None:
    world = hedged()
    ask(world, CommandKind.PAUSE)
    assert only(Alert, world.wait(120_000)) == []
    world.buy_spot(D(1))
    (told,) = [a for a in alerts(world.wait(60_000)) if a.key == "naked:BTC"]

    assert told.severity is Severity.CRITICAL
    assert "net delta +1 BTC" in told.text


def test_look_ups_and_cancels_go_on_while_halted() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(OutcomeUnknown(order.order_id, "reset", world.now + 3_000))
    ask(world, CommandKind.PAUSE)
    assert only(LookUp, world.wait(1_000))
    works = world.report(order, OrderStatus.WORKING, D(0))
    found = world.looked_up(order, works)
    for _ in range(40):
        more = world.wait(500)
        found += more
        if only(LookUp, more):
            found += world.looked_up(order, works)

    assert only(Cancel, found)


def test_reduce_only_shrinks_towards_the_target_and_opens_nothing() -> None:
    world = hedged()
    ask(world, CommandKind.REDUCE_ONLY)
    assert placed(world.buy_spot(D(1)) + world.wait(5_000)) == []
    assert world.state.hedges["BTC"].said.reason == "reducing only: no position to shrink"

    orders = world.obey(world.buy_spot(D("-1.5")))
    assert [(o.side, o.qty, o.reduce_only) for o in orders] == [(Side.BUY, D("0.5"), True)]


def test_reduce_only_stops_at_zero() -> None:
    world = hedged()
    ask(world, CommandKind.REDUCE_ONLY)
    orders = world.obey(world.buy_spot(D(-3)))

    assert [(o.qty, o.purpose) for o in orders] == [(D(1), Purpose.CLOSE_FIRST)]
    assert world.position == 0
    assert placed(world.wait(10_000)) == []


def test_flatten_closes_the_position_and_stays_flat_until_resume() -> None:
    world = hedged()
    answer, found = ask(world, CommandKind.FLATTEN, reason="leaving")
    assert answer.text == "the book is flattening"
    orders = world.obey(found)
    assert [(o.side, o.qty, o.reduce_only, o.purpose) for o in orders] == [
        (Side.BUY, D(1), True, Purpose.FLATTEN)
    ]
    last = decisions(world.actions)[-1]
    assert (last.verdict, last.reason) == (Verdict.FLAT, "flattening: no position is left")
    assert last.text == "BTC: flattening: no position is left; net delta +1 BTC"
    filled = [line.text for line in decisions(world.actions) if line.reason == "filled"][-1]
    assert "; because flattening was asked for; " in filled

    assert placed(world.buy_spot(D(1)) + world.wait(120_000)) == []
    answer, found = ask(world, CommandKind.RESUME)
    assert [(o.side, o.qty) for o in placed(found)] == [(Side.SELL, D(2))]


def test_pending_balances_do_not_hold_a_flatten() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(5))
    world.balance(PERP_WALLET, D(-2))
    _, found = ask(world, CommandKind.FLATTEN)

    assert [o.qty for o in placed(found)] == [D(1)]


def test_flatten_is_held_by_what_is_not_settled_only() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    _, found = ask(world, CommandKind.FLATTEN)
    assert placed(found) == []
    found = world.tell(NotSent(order.order_id, NotSentReason.WITHDRAWN))
    assert placed(found) == []
    world.move(PERP, D(-1))  # somebody sold, and its fill is late

    assert placed(world.wait(900)) == []
    assert [(o.side, o.qty) for o in placed(world.wait(3_000))] == [(Side.BUY, D(1))]


def test_a_cool_down_does_not_hold_a_flatten() -> None:
    slow = replace(POLICY.hedges[0], order=replace(POLICY.hedges[0].order, cooldown_ms=60_000))
    world = World(policy=replace(POLICY, hedges=(slow,))).start()
    world.obey(world.buy_spot(D(1)))
    assert placed(world.buy_spot(D(1)) + world.wait(5_000)) == []
    _, found = ask(world, CommandKind.FLATTEN)

    assert [o.qty for o in placed(found)] == [D(1)]


def test_flatten_needs_only_the_venues_it_trades_at() -> None:
    world = hedged()
    world.state.venues["spot"].synced = False
    _, found = ask(world, CommandKind.FLATTEN)

    assert [o.qty for o in placed(found)] == [D(1)]


def test_flatten_closes_every_instrument_one_after_the_other() -> None:
    world = two_world()
    world.positions[ALT] = D("0.4")
    world.start(D(1), D("-1.4"))
    _, found = ask(world, CommandKind.FLATTEN)
    orders = world.obey(found)

    assert [(o.instrument, o.side, o.qty) for o in orders] == [
        (PERP, Side.BUY, D("1.4")), (ALT, Side.SELL, D("0.4")),
    ]  # fmt: skip


def test_dust_on_one_instrument_does_not_keep_the_other_open() -> None:
    perp, alt = two_world().instruments
    world = World(policy=two_policy(), instruments=(replace(perp, lots_min=5), alt))
    world.positions[ALT] = D("0.4")
    world.start(D("-0.398"), D("-0.002"))
    _, found = ask(world, CommandKind.FLATTEN)

    assert [(o.instrument, o.qty) for o in world.obey(found)] == [(ALT, D("0.4"))]


# -- scopes, expiry, strictness --------------------------------------------------------------------


def test_the_strictest_hold_counts() -> None:
    world = hedged()
    ask(world, CommandKind.PAUSE, asset="BTC")
    ask(world, CommandKind.REDUCE_ONLY)
    world.buy_spot(D("-0.5"))
    assert placed(world.wait(2_000)) == []
    answer, found = ask(world, CommandKind.RESUME, asset="BTC")

    assert answer.text == "BTC is active; the book stays reducing"
    assert [o.qty for o in placed(found)] == [D("0.5")]


def test_a_hold_of_one_hedge_is_kept_under_its_name() -> None:
    world = hedged()
    answer, found = ask(world, CommandKind.PAUSE, asset="BTC")

    assert answer.text == "BTC is halted"
    assert [row.asset for row in rows(ControlKept, found)] == ["BTC"]


def test_a_hold_with_an_end_ends_by_itself() -> None:
    world = hedged()
    until_ms = world.now + 60_000
    _, found = ask(world, CommandKind.PAUSE, expires_ms=until_ms)
    assert [each.text for each in alerts(found)] == ["the book is halted for 1m, asked by ann"]
    assert f"'trading_state_until_ms': {until_ms}" in str(
        report.status(world.state, world.policy, world.now)
    )
    world.buy_spot(D(1))
    assert placed(world.wait(until_ms - 100 - world.now)) == []
    found = world.wait(400)

    assert [o.qty for o in placed(found)] == [D(1)]
    (row,) = rows(ControlKept, found)
    assert (row.state, row.by) == (TradingState.ACTIVE, "hedgebot")
    assert any("halted has expired" in alert.text for alert in alerts(found))


def test_a_longer_hold_replaces_a_shorter_one() -> None:
    world = hedged()
    ask(world, CommandKind.PAUSE, expires_ms=world.now + 10_000)
    ask(world, CommandKind.PAUSE, expires_ms=world.now + 60_000)
    world.buy_spot(D(1))

    assert placed(world.wait(59_000)) == []
    assert len(placed(world.wait(2_000))) == 1


def test_resuming_what_was_not_held_is_fine() -> None:
    world = hedged()
    answer, found = ask(world, CommandKind.RESUME)

    assert answer.accepted
    assert alerts(found) == []


def test_a_command_for_no_hedge_is_refused_by_name() -> None:
    answer, found = ask(hedged(), CommandKind.FLATTEN, asset="DOGE")

    assert (answer.accepted, answer.text) == (False, "no hedge of DOGE; there are: BTC")
    assert rows(ControlKept, found) == []


@pytest.mark.parametrize("kind", [CommandKind.PAUSE, CommandKind.REDUCE_ONLY, CommandKind.FLATTEN])
def test_a_command_waits_for_the_order_that_is_out(kind: CommandKind) -> None:
    """Accepted and remembered at once, executed when it is safe."""
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(OrderSeen(world.report(order, OrderStatus.WORKING, D(0))))
    answer, found = ask(world, kind)
    assert answer.accepted
    assert placed(found) == []
    found = world.execute(order)

    wanted = [(Side.BUY, D(1))] if kind is CommandKind.FLATTEN else []
    assert [(o.side, o.qty) for o in placed(found)] == wanted
