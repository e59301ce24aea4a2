"""The optimal band on a path, without hindsight: the core's estimator, solver and decision."""

from typing import Any

import numba
import numpy as np

from bench.frontier.kernels import CORE, Market
from hedgebot.core import closed_form, flow_law, optimal, stationary

CORE.add(
    stationary.spread_of, stationary.small_moves, stationary.bernoulli, stationary.order_part,
    stationary.land, stationary.spread, stationary.solve, stationary.lattice_cost,
    stationary.stationary_cost, flow_law.forget_all, flow_law.bin_of, flow_law.note,
    flow_law.moves_seen, flow_law.evenness, flow_law.law_of, flow_law.variance_of,
    closed_form.edge_width, optimal.first_band, optimal.cost_of, optimal.neighbour,
    optimal.best_neighbour, optimal.optimal_band, optimal.due,
)  # fmt: skip
forget_all, note, law_of = CORE["forget_all"], CORE["note"], CORE["law_of"]
optimal_band, due, hedge_lots = CORE["optimal_band"], CORE["due"], CORE["hedge_lots"]
DAY = 86_400.0
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
        width = least[h] * lot
        ratio = kappa[h] / risk[h]
        if moved and due(noted, solved_days, ratio=ratio, solved_ratio=solved_ratio):
            solved_days, solved_ratio = noted, ratio
            law_of(memory, wait_days=wait_days, law=law)
            costs = (risk[h], kappa[h], kappa[h], 0.0)
            below, above, _, _ = optimal_band(
                law, costs, band=(below, above, 1.0), least=width, work=work
            )
        if x > above or x < -below:
            lots = hedge_lots(
                x, below=max(below, width), above=max(above, width),
                aim=1.0, lot=lot, lots_min=least[h],
            )  # fmt: skip
            if lots != 0:
                x += lots * lot
                trading += abs(lots) * lot * kappa[h]
                orders += 1
        holding += 0.5 * risk[h] * x * x * (second[k + 1] - second[k])
    return trading, holding / DAY, orders, below, above
