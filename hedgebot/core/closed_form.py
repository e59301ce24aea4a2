"""Bands in closed form. Float functions on plain numbers: numba compiles this source as it is.

x is the deviation of the net delta from its target, coins; v the variance of x a day when nothing
is traded; c / 2 x^2 the running cost of holding x, quote a day; cost what a coin traded costs.
Each formula holds for many small moves a band's width: lumpy or drifting flows need `stationary`.
"""

import math


def risk_aversion(premium: float, *, holding: float, volatility: float) -> float:
    """Per unit of quote, from one answer: what would you pay to be rid of a day's risk?

    A premium for a `holding` (quote) over a day of this daily volatility prices the variance of its
    value: premium = gamma / 2 x (volatility x holding)^2.
    """
    return 2.0 * premium / (volatility * holding) ** 2


def risk_charge(aversion: float, *, volatility: float, price: float) -> float:
    """The c of a mean-variance hedger: gamma x (sigma S)^2, quote a day for each squared coin."""
    return aversion * (volatility * price) ** 2


def edge_width(variance: float, *, sell: float, buy: float, charge: float) -> float:
    """Half-width of the band that trades back to its edge, proportional cost.

    D^3 = 3 (sell + buy) v / (4 c): at the edge of a uniform density the cost rate is
    c D^2 / 6 + (sell + buy) v / (4 D), least there. Asymptotics of Soner and Touzi (2013).
    """
    return float((0.75 * (sell + buy) * variance / charge) ** (1.0 / 3.0))


def edge_cost(width: float, charge: float) -> float:
    """Cost rate of that band at its best width, quote a day: c D^2 / 2."""
    return 0.5 * charge * width * width


def fold_return(
    squares: float, days: float, *, change: float, apart: float, memory: float
) -> tuple[float, float]:
    """Squared logarithmic returns, and the days that they took, after one more; older ones fade.

    Args:
        squares: until now; over `days` the variance a day.
        days: until now.
        change: logarithmic return of the last `apart` days.
        apart: days, not negative.
        memory: days; what a day saw so long ago counts 1/e.
    """
    kept = math.exp(-apart / memory)
    return squares * kept + change * change, days * kept + memory * (1.0 - kept)


def target_width(variance: float, *, cost: float, charge: float) -> float:
    """Half-width of the band that trades back to its target: D^3 = 6 cost v / c.

    A triangular density holds c D^2 / 12, an exit a time D^2 / v trades D: least where equal, and
    2^(1/3) dearer than the edge.
    """
    return float((6.0 * cost * variance / charge) ** (1.0 / 3.0))


def target_cost(width: float, charge: float) -> float:
    """Cost rate of that band at its best width, quote a day: c D^2 / 4."""
    return 0.25 * charge * width * width


def order_width(variance: float, *, order: float, charge: float) -> float:
    """Half-width where only orders cost, `order` quote each, and trade back to the centre.

    D^4 = 12 F v / c, from c D^2 / 12 + F v / D^2; its cost rate is c D^2 / 6.
    """
    return float((12.0 * order * variance / charge) ** 0.25)


def option_width(gamma: float, *, rate: float, price: float, aversion: float) -> float:
    """Half-width of an option's delta, coins: Whalley and Wilmott's (3 k Gamma^2 S / 2 a)^(1/3).

    It is `edge_width` with v = (Gamma sigma S)^2, c = a (sigma S)^2 and k S paid on each side:
    the volatility cancels.
    """
    return edge_width(gamma * gamma, sell=rate * price, buy=rate * price, charge=aversion)
