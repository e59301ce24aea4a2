"""The bands that `core` computes, along a history: what each would have been at each bar.

They depend on the moves, on what trading costs and on the risk aversion, and not on what is traded:
they are found once for all policies that share those, and played like any other band. What the
flow teaches depends on its moves alone: it is learnt once for all answers to the one question and
all costs, and so is what its law says of a width at a bar.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hedgebot.core import band_memory
from hedgebot.research.compiled import computed_band, kernel
from hedgebot.research.kept import kept
from hedgebot.research.sweep.decision import least_lots
from hedgebot.research.sweep.world import DAY_MS, Floats, Ints, World

CORE = computed_band()
begin, learn = CORE[band_memory.begin], CORE[band_memory.learn]
left_of, is_new = CORE[band_memory.left_of], CORE[band_memory.is_new]
model_of, best_band = CORE[band_memory.model_of], CORE[band_memory.best_band]
cost_ratio = CORE[band_memory.cost_ratio]
MOVED, NOTED, SIZE = band_memory.MOVED, band_memory.NOTED, band_memory.SIZE
HOUR_MS = 3_600_000
Bands = tuple[Ints, Floats, Floats]
"""Bars from which each band is in force, and its widths below and above, coins.

Before the first solution the widths are zero: the least order is the band.
"""


def bands_along(
    world: World, terms: Sequence[tuple[float, float]], *, slope: float, market: Any
) -> list[Bands]:
    """The bands of each of those terms.

    Args:
        world: the history.
        terms: risk aversion, gamma per unit of quote; cost of what is traded, fraction of its
            value.
        slope: coins of deviation that a coin of holdings makes: the ratio.
        market: see `decision.lots_for`.
    """
    moves = np.diff(world.gross, prepend=world.gross[0]) * slope
    hours = world.at_ms[:-1] // HOUR_MS
    looked = np.flatnonzero((moves != 0.0) | (np.diff(hours, prepend=hours[0] - 1) != 0))
    path = (world.at_ms, world.price, world.volatility, moves)
    aversion, rate = np.array(terms).T.copy()
    bars, widths = _solve(looked, path, aversion, rate, market)
    return [_pieces(bars, widths[:, :, n]) for n in range(len(terms))]


def _pieces(bars: Ints, widths: Floats) -> Bands:
    """Where the widths are others than before."""
    new = np.append(True, np.any(np.diff(widths, axis=0) != 0.0, axis=1))
    return bars[new], widths[new, 0], widths[new, 1]


@kept
@kernel(nogil=True)
def _solve(looked: Any, path: Any, *, aversion: Any, rate: Any, market: Any) -> Any:
    """The first bar and those at which a band was solved for; the widths of all bands from then."""
    at_ms, price, volatility, moves = path
    lot, lots_min, notional_min, collar = market[0], market[1], market[2], market[3]
    memory = np.zeros(SIZE)
    begin(memory, 0.0, lot)
    held, solved, ratio = np.zeros(len(rate)), np.zeros(len(rate)), np.zeros(len(rate))
    count, bars, widths = 1, np.zeros(64, np.int64), np.zeros((64, 2, len(rate)))
    below, above = widths[0]
    for k in looked:
        learn(memory, (at_ms[k] - at_ms[0]) / DAY_MS, moves[k])
        if memory[MOVED] == 0.0:
            continue
        risk, any_due = (volatility[k] * price[k]) ** 2, False
        for n in range(len(rate)):
            held[n] = left_of(held[n], below[n], above[n], 1.0) + moves[k]
            now = cost_ratio(costs_of(aversion[n], rate[n], risk, price[k]))
            any_due |= is_new(memory, now, solved[n], ratio[n])
        if not any_due:
            continue
        if count == len(bars):
            bars, widths = doubled(bars), doubled(widths)
        bars[count], widths[count] = k, widths[count - 1]
        below, above = widths[count]
        count += 1
        model = model_of(memory)
        least = least_lots(lots_min, notional_min, lot * price[k] * (1.0 - collar)) * lot
        for n in range(len(rate)):
            costs = costs_of(aversion[n], rate[n], risk, price[k])
            if is_new(memory, cost_ratio(costs), solved[n], ratio[n]):
                band = (below[n], above[n], 1.0)
                below[n], above[n], _, _ = best_band(memory, model, costs, band, held[n], least)
                solved[n], ratio[n] = memory[NOTED], cost_ratio(costs)
    return bars[:count], widths[:count]


@kernel()
def costs_of(aversion: float, rate: float, risk: float, price: float) -> Any:
    """As `band_memory.note` takes them; `risk` is the squared volatility of a coin's price."""
    return aversion * risk, price * rate, price * rate, 0.0


@kernel()
def doubled(rows: Any) -> Any:
    """Twice the room."""
    return np.concatenate((rows, np.zeros_like(rows)))
