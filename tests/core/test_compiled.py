"""numba compiles the very source of the core, and finds the same numbers."""

import math
from random import Random

import pytest

from hedgebot.core import greeks, min_variance
from hedgebot.core.greeks import CALL, PUT
from hedgebot.research.compiled import Compiled

NAMES = (
    "price", "delta", "gamma", "vega", "theta",
    "coin_price", "coin_delta", "coin_gamma", "coin_vega", "coin_theta",
)  # fmt: skip

FAST = Compiled(greeks, min_variance)


def test_compiled_they_find_the_same() -> None:
    rng = Random(3)
    for _ in range(500):
        forward = math.exp(rng.uniform(-10.0, 12.0))
        strike = forward * math.exp(rng.choice((0.0, rng.uniform(-2.0, 2.0))))
        vol, years = rng.choice((0.0, rng.uniform(0.01, 3.0))), rng.uniform(-0.1, 1.0)
        terms = (forward, strike, vol, years, rng.choice((CALL, PUT)))
        for name in NAMES:
            option, function = greeks.Option(*terms), getattr(greeks, name)
            ours, theirs = function(option), FAST[function](option)
            # the last bits of exp, erfc and fused products are the compiler's own
            assert math.isclose(ours, theirs, rel_tol=1e-11, abs_tol=1e-14 * strike), (name, terms)


def test_compiled_they_refuse_the_same() -> None:
    for bad in ((-1.0, 1.0, 0.5, 1.0, CALL), (1.0, 1.0, 65.0, 1.0, CALL), (1.0, 1.0, 0.5, 1.0, 3)):
        with pytest.raises(ValueError, match="must be"):
            greeks.delta(greeks.Option(*bad))
        with pytest.raises(ValueError, match="must be"):
            FAST[greeks.delta](greeks.Option(*bad))


def test_compiled_the_rest_is_the_same() -> None:
    terms = (4e-4, 100.0, 1e-3, 1.0)
    assert FAST[greeks.years_left](0, 86_400_000) == greeks.years_left(0, 86_400_000)
    theirs = FAST[greeks.whalley_wilmott_width](*terms)
    assert theirs == pytest.approx(greeks.whalley_wilmott_width(*terms), rel=1e-14)


def test_compiled_moments_are_the_same() -> None:
    rng = Random(2)
    changes = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(50)]
    ours = theirs = min_variance.NOTHING
    for spot, hedge in changes:
        ours = min_variance.seen(ours, spot, hedge, 0.97)
        theirs = FAST[min_variance.seen](theirs, spot, hedge, 0.97)
    assert tuple(theirs) == pytest.approx(tuple(ours), rel=1e-12)
    for name in ("pairs", "ratio", "ratio_error"):
        function = getattr(min_variance, name)
        assert FAST[function](theirs) == pytest.approx(function(ours), rel=1e-12)
    expected = min_variance.effectiveness(ours, 0.7)
    assert FAST[min_variance.effectiveness](theirs, 0.7) == pytest.approx(expected, rel=1e-12)
