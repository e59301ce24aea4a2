"""Starting is recovering: states, alerts, restart loops, coins kept elsewhere."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import ids
from hedgebot.core.policy import OutsideHolding, Policy
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import (
    Command,
    CommandKind,
    Submitted,
    Tick,
)
from hedgebot.domain.orders import OrderId, OrderStatus
from hedgebot.domain.records import (
    AlertKept,
    ControlKept,
    Durable,
    Start,
    TradingState,
    Verdict,
)
from tests.core.memory import restarted
from tests.core.world import (
    POLICY,
    START_MS,
    World,
    alerts,
    placed,
    rows,
)

# -- durable control -------------------------------------------------------------------------------


def commanded(kind: CommandKind, expires_ms: int | None = None) -> World:
    old = World().start(D(1), D(-1))
    old.tell(Command(command_id="c", kind=kind, by="ann", reason="why", expires_ms=expires_ms))
    return old


@pytest.mark.parametrize("kind", [CommandKind.PAUSE, CommandKind.REDUCE_ONLY])
def test_an_operators_state_survives_a_restart(kind: CommandKind) -> None:
    world = restarted(commanded(kind)).start()
    hold = world.state.control.operator[""]

    assert (hold.by, hold.reason) == ("ann", "why")
    assert placed(world.buy_spot(D(1)) + world.wait(5_000)) == []


def test_a_resumed_book_starts_active() -> None:
    old = commanded(CommandKind.PAUSE)
    old.tell(Command(command_id="d", kind=CommandKind.RESUME, by="ann"))
    world = restarted(old).start()

    assert world.state.control.operator == {}
    assert len(placed(world.buy_spot(D(1)))) == 1


def test_a_state_whose_time_ran_out_while_no_daemon_ran_is_over() -> None:
    old = commanded(CommandKind.PAUSE, expires_ms=START_MS + 60_000)
    world = restarted(old, after_ms=120_000).start()

    assert world.state.control.operator == {}
    assert [row.state for row in rows(ControlKept, world.actions)] == [TradingState.ACTIVE]
    assert len(placed(world.buy_spot(D(1)))) == 1


def test_a_state_whose_time_runs_on_ends_in_time() -> None:
    old = commanded(CommandKind.PAUSE, expires_ms=START_MS + 60_000)
    world = restarted(old).start()
    world.buy_spot(D(1))

    assert placed(world.wait(START_MS + 59_900 - world.now)) == []
    assert len(placed(world.wait(500))) == 1


def test_an_alert_that_was_open_is_not_told_again_and_its_end_is() -> None:
    key = AlertKept(START_MS, "feed:spot:account", "warning", "silent", recovered=False)
    world = World(durable=Durable(epoch=2, alerts=(key,)))
    world.tell(Tick())
    assert [a for a in alerts(world.wait(15_000, alive=False)) if a.key == key.key] == []
    world.start()

    assert [a.recovered for a in alerts(world.actions) if a.key == key.key] == [True]


# -- restart loops ---------------------------------------------------------------------------------


def starts(*ended: tuple[int, str]) -> tuple[Start, ...]:
    """Seconds ago and error, newest first."""
    return tuple(
        Start(START_MS - 1_000 * ago, 9 - n, error) for n, (ago, error) in enumerate(ended)
    )


LOOP = starts((30, "KeyError: 'x'"), (60, "KeyError: 'x'"), (90, "KeyError: 'x'"))


def test_three_starts_in_five_minutes_with_the_same_error_halt_with_an_alert() -> None:
    world = World(durable=Durable(epoch=10, starts=LOOP)).start(D(1))

    assert placed(world.actions + world.wait(60_000)) == []
    assert world.state.hedges["BTC"].said.verdict is Verdict.HALTED
    told = [a for a in alerts(world.actions) if a.key.startswith("halt:")]
    assert [alert.severity for alert in told] == [Severity.CRITICAL]
    assert "three starts within five minutes ended with: KeyError: 'x'" in told[0].text
    assert [r.state for r in rows(ControlKept, world.actions)] == [TradingState.HALTED]


def test_a_person_resumes_it() -> None:
    world = World(durable=Durable(epoch=10, starts=LOOP)).start(D(1))
    found = world.tell(Command(command_id="c", kind=CommandKind.RESUME, by="ann"))

    assert len(placed(found + world.wait(300))) == 1


def test_even_with_the_very_first_event() -> None:
    world = World(durable=Durable(epoch=10, starts=LOOP))
    world.tell(Command(command_id="c", kind=CommandKind.RESUME, by="ann"))
    world.start(D(1))

    assert len(placed(world.actions)) == 1


@pytest.mark.parametrize(
    "ended",
    [
        starts((30, "a"), (60, "a")),
        starts((30, "a"), (60, "b"), (90, "a")),
        starts((30, ""), (60, ""), (90, "")),  # killed, not broken
        starts((30, "a"), (60, "a"), (301, "a")),
        (),
    ],
)
def test_anything_less_does_not(ended: tuple[Start, ...]) -> None:
    world = World(durable=Durable(epoch=10, starts=ended)).start(D(1))

    assert len(placed(world.actions)) == 1


# -- coins kept elsewhere --------------------------------------------------------------------------


def kept(qty: str) -> Policy:
    return replace(POLICY, holdings=(OutsideHolding("BTC", "cold", D(qty)),))


@pytest.mark.parametrize(
    ("file_qty", "wanted"),
    [
        ("1", "3"),  # the command stands
        ("2", "2"),  # the file's own value changed: it counts
    ],
)
def test_holdings_set_stands_until_the_files_own_value_changes(file_qty: str, wanted: str) -> None:
    old = World(policy=kept("1")).start()
    old.tell(
        Command(command_id="c", kind=CommandKind.HOLDINGS_SET, by="ann", label="cold", qty=D(3))
    )
    world = restarted(old, policy=kept(file_qty)).start()

    assert world.state.hedges["BTC"].outlook.parts.outside == D(wanted)


def test_ids_go_on_in_the_epoch_of_this_start() -> None:
    old = World().start()
    (order,) = placed(old.buy_spot(D(1)))
    old.tell(Submitted(order.order_id, old.report(order, OrderStatus.EXPIRED, D(0))))
    world = restarted(old).start()
    (new,) = placed(world.actions)

    assert ids.parts(new.order_id)[1:] == (2, 1)
    assert ids.is_ours(new.order_id, ids.deployment_id("test", "main"))
    assert OrderId(new.order_id) != order.order_id
