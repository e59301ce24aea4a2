"""The clock never goes back, and never stands still."""

import time
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from hedgebot.adapters.clock import NS_PER_MS, SystemClock, elapsed_ns

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND


@dataclass
class Machine:
    """A wall that people and programs set, and a counter that only counts."""

    wall: int = START
    counter: int = 77 * SECOND

    def live(self, ns: int) -> None:
        self.wall += ns
        self.counter += ns

    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.wall, lambda: self.counter)


def test_it_is_the_wall_while_nobody_touches_it() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(100):
        machine.live(12_345_678)
        assert clock.now_ms() == machine.wall // NS_PER_MS


def test_a_wall_set_forward_is_followed_at_once() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall += 3_600 * SECOND
    assert clock.now_ms() == machine.wall // NS_PER_MS


def test_a_sleep_that_the_counter_did_not_count_is_followed_at_once() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.now_ms()
    machine.wall += 8 * 3_600 * SECOND
    machine.counter += SECOND
    assert clock.now_ms() == machine.wall // NS_PER_MS


def test_a_wall_set_back_slows_the_clock_and_is_met_after_eight_times_as_long() -> None:
    machine = Machine()
    clock = machine.clock()
    before = clock.now_ms()
    machine.wall -= 10 * SECOND
    assert clock.now_ms() == before
    machine.live(8 * SECOND)
    assert clock.now_ms() == before + 7_000
    for _ in range(71):
        machine.live(SECOND)
        assert clock.now_ms() > machine.wall // NS_PER_MS
        clock.now_ms()
    machine.live(SECOND)
    assert clock.now_ms() == machine.wall // NS_PER_MS
    machine.live(SECOND)
    assert clock.now_ms() == machine.wall // NS_PER_MS


@given(
    st.lists(
        st.tuples(st.integers(0, 100 * SECOND), st.integers(-1_000 * SECOND, 1_000 * SECOND)),
        max_size=30,
    )
)
def test_whatever_the_wall_does(turns: list[tuple[int, int]]) -> None:
    machine = Machine()
    clock = machine.clock()
    last = clock.now_ms()
    highest = machine.wall
    for passed, step in turns:
        machine.live(passed)
        machine.wall += step
        highest = max(highest + passed, machine.wall)
        now = clock.now_ms()
        assert now >= last + passed * 7 // 8 // NS_PER_MS, "slower than it promised"
        assert now >= machine.wall // NS_PER_MS, "behind the wall"
        assert now <= highest // NS_PER_MS, "ahead of every wall there was"
        last = now


def test_the_real_one_tells_the_time() -> None:
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time_ns() // NS_PER_MS) <= 1_000
    first = clock.monotonic_ns()
    time.sleep(0.002)
    assert clock.monotonic_ns() - first >= 2 * NS_PER_MS
    assert elapsed_ns() >= first
