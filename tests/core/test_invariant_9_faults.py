"""Invariant 9, faults: a failing journal and changed modes halt, and leave by themselves."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core.policy import OutsideHolding, VenuePolicy
from hedgebot.domain.actions import Action, Answer, Cancel, LookUp, Severity, Snapshot
from hedgebot.domain.events import (
    Command,
    CommandKind,
    JournalBack,
    JournalFailed,
    ModeName,
    ModeSeen,
    Scope,
    Submitted,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import OrderStatus
from hedgebot.domain.records import ControlKept, HoldingKept, Verdict
from tests.core.commands import ask, hedged, state
from tests.core.two import ALT
from tests.core.world import (
    PERP,
    PERP_WALLET,
    POLICY,
    World,
    alerts,
    only,
    placed,
    rows,
)

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
    answer, found = ask(world, kind)
    assert answer.accepted
    assert "accepted, not durable" not in answer.text  # the shell says it, which commits
    assert ["accepted, not durable" in alert.text for alert in alerts(found)] == [True]

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


def test_the_position_mode_that_the_settings_mean_is_the_right_one() -> None:
    two_sided = replace(SETTLED, position_mode="hedge")
    world = World(policy=replace(POLICY, venues=(POLICY.venues[0], two_sided))).start(D(1), D(-1))
    assert alerts(world.tell(ModeSeen("perp", ModeName.POSITION_MODE, "hedge"))) == []
    (told,) = alerts(world.tell(ModeSeen("perp", ModeName.POSITION_MODE, "one-way")))
    assert "is one-way, the settings want hedge" in told.text
    assert placed(world.buy_spot(D(1)) + world.wait(5_000)) == []


def test_both_sides_of_an_inverse_position_halt_until_one_is_closed() -> None:
    two_sided = replace(SETTLED, position_mode="hedge")
    world = World(policy=replace(POLICY, venues=(POLICY.venues[0], two_sided))).start(D(1), D(-1))
    both = "hedge with both sides open"
    (told,) = alerts(world.tell(ModeSeen("perp", ModeName.POSITION_MODE, both, PERP)))
    assert f"position_mode of {PERP} is {both}" in told.text
    assert placed(world.buy_spot(D(1)) + world.wait(5_000)) == []
    found = world.tell(ModeSeen("perp", ModeName.POSITION_MODE, "hedge", PERP)) + world.wait(300)
    assert [o.qty for o in placed(found)] == [D(1)]


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
