"""What comes by itself in a played world, and how long the shell's work takes there."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hedgebot.domain.events import Event

READ_MS = 20
"""How long a reading by REST takes."""
SOLVE_MS = 50
"""How long the shell takes to find a band."""


@dataclass(slots=True)
class Agenda:
    """What comes by itself, in order of time."""

    due: list[tuple[int, int, Callable[[], Iterable[Event]]]] = field(default_factory=list)
    count: int = 0

    def put(self, at_ms: int, what: Callable[[], Iterable[Event]]) -> None:
        """Something that tells events when its time comes."""
        self.count += 1
        heapq.heappush(self.due, (at_ms, self.count, what))

    def next_ms(self) -> int | None:
        """When the next comes."""
        return self.due[0][0] if self.due else None
