"""How long a venue that does not answer, or answers wrongly, is asked again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from hedgebot.adapters.binance.past import ReadFailed, WrongPage
from hedgebot.errors import VenueError

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Patience:
    """With one page; a page that comes begins it anew."""

    within_s: float = 180.0
    pause_s: float = 0.5
    """The first; each is twice the one before."""


LAST_PAUSE_S = 15.0
WRONG_MAX = 3
"""Wrong answers to one question before the venue is believed to mean them."""


async def patiently(
    ask: Callable[[], Awaitable[Found]], say: Callable[[str], None], patience: Patience
) -> Found:
    """The answer, after pauses where there was none.

    Raises:
        VenueError: no answer in all that time, a refusal that stays, or wrong answers only.
    """
    deadline, pause_s, wrong = time.monotonic() + patience.within_s, patience.pause_s, 0
    while True:
        try:
            return await ask()
        except WrongPage as error:
            wrong += 1
            if wrong >= WRONG_MAX:
                raise
            trouble: VenueError = error
        except ReadFailed as error:
            if not error.passing or time.monotonic() + pause_s > deadline:
                raise
            trouble = error
        say(f"{trouble}; asking again in {pause_s:g} s")
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LAST_PAUSE_S)
