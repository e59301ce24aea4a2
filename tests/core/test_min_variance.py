import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.core.min_variance import (
    NOTHING,
    Moments,
    effectiveness,
    pairs,
    ratio,
    ratio_error,
    seen,
)

CHANGES = st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=2, max_size=30)


def of(changes: list[tuple[float, float]], keep: float = 1.0) -> Moments:
    moments = NOTHING
    for spot, hedge in changes:
        moments = seen(moments, spot, hedge, keep)
    return moments


def plain(changes: list[tuple[float, float]], keep: float) -> tuple[float, float, float]:
    """Weighted sums around the mean, by their definition."""
    weights = [keep**age for age in range(len(changes))][::-1]
    total = sum(weights)
    spot_mean, hedge_mean = (
        sum(w * each[side] for w, each in zip(weights, changes, strict=True)) / total
        for side in (0, 1)
    )
    away = [(w, s - spot_mean, h - hedge_mean)
            for w, (s, h) in zip(weights, changes, strict=True)]  # fmt: skip
    return (
        sum(w * s * s for w, s, _ in away),
        sum(w * h * h for w, _, h in away),
        sum(w * s * h for w, s, h in away),
    )


def test_worked_by_hand() -> None:
    """Means 2 and 4; squares 2 and 8, product 4: half a hedge takes all of it away."""
    moments = of([(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)])
    assert moments == (3.0, 3.0, 2.0, 4.0, 2.0, 8.0, 4.0)
    assert ratio(moments) == 0.5
    assert ratio_error(moments) == 0.0
    assert effectiveness(moments, 0.5) == 1.0
    assert effectiveness(moments, 1.0) == 0.0  # as far beyond as before
    assert effectiveness(moments, 2.0) == -8.0


def test_worked_by_hand_with_an_error() -> None:
    """Hedge -1, 0, 1 against spot -1, 1, 0: product 1 of squares 2 and 2; 1.5 is left of 2."""
    moments = of([(-1.0, -1.0), (1.0, 0.0), (0.0, 1.0)])
    assert ratio(moments) == pytest.approx(0.5)
    assert effectiveness(moments, ratio(moments)) == pytest.approx(0.25)
    assert effectiveness(moments, 1.0) == pytest.approx(0.0)
    assert ratio_error(moments) == pytest.approx(math.sqrt(1.5 / 2 / 1))


@given(CHANGES, st.sampled_from([1.0, 0.9, 0.5]))
def test_they_are_the_sums_that_they_stand_for(
    changes: list[tuple[float, float]], keep: float
) -> None:
    moments = of(changes, keep)
    expected = plain(changes, keep)
    found = moments.spot_square, moments.hedge_square, moments.product
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(CHANGES, st.floats(-2, 2))
def test_no_other_ratio_leaves_less(changes: list[tuple[float, float]], other: float) -> None:
    moments = of(changes)
    best = effectiveness(moments, ratio(moments))
    assert -1e-12 <= best <= 1.0 + 1e-9
    assert effectiveness(moments, other) <= best + 1e-9 * (1.0 + abs(effectiveness(moments, other)))


@given(CHANGES, st.floats(-2, 2))
def test_effectiveness_is_one_less_the_variances(
    changes: list[tuple[float, float]], sold: float
) -> None:
    left, _, _ = plain([(spot - sold * hedge, 0.0) for spot, hedge in changes], 1.0)
    whole, _, _ = plain(changes, 1.0)
    if whole > 1e-6:
        found = effectiveness(of(changes), sold)
        assert found == pytest.approx(1.0 - left / whole, rel=1e-6, abs=1e-9 + 1e-9 / whole)


def test_small_changes_count_as_large_ones_do() -> None:
    """Returns of an hour are thousandths: nothing is nil below one."""
    small = of([(-1e-3, -1e-3), (1e-3, 0.0), (0.0, 1e-3)])
    assert ratio(small) == pytest.approx(0.5)
    assert ratio_error(small) == pytest.approx(math.sqrt(1.5 / 2 / 1))
    assert effectiveness(small, 0.5) == pytest.approx(0.25)
    assert pairs(of([(1e-3, 1e-3)])) == 1.0


def test_what_is_forgotten_no_longer_counts() -> None:
    rng = Random(5)
    old = [(move, 3.0 * move) for move in (rng.gauss(0, 1) for _ in range(500))]
    new = [(move, 0.5 * move) for move in (rng.gauss(0, 1) for _ in range(500))]
    keep = 0.5 ** (1 / 20)
    assert ratio(of(old + new, keep)) == pytest.approx(2.0, abs=1e-4)
    assert ratio(of(old + new)) == pytest.approx((1 / 3 * 9 + 2 / 4) / (9 + 1 / 4), abs=0.02)
    assert pairs(of(old, keep)) == pytest.approx((1 + keep) / (1 - keep))
    assert pairs(of(old)) == 500.0


def test_the_error_is_as_wide_as_chance_makes_it() -> None:
    """Of 400 samples of 100 pairs, some 95 % have the true ratio within two errors."""
    rng, inside = Random(9), 0
    for _ in range(400):
        hedges = [rng.gauss(0.0, 2.0) for _ in range(100)]
        moments = of([(0.8 * hedge + rng.gauss(0.0, 1.0), hedge) for hedge in hedges])
        inside += abs(ratio(moments) - 0.8) < 2 * ratio_error(moments)
    assert 0.93 <= inside / 400 <= 0.98


def test_nothing_known_is_said_so() -> None:
    assert (ratio(NOTHING), pairs(NOTHING), effectiveness(NOTHING, 1.0)) == (0.0, 0.0, 0.0)
    for few in ([], [(1.0, 2.0)], [(1.0, 2.0), (2.0, 3.0)]):
        assert ratio_error(of(few)) == math.inf
    assert ratio_error(of([(1.0, 2.0), (2.0, 3.0), (2.0, 5.0)])) < math.inf
    still = of([(1.0, 2.0), (3.0, 2.0), (5.0, 2.0)])
    assert (ratio(still), ratio_error(still)) == (0.0, math.inf)
    held = of([(1.0, 1.0), (1.0, 2.0), (1.0, 5.0)])
    assert effectiveness(held, 1.0) == 0.0


@pytest.mark.parametrize("keep", [-0.01, 1.01, math.nan, math.inf])
def test_an_absurd_memory_is_refused(keep: float) -> None:
    with pytest.raises(ValueError, match=r"^keep must be from 0 to 1$"):
        seen(NOTHING, 1.0, 1.0, keep)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_change_is_refused(bad: float) -> None:
    for spot, hedge in ((bad, 1.0), (1.0, bad)):
        with pytest.raises(ValueError, match=r"^changes must be finite$"):
            seen(NOTHING, spot, hedge, 1.0)


def test_memory_of_the_last_pair_alone() -> None:
    assert seen(of([(1.0, 2.0), (5.0, 3.0)]), 7.0, 8.0, 0.0) == (1.0, 1.0, 7.0, 8.0, 0.0, 0.0, 0.0)
