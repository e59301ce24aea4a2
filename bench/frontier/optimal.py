"""The optimal band on a path, without hindsight: the core's estimator, solver and decision."""

from typing import Any

import numba
import numpy as np

from bench.frontier.kernels import DAY, Market, back_lots
from hedgebot.core import closed_form, flow_law, optimal, stationary
from hedgebot.research.compiled import Compiled

CORE = Compiled(stationary, flow_law, closed_form, optimal)
forget_all, note, law_of = CORE[flow_law.forget_all], CORE[flow_law.note], CORE[flow_law.law_of]
optimal_band, due = CORE[optimal.optimal_band], CORE[optimal.due]
FADE_DAYS = 60.0
WAIT_DAYS = 1.0
MEMORY, ATOMS, WORK = flow_law.MEMORY, flow_law.ATOMS, stationary.WORK


def computed(path: Any, market: Market) -> Any:
    """Trading, holding and orders, and the last band."""
    return follow(
        (path.second, path.flow, path.hour),
        (market.kappa, market.risk, market.least),
        (market.lot, FADE_DAYS, WAIT_DAYS),
    )


@numba.njit
def follow(path: Any, market: Any, policy: Any) -> Any:
    second, flow, hour = path
    kappa, risk, least = market
    lot, fade_days, wait_days = policy
    memory, work = np.zeros(MEMORY), np.zeros(WORK)
    law = (np.zeros(ATOMS), np.zeros(ATOMS), np.zeros(ATOMS))
    forget_all(memory)
    below = above = x = trading = holding = solved_days = solved_ratio = 0.0
    orders, moved, noted = 0, False, 0.0
    for k in range(len(flow)):
        x += flow[k]
        h = hour[k]
        note(memory, move=flow[k], days=second[k] / DAY - noted, fade_days=fade_days, unit=lot)
        noted = second[k] / DAY
        moved = moved or flow[k] != 0.0
        ratio = kappa[h] / risk[h]
        if moved and due(noted, solved_days, ratio=ratio, solved_ratio=solved_ratio):
            solved_days, solved_ratio = noted, ratio
            law_of(memory, wait_days=wait_days, law=law)
            costs = (risk[h], kappa[h], kappa[h], 0.0)
            below, above, _, _ = optimal_band(
                law, costs, band=(below, above, 1.0), least=least[h] * lot, work=work
            )
        lots = back_lots(x, (below, above, 1.0), lot, least[h])
        if lots != 0:
            x += lots * lot
            trading += abs(lots) * lot * kappa[h]
            orders += 1
        holding += 0.5 * risk[h] * x * x * (second[k + 1] - second[k])
    return trading, holding / DAY, orders, below, above
