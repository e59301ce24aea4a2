"""Black-76 against two libraries, against its own differences, and where it has no curve."""

import math
from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st
from vollib.black import black
from vollib.black.greeks import analytical

from hedgebot.core import greeks
from hedgebot.core.greeks import CALL, PUT, Option

ALL = (
    greeks.price, greeks.delta, greeks.gamma, greeks.vega, greeks.theta,
    greeks.coin_price, greeks.coin_delta, greeks.coin_gamma, greeks.coin_vega, greeks.coin_theta,
)  # fmt: skip
Measure = Callable[[Option], float]
RIGHTS = st.sampled_from([CALL, PUT])
CASES = 3_000


def logarithmic(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(math.exp)


@st.composite
def options(draw: st.DrawFn) -> Option:
    """Alive, and near enough to the money for every Greek to be more than dust."""
    forward, vol = draw(logarithmic(1e-5, 2e5)), draw(logarithmic(0.05, 4.0))
    years = draw(logarithmic(1e-4, 3.0))
    away = draw(st.floats(-2.5, 2.5)) * vol * math.sqrt(years)
    return Option(forward, forward * math.exp(away), vol, years, draw(RIGHTS))


def grid(seed: int) -> list[Option]:
    """From an hour to five years, 1 to 500 % a year, strikes from a twentieth to twenty times."""
    rng = Random(seed)
    found = []
    for _ in range(CASES):
        forward = math.exp(rng.uniform(math.log(1e-5), math.log(2e5)))
        years = math.exp(rng.uniform(math.log(1e-4), math.log(5.0)))
        vol = math.exp(rng.uniform(math.log(0.01), math.log(5.0)))
        strike = forward * math.exp(rng.uniform(-3.0, 3.0))
        found += [Option(forward, strike, vol, years, right) for right in (CALL, PUT)]
    return found


def near(ours: float, theirs: float, dust: float) -> bool:
    return abs(ours - theirs) <= 1e-9 * abs(theirs) + dust


def test_vollib_finds_the_same_to_1e_9() -> None:
    for option in grid(76):
        forward, strike, vol, years, right = option
        flag = "c" if right == CALL else "p"
        terms = (flag, forward, strike, years, 0.0, vol)
        dust = 1e-14 * max(forward, strike)
        assert near(greeks.price(option), black(*terms), dust), option
        assert near(greeks.delta(option), analytical.delta(*terms), 1e-14), option
        assert near(greeks.gamma(option), analytical.gamma(*terms), 1e-14 / forward), option
        assert near(greeks.vega(option) / 100, analytical.vega(*terms), dust), option
        assert near(greeks.theta(option) / 365, analytical.theta(*terms), dust), option


def test_quantlib_finds_the_same_to_1e_9() -> None:
    rights = {CALL: QuantLib.Option.Call, PUT: QuantLib.Option.Put}
    for option in grid(1976):
        forward, strike, vol, years, right = option
        payoff = QuantLib.PlainVanillaPayoff(rights[right], strike)
        judge = QuantLib.BlackCalculator(payoff, forward, vol * math.sqrt(years), 1.0)
        dust = 1e-12 * max(forward, strike)
        assert near(greeks.price(option), judge.value(), dust), option
        assert near(greeks.delta(option), judge.deltaForward(), 1e-12), option
        assert near(greeks.gamma(option), judge.gammaForward(), 1e-9 / forward), option
        assert near(greeks.vega(option), judge.vega(years), dust), option
        assert near(greeks.theta(option), judge.theta(forward, years), 1e-9 * forward), option


SLOPES = [
    (greeks.price, "forward", greeks.delta),
    (greeks.delta, "forward", greeks.gamma),
    (greeks.price, "vol", greeks.vega),
    (greeks.price, "years", greeks.theta),
    (greeks.coin_price, "forward", greeks.coin_delta),
    (greeks.coin_delta, "forward", greeks.coin_gamma),
    (greeks.coin_price, "vol", greeks.coin_vega),
    (greeks.coin_price, "years", greeks.coin_theta),
]


def slope(of: Measure, option: Option, field: str) -> tuple[float, float]:
    """Change of a measure with one of the option's numbers, by differences of the fourth order.

    And what rounding may make of it.
    """
    at = option._asdict()[field]
    step = 5e-3 * at
    if field == "forward":
        step *= min(1.0, option.vol * math.sqrt(option.years))
    far, up, down, away = (
        of(option._replace(**{field: at + n * step})) for n in (2.0, 1.0, -1.0, -2.0)
    )
    whole = max(option.forward, option.strike)
    size = whole if of is greeks.price else whole / option.forward
    return (8.0 * (up - down) - (far - away)) / (12.0 * step), 1e-14 * size / step


@pytest.mark.parametrize(("of", "field", "expected"), SLOPES)
@given(option=options())
def test_every_greek_is_the_slope_that_it_says(
    of: Measure, field: str, expected: Measure, option: Option
) -> None:
    found, dust = slope(of, option, field)
    if field == "years":
        found = -found  # time passes towards the expiry
    if expected is greeks.coin_delta:
        found, dust = found * option.forward, dust * option.forward  # with the logarithm
    assert found == pytest.approx(expected(option), rel=1e-5, abs=dust)


@given(options())
def test_a_call_less_a_put_is_the_forward_less_the_strike(option: Option) -> None:
    call, put = option._replace(right=CALL), option._replace(right=PUT)
    forward, strike = option.forward, option.strike
    dust = 1e-14 * max(forward, strike)
    assert greeks.price(call) - greeks.price(put) == pytest.approx(forward - strike, abs=dust)
    assert greeks.delta(call) - greeks.delta(put) == pytest.approx(1.0, abs=1e-14)
    coins = greeks.coin_delta(call) - greeks.coin_delta(put)
    assert coins == pytest.approx(strike / forward, rel=1e-14)
    for same in (greeks.gamma, greeks.vega, greeks.theta):
        assert same(call) == same(put)


@given(options())
def test_equity_and_delta_would_count_the_premium_twice(option: Option) -> None:
    """Equity plus `coin_delta` is cash plus `delta`: the same coins by either way of counting."""
    cash, premium = 3.0, greeks.coin_price(option)
    of_equity = (cash + premium) + greeks.coin_delta(option)
    dust = 1e-12 + 1e-14 * option.strike / option.forward
    assert of_equity == pytest.approx(cash + greeks.delta(option), abs=dust)


@given(options())
def test_signs_and_bounds(option: Option) -> None:
    forward, strike, _, _, right = option
    assert max(right * (forward - strike), 0.0) <= greeks.price(option)
    assert greeks.price(option) <= (forward if right == CALL else strike)
    assert 0.0 <= right * greeks.delta(option) <= 1.0
    assert 0.0 <= right * greeks.coin_delta(option) <= strike / forward
    assert greeks.gamma(option) > 0.0 < greeks.vega(option)
    assert greeks.theta(option) < 0.0 < greeks.coin_vega(option)


def test_rounding_takes_nothing_below_the_payoff_nor_below_nil() -> None:
    """Two whose formula ends 2.8e-14 under the payoff, and 3.5e-322 under nil."""
    inside = Option(145.8, 51.6, 0.21, 0.3682, CALL)
    assert greeks.price(inside) == 145.8 - 51.6
    outside = Option(55.6, 146.6, 0.09, 0.0785, CALL)
    assert greeks.price(outside) == 0.0


@pytest.mark.parametrize("right", [CALL, PUT])
@pytest.mark.parametrize("strike", [90.0, 100.0, 110.0])
@pytest.mark.parametrize(
    ("vol", "years"), [(0.5, 0.0), (0.5, -1.0), (0.0, 0.0), (1e-7, 1e-14), (0.5, -math.inf)]
)
def test_what_has_expired_is_its_payoff(
    vol: float, years: float, strike: float, right: int
) -> None:
    option = Option(100.0, strike, vol, years, right)
    inside = right * (100.0 - strike)
    share = 0.5 if inside == 0.0 else float(inside > 0.0)
    assert greeks.price(option) == max(inside, 0.0)
    assert greeks.delta(option) == right * share
    assert greeks.coin_price(option) == max(inside, 0.0) / 100.0
    assert greeks.coin_delta(option) == pytest.approx(right * share * strike / 100.0)
    assert (greeks.gamma(option), greeks.theta(option)) == (0.0, 0.0)
    assert greeks.coin_gamma(option) == pytest.approx(-right * share * strike / 100.0 / 100.0)
    assert greeks.vega(option) == pytest.approx(0.0, abs=1e-5)


def test_without_volatility_only_the_strike_has_vega() -> None:
    """0.398942 is the density of the normal law at nil: the limit of the worth over `vol`."""
    still = Option(100.0, 100.0, 0.0, 0.25, CALL)
    assert greeks.vega(still) == pytest.approx(100.0 * 0.3989422804 * 0.5)
    assert greeks.vega(still) == pytest.approx(greeks.vega(still._replace(vol=1e-6)))
    assert greeks.vega(still._replace(strike=100.001)) == 0.0
    assert greeks.price(still) == greeks.theta(still) == greeks.gamma(still) == 0.0


def test_the_narrowest_spread_joins_the_payoff() -> None:
    """Just above it and at it: no jump but that of gamma, which has none at the strike."""
    wide = Option(100.0, 100.0, 1.0001e-12, 1.0, CALL)
    assert greeks.price(wide) <= 1e-10
    assert greeks.delta(wide) == pytest.approx(0.5, abs=1e-12)
    assert greeks.gamma(wide) > 1e9
    assert greeks.gamma(wide._replace(vol=1e-12)) > 1e9
    assert greeks.gamma(wide._replace(vol=0.9999e-12)) == 0.0
    assert greeks.theta(wide) < 0.0 == greeks.theta(wide._replace(vol=0.9999e-12))


@st.composite
def extremes(draw: st.DrawFn) -> Option:
    forward, strike = (
        min(max(draw(logarithmic(1e-15, 1e15)), greeks.PRICE_MIN), greeks.PRICE_MAX)
        for _ in range(2)
    )
    vol = draw(st.just(0.0) | logarithmic(1e-300, 49.9))
    years = draw(st.floats(-1.0, 0.0) | logarithmic(1e-300, 99.9))
    return Option(forward, strike, vol, years, draw(RIGHTS))


@given(extremes())
def test_no_answer_is_ever_nan_or_infinite(option: Option) -> None:
    assert all(math.isfinite(each(option)) for each in ALL)


@pytest.mark.parametrize("corner", list(product((1e-15, 1e15), (1e-15, 1e15), (0, 50), (0, 100))))
def test_the_corners_are_answered(corner: tuple[float, ...]) -> None:
    forward, strike, vol, years = corner
    for right in (CALL, PUT):
        option = Option(forward, strike, vol, years, right)
        assert all(math.isfinite(each(option)) for each in ALL)


GOOD = Option(100.0, 100.0, 0.5, 0.25, CALL)
PRICES = (0.0, -1.0, 0.99e-15, 1.01e15, math.inf, math.nan)


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize(
    ("field", "bad", "named"),
    [
        *(("forward", bad, "^forward and strike must be from 1e-15 to 1e15$") for bad in PRICES),
        *(("strike", bad, "^forward and strike must be from 1e-15 to 1e15$") for bad in PRICES),
        *(
            ("vol", bad, "^vol must be from 0 to 50, a fraction: 0.65 is 65 %$")
            for bad in (-0.01, 50.1, 65.0, math.inf, math.nan)
        ),
        *(
            ("years", bad, "^years must be at most 100: see years_left$")
            for bad in (100.1, math.inf, math.nan)
        ),
        *(("right", bad, "^right must be CALL or PUT$") for bad in (0, 2, -2)),
    ],
)
def test_what_is_absurd_is_refused(measure: Measure, field: str, bad: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        measure(GOOD._replace(**{field: bad}))


def test_a_year_has_365_days() -> None:
    assert greeks.years_left(1_000, 1_000 + 365 * 86_400_000) == 1.0
    assert greeks.years_left(0, 86_400_000) == 1 / 365
    assert greeks.years_left(5, 5) == greeks.years_left(6, 5) == 0.0


def test_theory_4_the_band_of_whalley_and_wilmott() -> None:
    width = greeks.whalley_wilmott_width(4e-4, 100.0, 1e-3, 1.0)
    assert round(width, 7) == 0.0028845
    assert greeks.whalley_wilmott_width(-4e-4, 100.0, 1e-3, 1.0) == width
    assert greeks.whalley_wilmott_width(0.0, 100.0, 1e-3, 1.0) == 0.0
    assert greeks.whalley_wilmott_width(4e-4, 100.0, 0.0, 1.0) == 0.0
    assert greeks.whalley_wilmott_width(4e-4, 0.5, 1e-3, 0.5) < width


def test_theory_4_is_the_band_of_proportional_costs() -> None:
    """D^3 = 3 (kappa + kappa) v / (4 c) with v = Gamma^2 sigma^2 S^2, c = a sigma^2 S^2."""
    total, coin, cost, aversion, vol = 3e-3, 250.0, 4e-4, 0.7, 0.6
    variance = (total * vol * coin) ** 2
    running = aversion * (vol * coin) ** 2
    cubed = 3 * (2 * cost * coin) * variance / (4 * running)
    assert greeks.whalley_wilmott_width(total, coin, cost, aversion) == pytest.approx(
        cubed ** (1 / 3), rel=1e-12
    )


@pytest.mark.parametrize(
    "terms",
    [
        (math.nan, 100.0, 1e-3, 1.0), (4e-4, 0.0, 1e-3, 1.0), (4e-4, math.nan, 1e-3, 1.0),
        (4e-4, 100.0, -1e-9, 1.0), (4e-4, 100.0, math.nan, 1.0), (4e-4, 100.0, 1e-3, 0.0),
        (4e-4, 100.0, 1e-3, math.nan), (math.inf, 100.0, 0.0, 1.0), (4e-4, math.inf, 0.0, 1.0),
    ],
)  # fmt: skip
def test_a_band_of_absurd_numbers_is_refused(terms: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"^price and aversion must be positive, cost not negati"):
        greeks.whalley_wilmott_width(*terms)
