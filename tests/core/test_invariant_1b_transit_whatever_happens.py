"""Invariant 1b: no order because of a recorded withdrawal, as long as it is held."""

from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebot.domain.actions import Action
from hedgebot.domain.events import Command, CommandKind
from tests.core.transits import (
    FAILED,
    RIPE_MS,
    becomes,
    hedged,
    holding,
    in_transit,
    record,
    restarted,
)
from tests.core.world import SPOT_WALLET, World, placed

HOLD_MS = 600_000
PACES = st.integers(min_value=0, max_value=12_000)
QTYS = st.sampled_from(["0.5", "1", "2.5", "3"])
FATES = st.sampled_from(["held", "fails", "arrives", "killed before", "killed after"])


def killed(world: World) -> World:
    """kill -9 and the next start; what was done before is remembered."""
    again = restarted(world)
    again.actions = list(world.actions)
    return again.start()


def cold(world: World, rise: D) -> None:
    held = sum((h.qty for h in world.policy.holdings), D(0))
    qty = world.state.ledger.outside.get("cold", held) + rise
    wish = CommandKind.HOLDINGS_SET
    world.tell(Command(command_id="c", kind=wish, label="cold", qty=qty, by="ann"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(QTYS, PACES, PACES, FATES), min_size=1, max_size=3))
def test_no_order_is_ever_sent_because_of_a_recorded_withdrawal_while_it_is_held(
    withdrawals: list[tuple[str, int, int, str]],
) -> None:
    world = hedged(holding(HOLD_MS))
    total = D(0)
    for qty, late_ms, pause_ms, fate in withdrawals:
        applied_ms = world.now // 1_000 * 1_000
        world.balance(SPOT_WALLET, -D(qty))
        world.wait(late_ms)
        name = record(world, qty, applied_ms=applied_ms)
        if fate == "killed before":
            world = killed(world)
        world.wait(pause_ms)
        total += D(qty)
        if fate == "fails":
            world.wait(RIPE_MS)
            becomes(world, name, FAILED)
            world.balance(SPOT_WALLET, D(qty))
            world.wait(RIPE_MS)  # nobody can tell two withdrawals of one size apart meanwhile
        elif fate == "arrives":
            cold(world, D(qty))
        elif fate == "killed after":
            world = killed(world)
        total -= D(qty) if fate in {"fails", "arrives"} else D(0)
    world.wait(30_000)
    assert placed(world.actions) == []
    assert in_transit(world) == total
    assert ended(world) == total
    assert in_transit(world) == 0


def ended(world: World) -> D:
    """Let every hold end; what was bought then."""
    orders, found = [], list[Action]()
    for _ in range(20):
        orders += world.obey(found)
        found = world.wait(HOLD_MS // 16)
    orders += world.obey(found)
    return sum((order.qty * order.side.value for order in orders), D(0))
