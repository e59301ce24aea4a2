"""Answers `SolveBand`: pure, and slow beside everything else that is decided."""

from hedgebot.core import band_memory
from hedgebot.domain.actions import SolveBand
from hedgebot.domain.events import BandSolved


def answer(ask: SolveBand) -> BandSolved:
    """The band that costs least, and what the fixed one costs by the same."""
    memory = list(ask.memory)
    band_memory.solve(memory, least=ask.least)
    return BandSolved(
        asset=ask.asset,
        asked_ms=ask.asked_ms,
        memory=tuple(memory),
        fixed_cost=band_memory.expected_cost(memory, band=ask.fixed),
    )
