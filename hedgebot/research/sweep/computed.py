"""The band that `core` computes, along a history: what it would have been at each bar.

It depends on the moves, on what trading costs and on the risk aversion, and not on what is traded:
it is found once for all policies that share those, and played like any other band.
"""

from typing import Any

import numpy as np

from hedgebot.core import band_memory
from hedgebot.research.compiled import computed_band, kernel
from hedgebot.research.sweep.decision import least_lots
from hedgebot.research.sweep.world import DAY_MS, Floats, Ints, World

CORE = computed_band()
begin, note = CORE[band_memory.begin], CORE[band_memory.note]
is_due, solve = CORE[band_memory.is_due], CORE[band_memory.solve]
band_of = CORE[band_memory.band_of]
SIZE = band_memory.SIZE
HOUR_MS = 3_600_000


def bands_along(
    world: World, *, aversion: float, rate: float, slope: float, market: Any
) -> tuple[Ints, Floats, Floats]:
    """Bars from which each band is in force, and its widths below and above, coins.

    Before the first solution the widths are zero: the least order is the band.

    Args:
        world: the history.
        aversion: gamma, per unit of quote.
        rate: cost of what is traded, fraction of its value.
        slope: coins of deviation that a coin of holdings makes: the ratio.
        market: see `decision.lots_for`.
    """
    moves = np.diff(world.gross, prepend=world.gross[0]) * slope
    hours = world.at_ms[:-1] // HOUR_MS
    looked = np.flatnonzero((moves != 0.0) | (np.diff(hours, prepend=hours[0] - 1) != 0))
    starts = np.zeros(len(looked) + 1, np.int64)
    widths = np.zeros((2, len(looked) + 1))
    count = _solve(
        looked, (world.at_ms, world.price, world.volatility, moves), (aversion, rate), market,
        starts, widths,
    )  # fmt: skip
    return starts[:count].copy(), widths[0, :count].copy(), widths[1, :count].copy()


@kernel(nogil=True)
def _solve(looked: Any, path: Any, terms: Any, *, market: Any, starts: Any, widths: Any) -> int:
    at_ms, price, volatility, moves = path
    aversion, rate = terms
    lot, lots_min, notional_min, collar = market[0], market[1], market[2], market[3]
    memory = np.zeros(SIZE)
    begin(memory, 0.0, lot)
    count = 1
    for k in looked:
        charge = aversion * (volatility[k] * price[k]) ** 2
        cost = price[k] * rate
        note(memory, (at_ms[k] - at_ms[0]) / DAY_MS, moves[k], (charge, cost, cost, 0.0))
        if is_due(memory):
            solve(memory, least_lots(lots_min, notional_min, lot * price[k] * (1.0 - collar)) * lot)
            below, above, _, _ = band_of(memory)
            if below != widths[0, count - 1] or above != widths[1, count - 1]:
                if k > starts[count - 1]:
                    count += 1
                starts[count - 1] = k
                widths[0, count - 1], widths[1, count - 1] = below, above
    return count
