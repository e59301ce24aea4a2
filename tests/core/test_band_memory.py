"""The one memory through which the daemon and the research use the optimal band."""

import json
import random

import pytest

from hedgebot.core.band_memory import HELD, SIZE, band_of, begin, is_due, note, solve

COSTS = (2.0, 0.03, 0.03, 0.0)
LEAST = 1e-3


def fresh(now: float = 0.0) -> list[float]:
    memory = [7.0] * SIZE
    begin(memory, now=now, unit=1e-4)
    return memory


def follow(memory: list[float], moves: list[tuple[float, float]]) -> None:
    """Note (day, coins) moves, and solve when it is due."""
    for now, move in moves:
        note(memory, now=now, move=move, costs=COSTS)
        if is_due(memory):
            solve(memory, least=LEAST)


def noise(start: float = 0.0) -> list[tuple[float, float]]:
    chance = random.Random(1)
    return [(start + 0.01 * k, chance.gauss(0.0, 0.07)) for k in range(1, 61)]


def test_nothing_seen_has_no_band_and_is_not_due() -> None:
    memory = fresh()
    note(memory, now=10.0, move=0.0, costs=COSTS)
    assert not is_due(memory)
    assert band_of(memory)[:2] == (0.0, 0.0)


def test_a_first_move_is_due_at_once_and_then_when_something_is_new() -> None:
    memory = fresh()
    follow(memory, [(0.5, 1.0)])
    assert band_of(memory)[0] > 0.0
    assert not is_due(memory)
    note(memory, now=0.5, move=0.0, costs=(2.0, 0.04, 0.04, 0.0))
    assert is_due(memory)
    note(memory, now=0.5, move=0.0, costs=COSTS)
    assert not is_due(memory)
    note(memory, now=0.6, move=0.0, costs=COSTS)
    assert is_due(memory)


def test_the_day_on_the_clock_does_not_matter() -> None:
    early, late = fresh(), fresh(20_000.0)
    follow(early, noise())
    follow(late, noise(20_000.0))
    assert band_of(early) == pytest.approx(band_of(late), rel=1e-6)


def test_a_stored_memory_goes_on_where_it_was() -> None:
    whole, first = fresh(), fresh()
    follow(whole, noise())
    follow(first, noise()[:30])
    read_back = json.loads(json.dumps(first))
    follow(read_back, noise()[30:])
    assert read_back == whole


def test_a_band_is_kept_until_another_is_worth_it() -> None:
    memory = fresh()
    follow(memory, noise())
    band = band_of(memory)
    now, c = noise()[-1][0], COSTS[0]
    note(memory, now=now, move=0.0, costs=(1.02 * c, *COSTS[1:]))
    solve(memory, least=LEAST)
    assert band_of(memory)[:3] == band[:3]
    note(memory, now=now, move=0.0, costs=(8.0 * c, *COSTS[1:]))
    solve(memory, least=LEAST)
    assert sum(band_of(memory)[:2]) < 0.8 * sum(band[:2])


def test_the_memory_knows_what_its_band_has_left() -> None:
    memory = fresh()
    follow(memory, noise())
    below, above, _, _ = band_of(memory)
    for move, left in ((100.0, above), (-100.0, -below), (0.5 * below, -0.5 * below)):
        note(memory, now=1.0, move=move, costs=COSTS)
        note(memory, now=1.0, move=0.0, costs=COSTS)
        assert memory[HELD] == pytest.approx(left)
