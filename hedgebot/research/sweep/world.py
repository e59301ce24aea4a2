"""A history as arrays that every policy reads: prices, holdings, weights, and blocks of them.

A block keeps the least and the greatest holdings of its bars and three sums, so that a policy whose
band nothing in it touches passes the whole block at once, exactly as if it had walked through.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hedgebot.core import band, closed_form
from hedgebot.research.compiled import Compiled
from hedgebot.research.kept import kept

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BLOCK, WIDE = 64, 64 * 32
DAY_MS = 86_400_000.0
PLACES = 8
"""Of coins: holdings are summed in whole units of the last of them, without rounding."""


class Blocks(NamedTuple):
    """By block of bars."""

    low: Floats
    """Least holdings in it, coins."""
    high: Floats
    first: Floats
    """Holdings at its first bar: sums count from there, and lose no digits far from zero."""
    sums: Floats
    """Of the weights; of weight x (holdings - first); of weight x (holdings - first)^2."""
    scale: Floats
    """The least coins in one unit of a band's bound, by unit."""


class World(NamedTuple):
    """By bar: what is known when it begins, and holds until the next one does."""

    at_ms: Ints
    price: Floats
    """Quote a coin; one more than there are bars: what the last one ends at."""
    gross: Floats
    """Holdings, coins."""
    weight: Floats
    """Variance that a coin of deviation adds in the bar, quote squared: (sigma S)^2 x its days."""
    funding: Floats
    """Sum of rate x price of all settlements up to the bar, quote a coin."""
    volatility: Floats
    """Daily, as known then."""
    narrow: Blocks
    wide: Blocks

    @property
    def days(self) -> float:
        """From the first bar to the end of the last."""
        return float(self.at_ms[-1] - self.at_ms[0]) / DAY_MS


def world_of(
    at_ms: Ints, price: Floats, *, moves: Floats, holdings: float, funding: Floats,
    volatility: Floats,
) -> World:  # fmt: skip
    """Prepare a history.

    Args:
        at_ms: when bars begin, and when the last one ends.
        price: then, one for each of those times.
        moves: coins that came (or went) since the bar before, by bar.
        holdings: coins before the first move.
        funding: rate x price of what was settled since the bar before, by bar.
        volatility: daily, as known at each bar.
    """
    unit = 10.0**PLACES
    gross = np.cumsum(np.round(moves * unit).astype(np.int64)) + round(holdings * unit)
    coins = gross / unit
    days = np.diff(at_ms) / DAY_MS
    weight = (volatility * price[:-1]) ** 2 * days
    scale = np.stack([np.ones(len(coins)), np.abs(coins) / 100.0, 1.0 / price[:-1]])
    blocks = [_blocks(coins, weight, scale, size) for size in (BLOCK, WIDE)]
    return World(at_ms, price, coins, weight, np.cumsum(funding), volatility, *blocks)


def _blocks(gross: Floats, weight: Floats, scale: Floats, size: int) -> Blocks:
    """Whole blocks only: bars beyond the last are walked through."""
    count = len(gross) // size
    held = gross[: count * size].reshape(count, size)
    rates = weight[: count * size].reshape(count, size)
    first = held[:, 0].copy()
    off = held - first[:, None]
    sums = np.stack([rates.sum(1), (rates * off).sum(1), (rates * off * off).sum(1)])
    least = scale[:, : count * size].reshape(3, count, size).min(2)
    return Blocks(held.min(1), held.max(1), first, sums, least)


fold_return = Compiled(closed_form)[closed_form.fold_return]
UNITS = {"coin": band.COIN, "percent": band.PERCENT, "usd": band.USD}


@kept
@numba.njit
def trailing_volatility(at_ms: Any, price: Any, settings: Any) -> Any:
    """Daily volatility as known at each bar, from returns of an hour or more of the past.

    Squares are remembered exponentially: `memory_days`; begun as if `prior_days` at `prior` had
    been seen before.
    """
    memory_days, prior, prior_days = settings
    squares, days = prior * prior * prior_days, prior_days
    found = np.empty(len(at_ms) - 1)
    last = 0
    for k in range(len(found)):
        apart = (at_ms[k] - at_ms[last]) / DAY_MS
        if apart >= 1.0 / 24.0:
            change = np.log(price[k] / price[last])
            squares, days = fold_return(squares, days, change, apart, memory_days)
            last = k
        found[k] = np.sqrt(squares / days)
    return found
