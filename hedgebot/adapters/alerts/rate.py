"""How many letters may go to one address in a minute."""

import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 60.0


class Rate:
    """So many a minute of critical alerts, and as many others: the first never wait for these."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._sent: dict[bool, deque[float]] = {True: deque(), False: deque()}

    def room(self, *, critical: bool) -> int:
        """How many may still go out now."""
        sent = self._sent[critical]
        while sent and self._clock() - sent[0] >= WINDOW_S:
            sent.popleft()
        return self._per_minute - len(sent)

    def note(self, *, critical: bool) -> None:
        """One went out."""
        self._sent[critical].append(self._clock())

    def wait_s(self, *, critical: bool) -> float:
        """Until there is room again."""
        sent = self._sent[critical]
        if self.room(critical=critical) > 0 or not sent:
            return 0.0
        return max(0.0, sent[0] + WINDOW_S - self._clock())
