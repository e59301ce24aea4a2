"""What is learnt of a flow."""

import math
import random

import pytest

from hedgebot.core.flow_law import (
    ATOMS,
    BINS,
    MEMORY,
    Room,
    bin_of,
    evenness,
    forget_all,
    law_of,
    moves_seen,
    note,
    variance_of,
)

UNIT = 0.001


def fresh() -> list[float]:
    memory = [7.0] * MEMORY
    forget_all(memory)
    return memory


def room() -> Room:
    return [0.0] * ATOMS, [0.0] * ATOMS, [0.0] * ATOMS


def learnt(moves: list[tuple[float, float]], *, fade: float = 1e6, wait: float = 0.0) -> Room:
    """The law of (days since the last, coins) moves."""
    memory, law = fresh(), room()
    for days, move in moves:
        note(memory, move=move, days=days, fade_days=fade, unit=UNIT)
    law_of(memory, wait_days=wait, law=law)
    return law


def drift(law: Room) -> float:
    return sum(rate * size for rate, size in zip(law[0], law[1], strict=True))


def test_sizes_are_binned_by_powers_of_two_and_sign() -> None:
    assert bin_of(1.0 * UNIT, UNIT) == bin_of(1.9 * UNIT, UNIT)
    assert bin_of(2.0 * UNIT, UNIT) == bin_of(1.0 * UNIT, UNIT) + 1
    assert bin_of(-2.0 * UNIT, UNIT) == bin_of(2.0 * UNIT, UNIT) + BINS
    assert bin_of(1e-30, UNIT) == 0
    assert bin_of(-1e300, UNIT) == ATOMS - 1


def test_nothing_seen_is_a_law_of_nothing() -> None:
    law = learnt([], wait=1.0)
    assert variance_of(law) == 0.0
    assert set(law[0]) == {0.0}


def test_variance_and_rate_of_noise_are_learnt() -> None:
    chance = random.Random(1)
    law = learnt([(0.01, chance.gauss(0.0, 0.5)) for _ in range(20_000)])
    assert variance_of(law) == pytest.approx(25.0, rel=0.03)
    assert sum(law[0]) == pytest.approx(100.0)
    assert abs(drift(law)) < 0.5  # of a deviation of 0.35 by chance


def test_a_trickle_in_and_lumps_out_are_kept_apart() -> None:
    moves = [(0.01, -7.0 if k % 700 == 0 else 0.01) for k in range(1, 7_001)]
    law = learnt(moves)
    out = [rate * size for rate, size in zip(law[0], law[1], strict=True) if size < -1.0]
    trickle = [rate * size for rate, size in zip(law[0], law[1], strict=True) if 0 < size < 1.0]
    assert sum(trickle) == pytest.approx(1.0, rel=0.01)
    # ten lumps of one sign: a tenth of them is not told from chance, and taken to be even
    assert sum(out) == pytest.approx(-0.95, rel=0.01)


@pytest.mark.parametrize(
    ("up", "down", "squares", "even"),
    [(3.0, 3.0, 10.0, 1.0), (1.0, 0.0, 1.0, 1.0), (4.0, 0.0, 4.0, 0.25), (0.0, 10.0, 10.0, 0.1)],
)
def test_what_chance_explains_is_not_believed(
    up: float, down: float, squares: float, even: float
) -> None:
    assert evenness(up, down, squares) == pytest.approx(even)


def test_the_first_wait_counts_among_those_seen() -> None:
    one = learnt([(0.01, 5.0)], wait=1.0)
    assert sum(one[0]) == pytest.approx(1.0 / 1.01)
    ten = learnt([(0.5, 5.0)] * 10, wait=1.0)
    assert sum(ten[0]) == pytest.approx(10.0 / 5.1)


def test_what_is_past_fades() -> None:
    law = learnt([(0.1, 1.0)] * 1_000 + [(0.1, 0.01)] * 1_000, fade=10.0)
    large = sum(rate for rate, size in zip(law[0], law[1], strict=True) if abs(size) > 0.5)
    small = sum(law[0]) - large
    assert large / small == pytest.approx(math.exp(-10.0), rel=0.01)
    assert sum(law[0]) == pytest.approx(10.0, rel=0.01)


def test_weights_are_let_down_before_they_overflow() -> None:
    memory = fresh()
    for _ in range(10_000):
        note(memory, move=1.0, days=1.0, fade_days=2.0, unit=UNIT)
    assert memory[0] <= 1e9
    assert moves_seen(memory) == pytest.approx(1.0 / (1.0 - math.exp(-0.5)))


def test_a_pause_of_years_forgets_and_breaks_nothing() -> None:
    law = learnt([(0.1, 1.0)] * 5 + [(36_500.0, 2.0)], fade=60.0)
    assert all(map(math.isfinite, law[0]))
