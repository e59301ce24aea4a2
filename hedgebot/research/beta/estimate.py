"""The coins of another that are sold for one coin held, so that least variance is left.

    beta = slope of returns x price of the coin / price of the other, both of now

Returns keep their law while prices trend; changes of price do not: those of times when prices were
high weigh most, and their slope is an average of what was right then. It is told beside the other.

The error stands on residuals as they are, neither independent nor of one variance: changes overlap,
and volatility comes in clusters. Source: W. K. Newey and K. D. West, A simple, positive
semi-definite, heteroskedasticity and autocorrelation consistent covariance matrix, Econometrica 55
(1987); where bars are missing, their products count nothing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
import polars as pl

from hedgebot.core.min_variance import Moments, effectiveness, ratio
from hedgebot.research.beta.pairs import SPANS_MIN, Asked, Pairs, pairs_of
from hedgebot.research.history import History
from hedgebot.research.returns import moments_of

ERRORS = 2.0
"""So many standard errors are taken for chance, as the live ratio does."""
PARTS_MAX = 8
DIGITS = 2
"""Of the error, that the number to write down shows."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Of the coin's changes on the other's."""

    beta: float
    """Coins of the other for one coin; of returns, a number."""
    error: float
    """Standard error of it."""

    @property
    def ends(self) -> tuple[float, float]:
        """Of some 95 % confidence."""
        return self.beta - ERRORS * self.error, self.beta + ERRORS * self.error


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the window by itself."""

    begin_ms: int
    end_ms: int
    returns: Slope
    """Of the returns in it, without a unit."""
    beta: float
    """At the prices of its end."""
    held: float | None
    """Share of the variance of its price changes that the beta of the part before took away."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Known at the middle of the window, held through its second half as one number of coins."""

    at_ms: int
    beta: float
    effectiveness: float
    """Share of the variance of price changes that it took away."""
    by_changes: float
    """The slope of price changes of the first half, and what that took away."""
    by_changes_effectiveness: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What history says."""

    pairs: Pairs
    returns: Slope
    """Of returns, without a unit."""
    now: Slope
    """The same in coins, at the last prices."""
    changes: Slope
    """Of price changes over the whole window, coins."""
    effectiveness: float
    """Share of the variance of returns that `returns` takes away in the window it is made of."""
    ahead: Ahead
    parts: tuple[Part, ...]

    @property
    def known(self) -> bool:
        """Whether it is more than nothing but for chance."""
        return self.now.ends[0] > 0.0

    @property
    def to_write(self) -> Decimal:
        """The number with as many digits as the error leaves."""
        places = DIGITS - 1 - math.floor(math.log10(self.now.error or abs(self.now.beta) / 1e6))
        return Decimal(f"{self.now.beta:.{max(places, 0)}f}")


def estimate(history: History, asked: Asked) -> Estimate:
    """Estimate it.

    Raises:
        BetaRefused: the two series tell nothing; why, and what to do.
    """
    pairs = pairs_of(history, asked)
    returns = _slope(pairs, _returns(pairs.rows))
    coin, other = pairs.prices
    return Estimate(
        pairs=pairs,
        returns=returns,
        now=Slope(returns.beta * coin / other, returns.error * coin / other),
        changes=_slope(pairs, _changes(pairs.rows)),
        effectiveness=effectiveness(moments_of(_returns(pairs.rows)), returns.beta),
        ahead=_ahead(pairs),
        parts=tuple(_parts(pairs)),
    )


def _returns(rows: pl.DataFrame) -> pl.DataFrame:
    """Of what was worth one dollar each."""
    coin, other = (pl.col(each) / pl.col(f"{each}_before") - 1 for each in ("coin", "other"))
    return rows.select("at_ms", spot=coin, hedge=other)


def _changes(rows: pl.DataFrame) -> pl.DataFrame:
    """Of the prices, dollars for one coin each."""
    coin, other = (pl.col(each) - pl.col(f"{each}_before") for each in ("coin", "other"))
    return rows.select("at_ms", spot=coin, hedge=other)


def _begun(pairs: Pairs, rows: pl.DataFrame, at_ms: int) -> pl.DataFrame:
    """Changes of price that begin there or later."""
    return _changes(rows.filter(pl.col("at_ms") - pairs.over_ms >= at_ms))


def _slope(pairs: Pairs, both: pl.DataFrame) -> Slope:
    moments = moments_of(both)
    return Slope(ratio(moments), _error(pairs, both, moments))


def _error(pairs: Pairs, both: pl.DataFrame, moments: Moments) -> float:
    """By Newey and West, with a memory of twice the time that changes overlap; infinite where the
    other does not move.

    The weighted sum of products at all lags is that of squares of sums over a moving window.
    """
    if not moments.hedge_square:
        return math.inf
    spot, hedge = (both[each].to_numpy() for each in ("spot", "hedge"))
    from_hedge = hedge - moments.hedge_mean
    pull = from_hedge * (spot - moments.spot_mean - ratio(moments) * from_hedge)
    lags = max(2 * pairs.over_ms // pairs.step_ms, int(4 * (both.height / 100) ** (2 / 9)))
    at = (both["at_ms"].to_numpy() - int(both["at_ms"][0])) // pairs.step_ms
    sums = np.cumsum(np.bincount(at, weights=pull, minlength=int(at[-1]) + 1 + lags))
    moving = sums - np.concatenate((np.zeros(lags + 1), sums[: -lags - 1]))
    free = both.height / (both.height - 2)
    return math.sqrt(float(moving @ moving) / (lags + 1) * free) / moments.hedge_square


def _ahead(pairs: Pairs) -> Ahead:
    rows = pairs.rows
    split = rows.height // 2
    first, at_ms = rows[:split], int(rows["at_ms"][split - 1])
    later = _begun(pairs, rows, at_ms)
    priced = float(first["coin"][-1]) / float(first["other"][-1])
    beta = ratio(moments_of(_returns(first))) * priced
    by_changes = ratio(moments_of(_changes(first)))
    found = moments_of(later)
    return Ahead(
        at_ms, beta, effectiveness(found, beta), by_changes, effectiveness(found, by_changes)
    )


def _parts(pairs: Pairs) -> Iterator[Part]:
    """Pieces of one length, each with enough in it."""
    before: Part | None = None
    count = min(PARTS_MAX, pairs.spans // SPANS_MIN)
    edges = [pairs.rows.height * each // count for each in range(count + 1)]
    for begin, end in pairwise(edges):
        rows = pairs.rows[begin:end]
        slope = _slope(pairs, _returns(rows))
        priced = float(rows["coin"][-1]) / float(rows["other"][-1])
        begin_ms, end_ms = (int(rows["at_ms"][at]) for at in (0, -1))
        held = None
        if before is not None:
            later = _begun(pairs, rows, before.end_ms)
            held = effectiveness(moments_of(later), before.beta)
        before = Part(begin_ms, end_ms, slope, slope.beta * priced, held)
        yield before
