"""The same policies on a Ray cluster (extra `cluster`): each is played by the same kernel."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from hedgebot.errors import HedgebotError
from hedgebot.research.sweep.kernel import results_of
from hedgebot.research.sweep.policies import Played
from hedgebot.research.sweep.running import Player, part_of
from hedgebot.research.sweep.world import Floats, World

TASK = 200
"""Policies of one task."""


class NoCluster(HedgebotError):
    """Ray is not installed, or cannot be reached."""


@contextmanager
def on_ray() -> Iterator[Player]:
    """A player that shares its policies among the workers of the cluster that RAY_ADDRESS names,
    or among processes of this machine where it names none.

    Raises:
        NoCluster: Ray is not installed, or the cluster does not answer.
    """
    try:
        ray: Any = importlib.import_module("ray")
    except ModuleNotFoundError as error:
        raise NoCluster("Ray is not installed: pip install 'hedgebot[cluster]'") from error
    try:
        ray.init(log_to_driver=False, include_dashboard=False)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise NoCluster(f"Ray does not start: {error}") from error
    try:
        yield _player(ray)
    finally:
        ray.shutdown()


def _player(ray: Any) -> Player:
    task = ray.remote(_some)
    known: dict[int, Any] = {}

    def play(world: World, part: Played, market: object) -> Floats:
        there = known.setdefault(id(world), ray.put(tuple(world)))
        count = len(part.policies)
        tasks = [
            task.remote(there, part_of(part, first, min(first + TASK, count)), market)
            for first in range(0, count, TASK)
        ]
        found: Floats = np.concatenate(ray.get(tasks))
        return found

    return play


def _some(world: Any, part: Played, market: object) -> Floats:
    return results_of(World(*world), part.policies, part.pieces, market)
