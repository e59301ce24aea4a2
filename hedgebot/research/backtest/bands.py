"""Answers `SolveBand` as the shell does, by the same source, compiled."""

from typing import Any

import numpy as np

from hedgebot.core import band_memory, flow_law, optimal, stationary
from hedgebot.domain.actions import SolveBand
from hedgebot.domain.events import BandSolved
from hedgebot.research.compiled import computed_band


def answer(ask: SolveBand) -> BandSolved:
    """The band that costs least, and what the fixed one costs under the same law."""
    core, memory = computed_band(), np.array(ask.memory)
    core[band_memory.solve](memory, ask.least)
    law: Any = tuple(np.zeros(flow_law.ATOMS) for _ in range(3))
    core[flow_law.law_of](memory, band_memory.WAIT_DAYS, law)
    at = band_memory.COSTS
    costs = tuple(float(each) for each in memory[at : at + 4])
    cost = core[optimal.cost_of](law, costs, ask.fixed, np.zeros(stationary.WORK))
    return BandSolved(
        asset=ask.asset,
        asked_ms=ask.asked_ms,
        memory=tuple(map(float, memory)),
        fixed_cost=float(cost),
    )
