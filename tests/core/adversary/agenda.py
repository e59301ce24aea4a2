"""Virtual time: what is due is done, in order; nothing ever waits."""

import heapq
from collections.abc import Callable

Call = Callable[[], None]
START_MS = 1_700_000_000_000


class Agenda:
    """Calls by their time; two of the same millisecond in the order in which they were asked."""

    def __init__(self, now: int = START_MS) -> None:
        self.now = now
        self._heap: list[tuple[int, int, Call]] = []
        self._count = 0

    def at(self, at_ms: int, call: Call) -> None:
        self._count += 1
        heapq.heappush(self._heap, (max(at_ms, self.now), self._count, call))

    def after(self, ms: int, call: Call) -> None:
        self.at(self.now + ms, call)

    def run(self, until_ms: int) -> None:
        while self._heap and self._heap[0][0] <= until_ms:
            self.now, _, call = heapq.heappop(self._heap)
            call()
        self.now = until_ms
