"""Answers `SolveBand` as the shell does, by the same source, compiled."""

import numpy as np

from hedgebot.core import band_memory
from hedgebot.domain.actions import SolveBand
from hedgebot.domain.events import BandSolved
from hedgebot.research.compiled import computed_band


def answer(ask: SolveBand) -> BandSolved:
    """The band that costs least, and what the fixed one costs by the same."""
    core, memory = computed_band(), np.array(ask.memory)
    core[band_memory.solve](memory, ask.least)
    cost = core[band_memory.expected_cost](memory, ask.fixed)
    return BandSolved(
        asset=ask.asset,
        asked_ms=ask.asked_ms,
        memory=tuple(map(float, memory)),
        fixed_cost=float(cost),
    )
