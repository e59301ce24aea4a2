"""Wake-ups by name. Lazy: whoever is woken early asks again, so events need not move a timer."""

import heapq
from typing import NamedTuple

from hedgebot.domain.orders import OrderId


class Timer(NamedTuple):
    """What to look at again: `kind` names the room, `name` the thing in it."""

    kind: str
    name: str


def order_timer(order_id: OrderId) -> Timer:
    """The timer of one order."""
    return Timer("order", f"{order_id:x}")


class Timers:
    """The earliest time asked for each name. Owned by the state."""

    def __init__(self) -> None:
        self._at: dict[Timer, int] = {}
        self._heap: list[tuple[int, Timer]] = []

    def __repr__(self) -> str:
        return f"Timers({sorted(self._at.items())})"

    def asked(self) -> dict[Timer, int]:
        """When each name wakes: all there is to know, for `ask` builds the rest from it."""
        return dict(self._at)

    def ask(self, timer: Timer, at_ms: int) -> None:
        """Wake at `at_ms`, unless an earlier wake-up of that name is already asked for."""
        known = self._at.get(timer)
        if known is None or at_ms < known:
            self._at[timer] = at_ms
            heapq.heappush(self._heap, (at_ms, timer))

    def fired(self, now: int) -> list[Timer]:
        """Names that are due, each once; they are forgotten."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            at_ms, timer = heapq.heappop(self._heap)
            if self._at.get(timer) == at_ms:
                del self._at[timer]
                due.append(timer)
        return due

    def earliest(self) -> int | None:
        """When to wake next; None: never."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
