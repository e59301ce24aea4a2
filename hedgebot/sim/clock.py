"""The venue's clock: a wall clock underneath, and a skew that the control plane may set."""

import time
from collections.abc import Callable
from dataclasses import dataclass


def wall_ms() -> int:
    """The machine's clock, ms UTC."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class SimClock:
    """Server time as the venue reports and checks it."""

    wall: Callable[[], int] = wall_ms
    skew_ms: int = 0
    """Positive: the venue's clock is ahead."""

    def now_ms(self) -> int:
        """Server time, ms UTC."""
        return self.wall() + self.skew_ms
