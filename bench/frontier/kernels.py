"""What each policy costs on one path. Decisions are the core's own, compiled as they stand.

Every kernel returns three sums: quote paid for trading, quote charged for holding ((c/2) x^2 over
time), and orders sent.
"""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bench.frontier.prices import Floats
from hedgebot.core import band, sizing
from hedgebot.research.compiled import Compiled

CORE = Compiled(band, sizing)
least_lots, side_lots = CORE[band.least_lots], CORE[sizing.side_lots]
hedge_lots = CORE[sizing.hedge_lots]
DAY = 86_400.0


@dataclass(frozen=True)
class Market:
    """By hour: `kappa` quote a coin traded, `risk` the c of a day, `least` the smallest order."""

    price: Floats
    kappa: Floats
    risk: Floats
    least: NDArray[np.int64]
    lot: float


def market_of(price: Floats, risk: Floats, *, rate: float, terms: dict[str, float]) -> Market:
    """The market of some hours, from its terms: lot, lots_min, notional_min."""
    lot = terms["lot"]
    least = smallest(price, terms["lots_min"], terms["notional_min"], lot)
    return Market(price, price * rate, risk, least, lot)


@numba.njit
def smallest(price: Any, lots_min: int, notional_min: float, lot: float) -> Any:
    least = np.empty(len(price), np.int64)
    for hour in range(len(price)):
        least[hour] = least_lots(lots_min, notional_min, price[hour] * lot)
    return least


def edges(path: Any, market: Market, *, below: float, above: float, aim: float = 1.0) -> Any:
    """A fixed band: beyond it, at once, to its edge (aim 1), to the target (0) or between."""
    return fixed(
        (path.second, path.flow, path.hour),
        (market.kappa, market.risk, market.least),
        (below, above, aim, market.lot),
    )


@numba.njit
def back_lots(x: float, band: Any, lot: float, least: int) -> Any:
    """Lots of the core's decision for a deviation; it is not asked inside, where they are none."""
    below, above, aim = band
    if -below <= x <= above:
        return 0
    width = least * lot
    return hedge_lots(
        x, below=max(below, width), above=max(above, width), aim=aim, lot=lot, lots_min=least
    )


@numba.njit
def fixed(path: Any, market: Any, policy: Any) -> Any:
    second, flow, hour = path
    kappa, risk, least = market
    below, above, aim, lot = policy
    x = trading = holding = 0.0
    orders = 0
    for k in range(len(flow)):
        x += flow[k]
        h = hour[k]
        lots = back_lots(x, (below, above, aim), lot, least[h])
        if lots != 0:
            x += lots * lot
            trading += abs(lots) * lot * kappa[h]
            orders += 1
        holding += 0.5 * risk[h] * x * x * (second[k + 1] - second[k])
    return trading, holding / DAY, orders


def checked(path: Any, market: Market, *, width: float, every: float) -> Any:
    """To the target when beyond a width, at checks every so many seconds."""
    return at_checks(
        (path.second, path.flow, path.hour),
        (market.kappa, market.risk, market.least),
        (width, every, market.lot),
    )


@numba.njit
def at_checks(path: Any, market: Any, policy: Any) -> Any:
    second, flow, hour = path
    kappa, risk, least = market
    width, every, lot = policy
    x = trading = holding = 0.0
    orders = 0
    for k in range(len(flow)):
        x += flow[k]
        h = hour[k]
        began = second[k]
        check = np.ceil(began / every) * every if abs(x) > width else second[k + 1]
        if check < second[k + 1]:
            side = max(width, least[h] * lot)
            lots = hedge_lots(x, below=side, above=side, aim=0.0, lot=lot, lots_min=least[h])
            if lots != 0:
                holding += 0.5 * risk[h] * x * x * (check - began)
                began = check
                x += lots * lot
                trading += abs(lots) * lot * kappa[h]
                orders += 1
        holding += 0.5 * risk[h] * x * x * (second[k + 1] - began)
    return trading, holding / DAY, orders


def ratios(path: Any, market: Market, *, bounds: list[float], holdings: float) -> Any:
    """Hedge over holdings kept inside the outer bounds, brought back to the inner ones."""
    low, low_aim, high_aim, high = bounds
    above, below = (1.0 - low) * holdings, (high - 1.0) * holdings
    return two_aims(
        (path.second, path.flow, path.hour),
        (market.kappa, market.risk, market.least),
        (below, above, (high_aim - 1.0) / (high - 1.0), (1.0 - low_aim) / (1.0 - low), market.lot),
    )


@numba.njit
def two_aims(path: Any, market: Any, policy: Any) -> Any:
    second, flow, hour = path
    kappa, risk, least = market
    below, above, aim_below, aim_above, lot = policy
    x = trading = holding = 0.0
    orders = 0
    for k in range(len(flow)):
        x += flow[k]
        h = hour[k]
        width, aim = (above, aim_above) if x > 0.0 else (below, aim_below)
        if abs(x) > width:
            side = max(width, least[h] * lot)
            lots = side_lots(abs(x), side, aim=aim, lot=lot, lots_min=least[h])
            if lots != 0:
                x += -lots * lot if x > 0.0 else lots * lot
                trading += lots * lot * kappa[h]
                orders += 1
        holding += 0.5 * risk[h] * x * x * (second[k + 1] - second[k])
    return trading, holding / DAY, orders
