"""The one clock: wall time that never steps back."""

import time
from collections.abc import Callable

Nanoseconds = Callable[[], int]

NS_PER_MS = 1_000_000
SLEW = 8
"""While the wall is behind, one eighth of the time that passes is given back."""


def elapsed_ns() -> int:
    """Since boot; goes on while the machine sleeps, where the system can tell that."""
    boottime = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(boottime)


class SystemClock:
    """`ports.Clock`: follows the system's wall clock, forward at once, backward by going slower.

    Bounds: it never goes back. When the wall is ahead - it was set forward, or the counter
    stopped in sleep - it is the wall, at once. When the wall was set back by d, it goes on
    at 7/8 of its pace: timers still ring, at most 8/7 later than asked, and it agrees with the
    wall again after 8 d at most; until then it is ahead of the wall by at most d. A new start
    begins at the wall as it is.

    Args:
        wall_ns: UTC, ns; may jump.
        counter_ns: ns since an unknown moment; never jumps back.
    """

    def __init__(
        self, wall_ns: Nanoseconds = time.time_ns, counter_ns: Nanoseconds = elapsed_ns
    ) -> None:
        self._wall_ns = wall_ns
        self._counter_ns = counter_ns
        self._read_at_ns = counter_ns()
        self._now_ns = wall_ns()

    def now_ms(self) -> int:
        """UTC, ms, non-decreasing."""
        counted = self._counter_ns()
        passed = max(0, counted - self._read_at_ns)
        slowed = self._now_ns + passed - passed // SLEW
        # Never slower than that, and never behind the wall.
        self._now_ns = max(slowed, self._wall_ns())
        self._read_at_ns = counted
        return self._now_ns // NS_PER_MS

    def monotonic_ns(self) -> int:
        """For latencies and deadlines; unrelated to the date."""
        return self._counter_ns()
