"""The state, taken down and read back in the middle of anything, decides as the one it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebot.adapters.recorder import layout
from hedgebot.adapters.recorder.decoding import Decoder, loads
from hedgebot.core.digest import digest
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.core.step import step
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped
from tests.core.adversary import daemon
from tests.core.adversary.case import Case
from tests.core.adversary.draw import draw
from tests.core.test_invariant_10_replay import busy, fresh


def read_back(state: State) -> State:
    found: State = Decoder(layout.SHAPES).read(State, loads(layout.state_line(state)))
    return found


@dataclass
class Twin:
    """Steps a state and, beside it, one that was read back a while ago."""

    every: int
    steps: int = 0
    twins: dict[int, State] = field(default_factory=dict)

    def step(self, state: State, stamped: Stamped, policy: Policy) -> list[Action]:
        if self.steps % self.every == 0 or id(state) not in self.twins:
            self.twins[id(state)] = read_back(state)
            assert digest(self.twins[id(state)]) == digest(state)
        self.steps += 1
        actions = step(state, stamped, policy)
        again = step(self.twins[id(state)], stamped, policy)
        assert layout.actions_line(again) == layout.actions_line(actions)
        return actions


@contextmanager
def stepping(twin: Twin) -> Iterator[None]:
    """The adversary's daemon decides by the twin."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(daemon, "step", twin.step)
        yield


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 5_000), every=st.integers(1, 150))
def test_invariant_10_a_state_read_back_anywhere_decides_the_same(seed: int, every: int) -> None:
    twin, case = Twin(every), Case(draw(seed))
    with stepping(twin):
        case.play()
    assert case.judge.accusations == []
    assert twin.steps > 50
    assert case.daemon is not None
    state = case.daemon.state
    assert digest(twin.twins[id(state)]) == digest(state)


@given(part=st.floats(0, 1))
@settings(max_examples=12, deadline=None)
def test_invariant_10_a_busy_day_goes_on_from_any_moment(part: float) -> None:
    world = busy()
    begin = int(part * len(world.tape))
    state = fresh(world)
    for stamped, _ in world.tape[:begin]:
        step(state, stamped, world.policy)
    read = read_back(state)
    assert digest(read) == digest(state)
    assert layout.state_line(read) == layout.state_line(state)
    for stamped, actions in world.tape[begin:]:
        found = step(read, stamped, world.policy)
        assert layout.actions_line(found) == layout.actions_line(actions)
    assert digest(read) == digest(world.state)
