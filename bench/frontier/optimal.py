"""The optimal band on a path, without hindsight: the core's estimator, solver and decision."""

from typing import Any

import numba
import numpy as np

from bench.frontier.kernels import DAY, Market, back_lots
from hedgebot.core import band_memory
from hedgebot.research.compiled import computed_band

CORE = computed_band()
begin, note = CORE[band_memory.begin], CORE[band_memory.note]
is_due, solve, band_of = (
    CORE[band_memory.is_due], CORE[band_memory.solve], CORE[band_memory.band_of],
)  # fmt: skip
SIZE = band_memory.SIZE


def computed(path: Any, market: Market) -> Any:
    """Trading, holding and orders, and the last band."""
    return follow(
        (path.second, path.flow, path.hour),
        (market.kappa, market.risk, market.least),
        market.lot,
    )


@numba.njit
def follow(path: Any, market: Any, lot: float) -> Any:
    second, flow, hour = path
    kappa, risk, least = market
    memory = np.zeros(SIZE)
    begin(memory, 0.0, lot)
    below = above = x = trading = holding = 0.0
    orders = 0
    for k in range(len(flow)):
        x += flow[k]
        h, now = hour[k], second[k] / DAY
        costs = (risk[h], kappa[h], kappa[h], 0.0)
        note(memory, now, flow[k], costs)
        if is_due(memory):
            solve(memory, least[h] * lot)
            below, above, _, _ = band_of(memory)
        lots = back_lots(x, (below, above, 1.0), lot, least[h])
        if lots != 0:
            x += lots * lot
            trading += abs(lots) * lot * kappa[h]
            orders += 1
        holding += 0.5 * risk[h] * x * x * (second[k + 1] - second[k])
    return trading, holding / DAY, orders, below, above
