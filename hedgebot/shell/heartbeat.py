"""A dead man's switch: says that all is well for as long as it is, and nothing otherwise."""

import asyncio
from collections.abc import Callable

from hedgebot.ports import Heart

FIRST_S = 5.0
"""After the start: the first events have been folded."""


class Pulse:
    """Whether the daemon decides, and remembers what it decided."""

    def __init__(self, events: Callable[[], int], journal_fails: Callable[[], bool]) -> None:
        self._events = events
        self._journal_fails = journal_fails
        self._seen = 0

    def healthy(self) -> bool:
        """Whether events were folded since this was asked last, and the journal takes rows."""
        before, self._seen = self._seen, self._events()
        return self._seen > before and not self._journal_fails()


async def beating(heart: Heart, pulse: Pulse, every_s: float) -> None:
    """Beat at that pace for ever: a loop that stands still sends none either."""
    pause_s = min(FIRST_S, every_s)
    while True:
        await asyncio.sleep(pause_s)
        if pulse.healthy():
            heart.beat()
        pause_s = every_s
