"""Invariant 9: commands are always accepted and remembered, and executed when safe."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core.policy import OutsideHolding, VenuePolicy
from hedgebot.domain.actions import Action, Alert, Answer, Cancel, LookUp, Severity, Snapshot
from hedgebot.domain.events import (
    Command,
    CommandKind,
    JournalBack,
    JournalFailed,
    ModeName,
    ModeSeen,
    NotSent,
    NotSentReason,
    OrderSeen,
    OutcomeUnknown,
    Scope,
    Submitted,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import OrderStatus, Purpose
from hedgebot.domain.records import ControlKept, HoldingKept, TradingState, Verdict
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


def ask(
    world: World,
    kind: CommandKind,
    *,
    asset: str | None = None,
    reason: str = "",
    expires_ms: int | None = None,
) -> tuple[Answer, list[Action]]:
    found = world.tell(
        Command(
            command_id="c7", kind=kind, asset=asset, by="ann", reason=reason, expires_ms=expires_ms
        )
    )
    (answer,) = only(Answer, found)
    assert answer.command_id == "c7"
    return answer, found


def state(world: World) -> Verdict | None:
    return world.state.hedges["BTC"].said.verdict


def hedged() -> World:
    return World().start(D(1), D(-1))


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
    assert (last.verdict, last.reason) == (Verdict.IN_BAND, "flat")

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
    ask(world, CommandKind.PAUSE, expires_ms=world.now + 60_000)
    world.buy_spot(D(1))
    assert placed(world.wait(59_900)) == []
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


# -- a failing journal -----------------------------------------------------------------------------


def test_a_failing_journal_halts_and_its_recovery_releases() -> None:
    world = hedged()
    found = world.tell(JournalFailed("database or disk is full"))
    (told,) = alerts(found)
    assert told.severity is Severity.CRITICAL
    assert "the journal is failing: database or disk is full" in told.text
    assert placed(world.buy_spot(D(1)) + world.wait(5_000)) == []
    again = world.tell(JournalFailed("database or disk is full"))
    assert alerts(again) == []

    found = world.tell(JournalBack()) + world.wait(300)
    assert [o.qty for o in placed(found)] == [D(1)]
    assert [alert.recovered for alert in alerts(found)] == [True]


@pytest.mark.parametrize("kind", [CommandKind.PAUSE, CommandKind.REDUCE_ONLY, CommandKind.FLATTEN])
def test_restricting_commands_act_from_memory_while_the_journal_fails(kind: CommandKind) -> None:
    world = hedged()
    world.tell(JournalFailed("locked"))
    answer, _ = ask(world, kind)
    assert answer.accepted
    assert "accepted, not durable" in answer.text

    found = world.tell(JournalBack())  # now it becomes durable
    assert [row.state for row in rows(ControlKept, found)] == [
        world.state.control.operator[""].state
    ]


def test_resume_is_refused_while_the_journal_fails() -> None:
    world = hedged()
    ask(world, CommandKind.PAUSE)
    world.tell(JournalFailed("locked"))
    answer, found = ask(world, CommandKind.RESUME)

    assert not answer.accepted
    assert "the journal is failing" in answer.text
    assert rows(ControlKept, found) == []
    world.tell(JournalBack())
    assert placed(world.buy_spot(D(1)) + world.wait(3_000)) == []  # still paused


def test_cancels_need_no_journal() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    works = world.report(order, OrderStatus.WORKING, D(0))
    world.tell(Submitted(order.order_id, works))
    world.tell(JournalFailed("locked"))
    found = list[Action]()
    for _ in range(40):
        more = world.wait(500)
        found += more
        if only(LookUp, more):
            found += world.looked_up(order, works)

    assert only(Cancel, found)


# -- modes -----------------------------------------------------------------------------------------

SETTLED = VenuePolicy(
    name="perp", account="main", wallets=(PERP_WALLET,), collateral=True, leverage=3
)


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        (ModeName.POSITION_MODE, "hedge", "one-way"),
        (ModeName.ASSETS_MODE, "multi", "single"),
        (ModeName.MARGIN_MODE, "isolated", "cross"),
        (ModeName.LEVERAGE, "20", "3"),
    ],
)
def test_a_mode_changed_under_us_halts_and_leaves_by_itself(
    name: ModeName, wrong: str, right: str
) -> None:
    of = PERP if name in {ModeName.MARGIN_MODE, ModeName.LEVERAGE} else None
    world = World(policy=replace(POLICY, venues=(POLICY.venues[0], SETTLED))).start(D(1), D(-1))
    found = world.tell(ModeSeen("perp", name, wrong, of))
    (told,) = alerts(found)
    assert told.severity is Severity.CRITICAL
    assert f"is {wrong}, the settings want {right}" in told.text
    assert placed(world.buy_spot(D(1)) + world.wait(5_000)) == []
    answer, _ = ask(world, CommandKind.RESUME)
    assert f"is {wrong}" in answer.text  # a person cannot wish a fault away
    assert placed(world.wait(2_000)) == []

    found = world.tell(ModeSeen("perp", name, right, of)) + world.wait(300)
    assert [o.qty for o in placed(found)] == [D(1)]
    assert [alert.recovered for alert in alerts(found)] == [True]


def test_while_a_mode_is_wrong_audits_read_the_modes() -> None:
    """Binance does not stream the position mode: the audit must see it put right."""
    world = hedged()
    world.tell(ModeSeen("perp", ModeName.POSITION_MODE, "hedge"))
    asked = [ask.scope for ask in only(Snapshot, world.wait(70_000)) if ask.venue == "perp"]
    assert set(asked) == {Scope.FULL}

    right = (ModeSeen("perp", ModeName.POSITION_MODE, "one-way"),)
    found = world.tell(world.snapshot_of("perp", scope=Scope.FULL, modes=right))
    assert [alert.recovered for alert in alerts(found)] == [True]
    asked = [ask.scope for ask in only(Snapshot, world.wait(70_000)) if ask.venue == "perp"]
    assert set(asked) == {Scope.AUDIT}


@pytest.mark.parametrize(
    "mode",
    [
        ModeSeen("perp", ModeName.LEVERAGE, "20", ALT),
        ModeSeen("perp", ModeName.MARGIN_MODE, "isolated", ALT),
        ModeSeen("perp", ModeName.LEVERAGE, "20", PERP),  # the settings name none
    ],
)
def test_modes_that_the_settings_do_not_name_are_not_our_business(mode: ModeSeen) -> None:
    world = hedged()

    assert alerts(world.tell(mode)) == []
    assert len(placed(world.buy_spot(D(1)))) == 1


# -- holdings --------------------------------------------------------------------------------------


def kept_elsewhere() -> World:
    policy = replace(
        POLICY,
        holdings=(
            OutsideHolding("BTC", "cold storage", D("0.5")),
            OutsideHolding("SOL", "x", D(1)),
        ),
    )
    return World(policy=policy).start(D("0.5"), D(-1))


def holdings_set(world: World, label: str, qty: D | None) -> tuple[Answer, list[Action]]:
    found = world.tell(
        Command(command_id="c8", kind=CommandKind.HOLDINGS_SET, by="ann", label=label, qty=qty)
    )
    (answer,) = only(Answer, found)
    return answer, found


def test_holdings_set_is_kept_answered_and_hedged_at_once() -> None:
    world = kept_elsewhere()
    answer, found = holdings_set(world, "cold storage", D("2.5"))

    assert (answer.accepted, answer.text) == (True, "cold storage: 0.5 -> 2.5 BTC")
    assert rows(HoldingKept, found) == [
        HoldingKept(world.now, "cold storage", D("2.5"), D("0.5"), "ann")
    ]
    assert [(o.side, o.qty) for o in placed(found)] == [(Side.SELL, D(2))]
    told = alerts(world.execute(placed(found)[0]))
    assert any("holdings set cold storage: 0.5 -> 2.5 BTC" in alert.text for alert in told)


def test_holdings_of_an_asset_without_a_hedge_can_be_set() -> None:
    answer, found = holdings_set(kept_elsewhere(), "x", D(3))

    assert answer.accepted
    assert len(rows(HoldingKept, found)) == 1


@pytest.mark.parametrize(
    ("label", "qty"),
    [("warm storage", D(1)), ("cold storage", None), ("cold storage", D("NaN")),
     ("cold storage", D("Infinity"))],
)  # fmt: skip
def test_holdings_that_make_no_sense_are_refused_by_name(label: str, qty: D | None) -> None:
    world = kept_elsewhere()
    answer, found = holdings_set(world, label, qty)

    assert not answer.accepted
    assert "cold storage" in answer.text
    assert rows(HoldingKept, found) == []
    assert world.state.hedges["BTC"].outlook.parts.outside == D("0.5")


def test_a_state_is_remembered_by_its_verdict() -> None:
    world = hedged()
    assert state(world) is Verdict.IN_BAND
    ask(world, CommandKind.PAUSE)
    assert state(world) is Verdict.HALTED
    ask(world, CommandKind.RESUME)
    assert state(world) is Verdict.IN_BAND
