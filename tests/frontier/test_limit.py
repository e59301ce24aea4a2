"""What no policy can hold that does not know when a window ends."""

import numpy as np
import pytest

from bench.frontier.limit import answer_to, best, least_worst, played


def test_the_best_place_is_the_cheapest_of_all() -> None:
    for end in (0.5, 1.0, 3.0):
        every = [played(np.array([end]), np.array([m]))[0] for m in np.linspace(0.0, 1.0, 2_001)]
        assert best(np.array([end]))[0] == pytest.approx(min(every), rel=1e-5)


def test_who_knows_the_end_does_as_well_as_hindsight() -> None:
    ends = np.array([1.0, 2.0, 4.0])
    for k in range(len(ends)):
        weights = np.zeros(3)
        weights[k] = 1.0
        cost = played(ends, answer_to(ends, weights))[k]
        assert cost == pytest.approx(best(ends)[k], rel=1e-3)


def test_a_plan_only_moves_on() -> None:
    moved = answer_to(np.geomspace(0.25, 4.0, 15), np.ones(15))
    assert np.all(np.diff(moved) >= 0.0)


def test_who_does_not_know_the_end_does_worse() -> None:
    assert least_worst(np.geomspace(0.25, 4.0, 13)) > 1.2
