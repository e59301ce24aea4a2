"""The ratio that leaves the least variance, online. Floats: numba compiles this source as it is.

A holding and its hedge move together; `ratio` of the hedge sold for one of the holding leaves the
least variance of the changes, whatever their unit: both in quote, or both logarithmic returns.

Source: L. H. Ederington, The hedging performance of the new futures markets, Journal of Finance 34
(1979). The moments are updated as by B. P. Welford, Technometrics 4 (1962), with forgetting.
"""

import math
from typing import NamedTuple


class Moments(NamedTuple):
    """What is remembered of the changes seen so far."""

    weight: float
    """Of all changes; their number where none is forgotten."""
    squares: float
    """Sum of the squared weights."""
    spot_mean: float
    hedge_mean: float
    spot_square: float
    """Weighted sum of squared distances from the mean; the next two likewise."""
    hedge_square: float
    product: float


NOTHING = Moments(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def seen(moments: Moments, spot: float, hedge: float, keep: float) -> Moments:
    """The moments after one more pair of changes over the same time.

    Args:
        moments: before it; NOTHING at first.
        spot: change of the holding.
        hedge: change of the hedge.
        keep: weight that each older pair keeps, 0 to 1. 1 forgets nothing; 0.5 ** (1 / n) halves
            a pair's weight after n more.

    Raises:
        ValueError: `keep` is outside, or a change is not finite.
    """
    if not 0.0 <= keep <= 1.0:
        raise ValueError("keep must be from 0 to 1")
    if not (math.isfinite(spot) and math.isfinite(hedge)):
        raise ValueError("changes must be finite")
    kept = keep * moments.weight
    weight = kept + 1.0
    from_spot, from_hedge = spot - moments.spot_mean, hedge - moments.hedge_mean
    share = kept / weight
    return Moments(
        weight,
        keep * keep * moments.squares + 1.0,
        moments.spot_mean + from_spot / weight,
        moments.hedge_mean + from_hedge / weight,
        keep * moments.spot_square + share * from_spot * from_spot,
        keep * moments.hedge_square + share * from_hedge * from_hedge,
        keep * moments.product + share * from_spot * from_hedge,
    )


def pairs(moments: Moments) -> float:
    """How many pairs of equal weight would tell as much: the memory that `keep` amounts to."""
    return moments.weight * moments.weight / moments.squares if moments.weight > 0.0 else 0.0


def ratio(moments: Moments) -> float:
    """Covariance over the variance of the hedge; 0 where the hedge does not move."""
    return moments.product / moments.hedge_square if moments.hedge_square > 0.0 else 0.0


def ratio_error(moments: Moments) -> float:
    """Standard error of `ratio`, the changes taken for independent; infinite up to two pairs.

    Twice of it on either side is a confidence of some 95 %.
    """
    free = pairs(moments) - 2.0
    if free <= 0.0 or moments.hedge_square <= 0.0:
        return math.inf
    left = max(moments.spot_square - ratio(moments) * moments.product, 0.0)
    return math.sqrt(left / moments.hedge_square / free)


def effectiveness(moments: Moments, sold: float) -> float:
    """Share of the variance that selling `sold` of the hedge for one of the holding takes away.

    1 is a perfect hedge, 0 is no use, negative is worse than none. 0 where the holding does not
    move: nothing is there to take away.
    """
    if moments.spot_square <= 0.0:
        return 0.0
    shared = sold * (2.0 * moments.product - sold * moments.hedge_square)
    return shared / moments.spot_square
