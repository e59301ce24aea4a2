"""The one timer: the latest wake-up that the decision asked for."""

import asyncio

from hedgebot.domain.events import Tick
from hedgebot.ports import Clock, Emit


class Alarm:
    """Emits a Tick at the time asked for last, never before it by the daemon's own clock."""

    def __init__(self, clock: Clock, emit: Emit) -> None:
        self._clock = clock
        self._emit = emit
        self._at_ms = 0
        self._timer: asyncio.TimerHandle | None = None

    def set(self, at_ms: int) -> None:
        """Wake then; an earlier request is forgotten."""
        self.cancel()
        self._at_ms = at_ms
        delay_s = max(0, at_ms - self._clock.now_ms()) / 1_000
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def cancel(self) -> None:
        """Do not wake."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        # The loop's clock and the wall clock drift apart: ask the one that decisions go by.
        if self._clock.now_ms() < self._at_ms:
            self.set(self._at_ms + 1)
        else:
            self._timer = None
            self._emit(Tick())
