"""The band that costs least in the long run. numba compiles this source as it is.

The search walks from the band in force and leaves it only for one that is expected to be cheaper
by GAIN: the band does not chase the noise of its estimates. Costs and law as in `stationary`.
"""

import math
from collections.abc import MutableSequence

from hedgebot.core.closed_form import edge_width
from hedgebot.core.flow_law import variance_of
from hedgebot.core.stationary import Law, stationary_cost

GAIN = 0.001  # the share of its cost by which another band must be cheaper to be taken
FIRST_STRIDE = 0.7  # logarithm: widths are tried at twice and half
LAST_STRIDE = 0.05
ROUNDS = 60
Band = tuple[float, float, float]


def optimal_band(
    law: Law, costs: tuple[float, float, float, float], *,
    band: Band, least: float, work: MutableSequence[float],
) -> tuple[float, float, float, float]:  # fmt: skip
    """Widths below and above, coins, where a trade ends (share of the width), and cost a day.

    Args:
        law: of the flow.
        costs: c; quote a coin sold, bought; quote an order. Where an order costs nothing by itself
            trades end at the edge.
        band: in force, from which to walk; zero widths where there is none.
        least: smallest width of either side, coins, positive.
        work: room for the solver.
    """
    stride, here = FIRST_STRIDE, band
    if band[0] <= 0.0 or band[1] <= 0.0:
        here = first_band(law, costs, least)
    here = (max(here[0], least), max(here[1], least), here[2])
    begun, began = here, cost_of(law, costs, here, work)
    cost = began
    for _ in range(ROUNDS):
        found, cheaper = best_neighbour(
            law, costs, band=here, stride=stride, least=least, work=work
        )
        if cheaper < cost * (1.0 - 1e-6):
            here, cost = found, cheaper
        elif stride <= LAST_STRIDE:
            break
        else:
            stride *= 0.5
    if cost > began * (1.0 - GAIN):
        here, cost = begun, began
    return here[0], here[1], here[2], cost


def first_band(law: Law, costs: tuple[float, float, float, float], least: float) -> Band:
    """Where the search begins: the closed form for many small moves."""
    width = edge_width(variance_of(law), sell=costs[1], buy=costs[2], charge=costs[0])
    return max(width, least), max(width, least), 1.0 if costs[3] <= 0.0 else 0.5


def cost_of(
    law: Law, costs: tuple[float, float, float, float], band: Band, work: MutableSequence[float]
) -> float:
    """Cost a day of one band."""
    return stationary_cost(
        law, costs, below=band[0], above=band[1], inner=band[2], work=work
    )  # fmt: skip


def best_neighbour(
    law: Law, costs: tuple[float, float, float, float], *,
    band: Band, stride: float, least: float, work: MutableSequence[float],
) -> tuple[Band, float]:  # fmt: skip
    """The cheapest of the bands a stride away: either side, both, or another inner end."""
    best, cheapest = band, math.inf
    sides = 8 if costs[3] > 0.0 else 6
    for way in range(sides):
        other = neighbour(band, way, stride)
        other = (max(other[0], least), max(other[1], least), other[2])
        cost = cost_of(law, costs, other, work)
        if cost < cheapest:
            best, cheapest = other, cost
    return best, cheapest


def neighbour(band: Band, way: int, stride: float) -> Band:
    """The band a stride away: even ways widen or raise, odd ones narrow or lower."""
    sign = 1.0 if way % 2 == 0 else -1.0
    factor = math.exp(sign * stride)
    below, above, inner = band
    if way // 2 == 0:
        return below * factor, above, inner
    if way // 2 == 1:
        return below, above * factor, inner
    if way // 2 == 2:
        return below * factor, above * factor, inner
    return below, above, max(0.0, min(inner + 0.5 * sign * stride, 0.95))


def due(days: float, solved_days: float, *, ratio: float, solved_ratio: float) -> bool:
    """Whether to solve again: a tenth more was seen, a day has passed, or the market moved.

    `ratio` is cost a coin over c, on which alone the market's part of the band depends; 5 % of it
    move the widths by less than 2 %.
    """
    waited = days - solved_days
    if waited >= min(1.0, 0.1 * solved_days + 1e-9):
        return True
    return abs(ratio - solved_ratio) > 0.05 * solved_ratio


def trigger_and_end(width: float, inner: float, smallest: float) -> tuple[float, float]:
    """Where to trade and where a trade ends, coins, where no order may be below `smallest`.

    Around the middle of the two that costs alone would give, so far apart that the order may be
    sent; the end never lies past the target.
    """
    end = inner * width
    if width - end >= smallest:
        return width, end
    middle = 0.5 * (width + end)
    return max(middle + 0.5 * smallest, smallest), max(middle - 0.5 * smallest, 0.0)
