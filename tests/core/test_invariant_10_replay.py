"""Invariant 10: the same events give the same actions and the same state, everywhere."""

import hashlib
import os
import subprocess
import sys
from copy import deepcopy
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.core.digest import digest
from hedgebot.core.start import state_at_start
from hedgebot.core.state import State
from hedgebot.core.step import step
from hedgebot.domain.actions import Action
from hedgebot.domain.events import (
    Channel,
    Command,
    CommandKind,
    Event,
    FeedBack,
    FeedLost,
    FillSeen,
    JournalBack,
    JournalFailed,
    NotSent,
    NotSentReason,
    OutcomeUnknown,
    Refused,
    Stamped,
    StopAsked,
    Submitted,
)
from hedgebot.domain.orders import Cause, OrderStatus, Refusal
from hedgebot.domain.records import Durable
from tests.core.test_invariant_1_one_order_when_settled import foreign_fill
from tests.core.two import ALT, two_policy, two_world
from tests.core.world import PERP, PERP_WALLET, SPOT_WALLET, START_MS, World, lookups, placed

ROOT = Path(__file__).resolve().parents[2]


class Recorder(World):
    """A world that keeps every event with its actions."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tape: list[tuple[Stamped, list[Action]]] = []

    def tell(self, event: Event) -> list[Action]:
        found = super().tell(event)
        self.tape.append((Stamped(self.now, event), list(found)))
        return found


def busy() -> Recorder:
    """A day in a minute: trades, transfers, silence, refusals, drift, commands, a stop."""
    quiet = two_world()
    world = Recorder(policy=quiet.policy, instruments=quiet.instruments)
    world.start()
    (order,) = placed(world.buy_spot(D("1.5")))
    world.tell(Refused(order.order_id, Refusal.THROTTLED, "429", "slow down", 500))
    (order,) = placed(world.wait(600))
    world.tell(OutcomeUnknown(order.order_id, "timeout", world.now + 3_000))
    for _ in range(4):
        if lookups(world.wait(200)):
            report = world.report(order, OrderStatus.EXPIRED, D("0.5"))
            world.looked_up(order, report, world.fill_of(order, D("0.5")))
    world.obey(world.move(PERP, D("-0.5")))
    world.balance(SPOT_WALLET, D(-1))
    world.balance(PERP_WALLET, D(1))
    world.obey(world.wait(3_000))
    world.tell(FillSeen(foreign_fill(world, "0.25", Cause.ADL)))
    world.obey(world.move(PERP, D("0.25")))
    world.move(ALT, D("0.1"))
    world.obey(world.wait(5_000))
    world.tell(Command(command_id="c1", kind=CommandKind.REDUCE_ONLY, by="ann"))
    world.tell(FeedLost("perp", Channel.TOUCH, 1, "reset"))
    world.obey(world.buy_spot(D(-1)))
    world.tell(FeedBack("perp", Channel.TOUCH, 2))
    (order,) = placed(world.price(50_050.0))
    world.tell(JournalFailed("full"))
    world.tell(NotSent(order.order_id, NotSentReason.JOURNAL))
    world.tell(JournalBack())
    world.tell(Command(command_id="c2", kind=CommandKind.RESUME, by="ann"))
    (order,) = placed(world.wait(2_000))
    world.tell(NotSent(order.order_id, NotSentReason.LATE))
    found = world.tell(Command(command_id="c3", kind=CommandKind.FLATTEN, by="ann"))
    (order,) = placed(found + world.wait(2_000))
    world.tell(Command(command_id="c4", kind=CommandKind.FLATTEN, by="bob"))
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.WORKING, D(0))))
    world.tell(StopAsked("SIGTERM"))
    world.wait(6_000)
    return world


def fresh(world: World) -> State:
    return state_at_start(world.policy, world.instruments, world.durable, now=START_MS)


def replay(state: State, world: Recorder, begin: int = 0) -> list[list[Action]]:
    return [step(state, stamped, world.policy) for stamped, _ in world.tape[begin:]]


def test_the_recorded_day_is_a_busy_one() -> None:
    world = busy()
    kinds = {type(stamped.event).__name__ for stamped, _ in world.tape}
    done = {type(action).__name__ for _, found in world.tape for action in found}

    assert len(world.tape) > 300
    assert len(kinds) >= 18
    assert done >= {"Place", "Withdraw", "Cancel", "LookUp", "Snapshot", "Alert", "WakeAt", "Keep",
                    "Answer", "Stop"}  # fmt: skip


def test_the_same_events_give_the_same_actions_and_the_same_state() -> None:
    world = busy()
    state = fresh(world)
    actions = replay(state, world)

    assert actions == [found for _, found in world.tape]
    assert repr(actions) == repr([found for _, found in world.tape])  # byte for byte
    assert digest(state) == digest(world.state)


@pytest.mark.parametrize("part", [0.1, 0.33, 0.5, 0.77, 0.95])
def test_a_replay_may_begin_at_any_snapshot_of_the_state(part: float) -> None:
    world = busy()
    begin = int(len(world.tape) * part)
    state = fresh(world)
    for stamped, _ in world.tape[:begin]:
        step(state, stamped, world.policy)
    copy = deepcopy(state)

    assert replay(copy, world, begin) == [found for _, found in world.tape[begin:]]
    assert digest(copy) == digest(world.state)


def test_the_digest_tells_states_apart() -> None:
    world = busy()
    state = fresh(world)
    before = digest(state)
    replay(state, world)

    assert before != digest(state)
    state.desk.sequence += 1
    assert digest(state) != digest(world.state)


def test_events_are_not_changed_by_folding_them() -> None:
    world = busy()
    before = repr([stamped for stamped, _ in world.tape])
    replay(fresh(world), world)

    assert repr([stamped for stamped, _ in world.tape]) == before


def test_policies_and_instruments_are_not_changed_either() -> None:
    world = busy()

    assert world.policy == two_policy()
    assert world.instruments == two_world().instruments


@pytest.mark.parametrize("seed", ["1", "271828"])
def test_another_process_with_other_hashes_agrees(seed: str) -> None:
    code = (
        "from tests.core.test_invariant_10_replay import busy, fingerprint;"
        "print(fingerprint(busy()))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip

    assert done.stdout.strip() == fingerprint(busy())


def fingerprint(world: Recorder) -> str:
    told = hashlib.sha256(repr(world.tape).encode()).hexdigest()
    return f"{told} {digest(world.state)}"


def test_what_the_journal_remembers_is_part_of_the_input() -> None:
    world = busy()
    other = state_at_start(world.policy, world.instruments, Durable(epoch=7), now=START_MS)

    assert replay(other, world) != [found for _, found in world.tape]


def test_the_digest_does_not_hang_on_the_order_in_which_a_set_was_filled() -> None:
    world = busy()
    state, other = fresh(world), fresh(world)
    names = [f"ASSET{n}" for n in range(64)]
    state.wakes.moved.update(names)
    other.wakes.moved.update(reversed(names))

    assert list(state.wakes.moved) != list(other.wakes.moved)
    assert digest(state) == digest(other)
    other.wakes.moved.discard("ASSET7")
    assert digest(state) != digest(other)


def test_the_state_holds_plain_text_where_it_says_so() -> None:
    """A word that is text and something else prints in another way once it was written down."""
    world = busy()
    state = fresh(world)
    for stamped, _ in world.tape:
        step(state, stamped, world.policy)
        assert {type(hedge.said.reason) for hedge in state.hedges.values()} == {str}
