"""Finds computed bands beside the decision: when the loop has nothing else to do."""

import asyncio

from hedgebot.core import solving
from hedgebot.domain.actions import SolveBand
from hedgebot.domain.events import BandSolved


async def solve(ask: SolveBand) -> BandSolved:
    """Answer, after whatever is ready now."""
    await asyncio.sleep(0)
    return solving.answer(ask)
