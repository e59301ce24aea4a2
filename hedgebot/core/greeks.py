"""Options by Black-76. Float functions on plain numbers: numba compiles this source as it is.

Two ways of settling, of one coin of the option bought:

- Linear, the premium is in the quote currency: `price`, `delta` and so on.
- In the coin, the premium is in coins, which move with the price as well: `coin_price` and so on.
  Beside cash coins the option counts `delta`, as above; a venue's published delta is that one
  (Deribit's is, by the rows of its chains). Beside an equity, which holds the premium already, it
  counts `coin_delta`, which is less by the premium; equity and `delta` would count it twice.

An option that has expired, or whose price cannot move (`vol` is 0), is worth its payoff: its delta
is 0 or `right`, half of it at the strike; its gamma and its theta are 0, at the strike too, where
no number is right; its vega is 0 but at the strike, where the limit is a number. What is out of
the bounds of `Option`, or not a number, raises ValueError: no answer is ever NaN or infinite.

Source: F. Black, The pricing of commodity contracts, Journal of Financial Economics 3 (1976).
"""

import math
from typing import NamedTuple

CALL = 1
PUT = -1
MS_A_YEAR = 365.0 * 86_400_000.0

PRICE_MIN = 1e-15
PRICE_MAX = 1e15
VOL_MAX = 50.0
YEARS_MAX = 100.0
SPREAD_MIN = 1e-12
"""The narrowest spread at expiry that is told from none. Its option is worth less than 1e-12 of the
forward above its payoff; the last second at a volatility of one per cent has a spread of 2e-6."""


class Option(NamedTuple):
    """One coin of a European option, and where its market stands. Interest is nil."""

    forward: float
    """Price of the option's own expiry, quote per coin: 1e-15 to 1e15."""
    strike: float
    """Quote per coin: 1e-15 to 1e15."""
    vol: float
    """Volatility a year, a fraction: 0.65 is 65 %. 0 to 50."""
    years: float
    """To the expiry, of 365 days, by `years_left`; 0 or less is expired, at most 100."""
    right: int
    """CALL or PUT."""


def years_left(now_ms: int, expiry_ms: int) -> float:
    """Years of 365 days from now to the expiry; 0 after it."""
    return max(0, expiry_ms - now_ms) / MS_A_YEAR


def price(option: Option) -> float:
    """Worth, quote per coin; never below the payoff, nor below 0."""
    spread = _spread(option)
    upper = _upper(option, spread)
    right, forward, strike = option.right, option.forward, option.strike
    received = forward * _below(right * upper)
    paid = strike * _below(right * (upper - spread))
    return max(right * (received - paid), right * (forward - strike), 0.0)


def delta(option: Option) -> float:
    """Change of the worth with the forward, coins: 0 to 1 for a call, -1 to 0 for a put."""
    return option.right * _below(option.right * _upper(option, _spread(option)))


def gamma(option: Option) -> float:
    """Change of `delta` with the forward, coins per quote; not negative, one for both rights."""
    spread = _spread(option)
    if spread == 0.0:
        return 0.0
    return _density(_upper(option, spread)) / (option.forward * spread)


def vega(option: Option) -> float:
    """Change of the worth with `vol`, quote per coin and 1.00 of volatility; not negative.

    Venues print a hundredth of it, per point. One for both rights.
    """
    density = _density(_upper(option, _spread(option)))
    return option.forward * density * math.sqrt(max(option.years, 0.0))


def theta(option: Option) -> float:
    """Change of the worth as time passes, quote per coin and year; not positive.

    Venues print a 365th of it, per day. One for both rights, interest being nil.
    """
    spread = _spread(option)
    if spread == 0.0:
        return 0.0
    density = _density(_upper(option, spread))
    return -option.forward * density * option.vol / (2.0 * math.sqrt(option.years))


def coin_price(option: Option) -> float:
    """Worth of a coin-settled option, coins per coin: `price` over the forward."""
    return price(option) / option.forward


def coin_delta(option: Option) -> float:
    """What it adds to an equity that holds its premium, coins: `delta` less `coin_price`.

    That is the change of `coin_price` with the logarithm of the forward. Not negative for a call,
    not positive for a put, and below -1 for a put whose strike is far above the forward.
    """
    spread = _spread(option)
    lower = _upper(option, spread) - spread
    return option.right * option.strike / option.forward * _below(option.right * lower)


def coin_gamma(option: Option) -> float:
    """Change of `coin_delta` with the forward, coins per quote; a call's is negative deep in."""
    return gamma(option) - coin_delta(option) / option.forward


def coin_vega(option: Option) -> float:
    """Change of `coin_price` with `vol`, coins per coin and 1.00 of volatility; not negative."""
    return vega(option) / option.forward


def coin_theta(option: Option) -> float:
    """Change of `coin_price` as time passes, coins per coin and year; not positive."""
    return theta(option) / option.forward


def whalley_wilmott_width(total: float, price: float, cost: float, aversion: float) -> float:
    """Half the width of the band of deltas in which options are not hedged, coins.

    Args:
        total: gamma of all the options held, coins per quote; its sign does not matter.
        price: of the coin, quote; positive.
        cost: of trading, either way, a fraction of the notional; not negative.
        aversion: to risk, one over quote; positive.

    Raises:
        ValueError: one of them is not.

    For small costs, interest nil: A. E. Whalley, P. Wilmott, Mathematical Finance 7 (1997). It is
    the band of proportional costs with the variance that gamma gives the delta.
    """
    finite = math.isfinite(total) and math.isfinite(price) and math.isfinite(cost)
    if not (finite and price > 0.0 and cost >= 0.0 and aversion > 0.0):
        raise ValueError("price and aversion must be positive, cost not negative, all finite")
    return math.pow(1.5 * cost * total * total * price / aversion, 1.0 / 3.0)


def _spread(option: Option) -> float:
    """Standard deviation of the logarithm of the price at expiry; 0 where it cannot move.

    Raises:
        ValueError: a number is out of the bounds of `Option`.
    """
    if not (PRICE_MIN <= option.forward <= PRICE_MAX and PRICE_MIN <= option.strike <= PRICE_MAX):
        raise ValueError("forward and strike must be from 1e-15 to 1e15")
    if not 0.0 <= option.vol <= VOL_MAX:
        raise ValueError("vol must be from 0 to 50, a fraction: 0.65 is 65 %")
    if not option.years <= YEARS_MAX:
        raise ValueError("years must be at most 100: see years_left")
    if option.right not in (CALL, PUT):
        raise ValueError("right must be CALL or PUT")
    spread = option.vol * math.sqrt(max(option.years, 0.0))
    return spread if spread >= SPREAD_MIN else 0.0


def _upper(option: Option, spread: float) -> float:
    """Distance of the forward above the strike in spreads, plus half of one: d1 in the books."""
    away = math.log(option.forward / option.strike)
    if spread > 0.0:
        return away / spread + 0.5 * spread
    return math.copysign(math.inf, away) if away != 0.0 else 0.0


def _below(bound: float) -> float:
    """Odds that a standard normal number is below it; precise in both tails."""
    return 0.5 * math.erfc(-bound * math.sqrt(0.5))


def _density(at: float) -> float:
    """Of the standard normal law."""
    return math.exp(-0.5 * at * at) / math.sqrt(2.0 * math.pi)
