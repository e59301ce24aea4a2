"""The best of many policies for one cell, found by looking at what the cell turned out to be."""

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

Score = Callable[[float, float], float]
Place = tuple[int, int]


@dataclass(frozen=True)
class Found:
    """A band and its score, quote."""

    below: float
    above: float
    score: float


def best_band(score: Score, scale: float, settings: dict[str, Any]) -> Found:
    """Both sides apart.

    The score has one valley, so the least of the whole grid is found by walking down from its best
    symmetric band, over all eight neighbours; a test holds this to the whole grid.
    """
    points, least, step = grid(scale, settings)
    fine: int = 2 ** settings["refinements"]

    @cache
    def at(place: Place) -> float:
        below, above = (least * math.exp(step * each / fine) for each in place)
        return score(below, above)

    whole = [(k * fine, k * fine) for k in range(points)]
    here = walk(at, min(whole, key=at), fine, (points - 1) * fine)
    stride = fine
    while stride > 1:
        stride //= 2
        here = min(around(here, stride, 2), key=at)
    below, above = (least * math.exp(step * each / fine) for each in here)
    return Found(below, above, at(here))


def walk(at: Callable[[Place], float], start: Place, stride: int, most: int) -> Place:
    """Down to a place on the grid whose neighbours are all dearer."""
    here = start
    while True:
        near = [each for each in around(here, stride, 1) if min(each) >= 0 and max(each) <= most]
        best = min(near, key=at)
        if at(best) >= at(here):
            return here
        here = best


def around(here: Place, stride: int, reach: int) -> Iterable[Place]:
    steps = [stride * k for k in range(-reach, reach + 1)]
    return ((here[0] + one, here[1] + other) for one, other in itertools.product(steps, steps))


def best_width(score: Score, scale: float, settings: dict[str, Any]) -> Found:
    """Both sides the same: the whole grid, refined."""
    points, least, step = grid(scale, settings)
    widths = [least * math.exp(step * k) for k in range(points)]
    best = cheapest(score, widths)
    for _ in range(settings["refinements"]):
        step /= 2.0
        best = cheapest(score, [best.below * math.exp(step * k) for k in (-1, 0, 1)])
    return best


def grid(scale: float, settings: dict[str, Any]) -> tuple[int, float, float]:
    """Points a side, the least of them in coins, and the logarithm of their spacing."""
    points: int = settings["points"]
    step = math.log(settings["most"] / settings["least"]) / (points - 1)
    return points, scale * settings["least"], step


def cheapest(score: Score, widths: list[float]) -> Found:
    found = (Found(width, width, score(width, width)) for width in widths)
    return min(found, key=lambda each: each.score)
