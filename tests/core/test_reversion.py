"""How far a flow spreads, told from its path alone."""

import math
import random

import pytest

from hedgebot.core.reversion import (
    ODDS,
    SUMS,
    TIMES,
    WALK,
    go_on,
    held_back,
    log_odds,
    weigh,
)

STEP = 0.01


def path(days: float, *, tau: float, spread: float = 1.0, seed: int = 1) -> list[float]:
    """Moves of an inventory with this time constant, by its exact transition."""
    chance = random.Random(seed)
    keep = math.exp(-STEP / tau)
    held, moves = 0.0, []
    for _ in range(round(days / STEP)):
        later = keep * held + spread * math.sqrt(1.0 - keep * keep) * chance.gauss(0.0, 1.0)
        moves.append(later - held)
        held = later
    return moves


def sums_of(moves: list[float]) -> list[float]:
    sums = [0.0] * SUMS
    for move in moves:
        go_on(sums, at=0, move=move, days=STEP, fade_days=1e9)
    return sums


def weighed(moves: list[float], *, even: float = 1.0) -> tuple[list[float], list[float]]:
    days = len(moves) * STEP
    variance = sum(move * move for move in moves) / days
    spreads = ([0.0] * ODDS, [0.0] * TIMES)
    weigh(
        sums_of(moves), at=0, days=days, variance=variance, shortest=8 * STEP, even=even,
        spreads=spreads,
    )  # fmt: skip
    return spreads


def test_an_inventory_that_came_back_often_has_its_spread() -> None:
    odds, squares = weighed(path(60.0, tau=0.6))
    mean = sum(odd * square for odd, square in zip(odds, squares, strict=False))
    assert math.sqrt(mean) == pytest.approx(1.0, rel=0.2)
    assert sum(odds) == pytest.approx(1.0)
    assert odds[WALK] == 0.0


def test_a_walk_spreads_as_far_as_it_was_seen_for() -> None:
    moves = path(20.0, tau=1e6, spread=1e3)
    odds, squares = weighed(moves)
    widest = 0.5 * sum(move * move for move in moves)
    assert max(squares) == pytest.approx(widest)
    near = [odd for odd, square in zip(odds, squares, strict=False) if square < widest / 8.0]
    assert sum(near) < 0.2


def test_what_signs_say_is_left_to_others() -> None:
    odds, _ = weighed(path(20.0, tau=0.5), even=0.25)
    assert odds[WALK] == pytest.approx(0.75)
    assert sum(odds) == pytest.approx(1.0)


def test_few_moves_are_a_walk() -> None:
    spreads = ([0.0] * ODDS, [0.0] * TIMES)
    weigh([1.0, 2.0, 3.0, -1.0], at=0, days=4.0, variance=1.0, shortest=8.0, even=1.0,
          spreads=spreads)  # fmt: skip
    assert spreads[0][WALK] == 1.0
    assert held_back(spreads, width=3.0, square=0.7) == (1.0, 0.7)


def test_the_odds_are_those_of_the_path_and_an_integrated_home() -> None:
    """Girsanov's factor, integrated over the home by hand."""
    moves, theta = path(3.0, tau=1.0), 1.5
    days, variance = len(moves) * STEP, 2.0

    def factor(home: float) -> float:
        level = drawn = 0.0
        for move in moves:
            away = level - home
            drawn -= theta * away * move
            level += move
            drawn -= 0.5 * theta**2 * (level - move - home) ** 2 * STEP
        prior = math.sqrt(theta / (math.pi * variance)) * math.exp(-theta * home**2 / variance)
        return prior * math.exp(drawn / variance)

    sums = [0.0] * SUMS
    level = 0.0
    for move in moves:  # a move comes at the beginning of its step here, as `factor` has it
        sums[1] += level * STEP
        sums[2] += level * level * STEP
        sums[3] += level * move
        level += move
    sums[0] = level
    whole = sum(factor(-12.0 + 0.01 * k) * 0.01 for k in range(2_400))
    found = log_odds(sums, 0, theta=theta, days=days, variance=variance)
    assert found == pytest.approx(math.log(whole), abs=1e-6)


@pytest.mark.parametrize(("width", "seed"), [(1.0, 1), (2.0, 2), (3.0, 3)])
def test_a_band_trades_and_holds_what_is_said_of_it(width: float, seed: int) -> None:
    """Against play of one long path, spread 1: coins traded a day, and mean square in the band."""
    y, traded, square = 0.5 * width, 0.0, 0.0
    moves = path(400.0, tau=5.0, seed=seed)
    for move in moves:
        y += move
        end = min(max(y, 0.0), width)
        traded += abs(y - end)
        y = end
        square += (y - 0.5 * width) ** 2
    walk = 2.0 / 5.0
    seen_as = width + 1.17 * math.sqrt(walk * STEP)  # a step passes an edge by so much
    spreads = ([0.0] * ODDS, [0.0] * TIMES)
    spreads[0][0], spreads[1][0] = 1.0, 1.0
    share, held = held_back(spreads, width=seen_as, square=seen_as**2 / 12.0)
    assert share * walk / seen_as == pytest.approx(traded / 400.0, rel=0.2)
    assert held == pytest.approx(square / len(moves), rel=0.2)


def test_old_paths_fade() -> None:
    sums = [0.0] * SUMS
    go_on(sums, at=0, move=5.0, days=0.0, fade_days=10.0)
    go_on(sums, at=0, move=-5.0, days=1.0, fade_days=10.0)
    seen = sums[:]
    go_on(sums, at=0, move=0.0, days=1_000.0, fade_days=10.0)
    assert seen[3] == pytest.approx(-25.0)
    assert sums == pytest.approx([0.0, 0.0, 0.0, 0.0], abs=1e-9)
