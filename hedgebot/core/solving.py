"""Answers `SolveBand`: pure, and slow beside everything else that is decided."""

from hedgebot.core import band_memory, flow_law, optimal, stationary
from hedgebot.domain.actions import SolveBand
from hedgebot.domain.events import BandSolved


def answer(ask: SolveBand) -> BandSolved:
    """The band that costs least, and what the fixed one costs under the same law."""
    memory = list(ask.memory)
    band_memory.solve(memory, least=ask.least)
    return BandSolved(
        asset=ask.asset,
        asked_ms=ask.asked_ms,
        memory=tuple(memory),
        fixed_cost=cost_of(memory, ask.fixed),
    )


def cost_of(memory: list[float], band: tuple[float, float, float]) -> float:
    """Expected of any band, quote a day."""
    law = tuple([0.0] * flow_law.ATOMS for _ in range(3))
    rates, sizes, squares = law
    flow_law.law_of(memory, wait_days=band_memory.WAIT_DAYS, law=(rates, sizes, squares))
    at = band_memory.COSTS
    costs = (memory[at], memory[at + 1], memory[at + 2], memory[at + 3])
    return optimal.cost_of((rates, sizes, squares), costs, band, [0.0] * stationary.WORK)
