"""The best of many policies for one cell, found by looking at what the cell turned out to be."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Score = Callable[[float, float], float]


@dataclass(frozen=True)
class Found:
    """A band and its score, quote."""

    below: float
    above: float
    score: float


def widths(scale: float, settings: dict[str, Any]) -> list[float]:
    """The grid of one side: log-spaced multiples of `scale`, coins."""
    least, most, points = settings["least"], settings["most"], settings["points"]
    step = math.log(most / least) / (points - 1)
    return [scale * least * math.exp(step * k) for k in range(points)]


def best_band(score: Score, scale: float, settings: dict[str, Any]) -> Found:
    """Both sides apart."""
    grid = widths(scale, settings)
    best = best_of(score, ((below, above) for below in grid for above in grid))
    step = math.log(grid[1] / grid[0])
    for _ in range(settings["refinements"]):
        step /= 2.0
        around = [math.exp(step * k) for k in (-2, -1, 0, 1, 2)]
        near = ((best.below * one, best.above * other) for one in around for other in around)
        best = best_of(score, near)
    return best


def best_width(score: Score, scale: float, settings: dict[str, Any]) -> Found:
    """Both sides the same."""
    grid = widths(scale, settings)
    best = best_of(score, ((width, width) for width in grid))
    step = math.log(grid[1] / grid[0])
    for _ in range(settings["refinements"]):
        step /= 2.0
        near = [best.below * math.exp(step * k) for k in (-2, -1, 0, 1, 2)]
        best = best_of(score, ((width, width) for width in near))
    return best


def best_of(score: Score, bands: Iterable[tuple[float, float]]) -> Found:
    return min(
        (Found(below, above, score(below, above)) for below, above in bands),
        key=lambda found: found.score,
    )
