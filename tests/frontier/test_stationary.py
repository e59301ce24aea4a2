"""The solver and the estimator against flows that are played out: the law is learnt from a path,
and what it says a band costs is held against what the band did cost on that path.
"""

from typing import Any

import numba
import numpy as np
import pytest

from bench.frontier.cells import Flow
from bench.frontier.flows import Path, path_of
from bench.frontier.kernels import Market, edges
from bench.frontier.optimal import CORE
from hedgebot.core import flow_law, stationary
from hedgebot.core.flow_law import ATOMS, MEMORY
from hedgebot.core.stationary import WORK

forget_all, note, law_of = CORE[flow_law.forget_all], CORE[flow_law.note], CORE[flow_law.law_of]
stationary_cost = CORE[stationary.stationary_cost]
LOT = 1e-7
DAY = 86_400.0


@numba.njit
def remember(memory: Any, second: Any, flow: Any) -> None:
    forget_all(memory)
    for k in range(1, len(flow)):
        days = (second[k] - second[k - 1]) / DAY
        note(memory, move=flow[k], days=days, fade_days=1e9, unit=LOT)


def held_against(path: Path, *, below: float, above: float, paid: float) -> float:
    """What the solver says over what was paid."""
    memory, law = np.zeros(MEMORY), (np.zeros(ATOMS), np.zeros(ATOMS), np.zeros(ATOMS))
    remember(memory, path.second, path.flow)
    law_of(memory, wait_days=1e-9, law=law)
    said = stationary_cost(
        law, (2.0, paid, paid, 0.0), below=below, above=above, inner=1.0, work=np.zeros(WORK)
    )
    one = np.array([1.0])
    market = Market(one, paid * one, 2.0 * one, np.array([1], np.int64), LOT)
    trading, holding, _ = edges(path, market, below=below, above=above)
    return float(said * path.second[-1] / DAY / (trading + holding))


def path_from(days: Any, moves: Any) -> Path:
    second = np.concatenate(([0.0], np.cumsum(days))) * DAY
    return Path(second, moves, np.zeros(len(moves), np.int64))


def jumps(rate: float, size: float, count: int, *, down: float = 0.5) -> Path:
    """Exponential sizes at exponential waits; a share of `down` of them negative."""
    random = np.random.default_rng(1)
    sign = np.where(random.random(count) < down, -1.0, 1.0)
    return path_from(
        random.exponential(1.0 / rate, count), sign * random.exponential(size, count)
    )  # fmt: skip


def noisy(drift: float, *, lump: float = 0.0, every: int = 0, noise: float = 0.03) -> Path:
    """Normal moves with a drift, 1000 a day, and a lump after each so many of them by chance."""
    random = np.random.default_rng(2)
    moves = drift / 1_000 + random.normal(0.0, noise, 3_000_000)
    if every:
        moves[random.random(len(moves)) < 1.0 / every] += lump
    return path_from(np.full(len(moves), 1e-3), moves)


@pytest.mark.parametrize(
    ("size", "below", "above"),
    [(1.0, 0.7, 0.9), (0.3, 1.0, 1.0), (5.0, 0.2, 0.1), (0.05, 0.2, 0.2)],
)
def test_jumps_of_either_sign(size: float, below: float, above: float) -> None:
    path = jumps(2.0, size, 1_000_000)
    assert held_against(path, below=below, above=above, paid=0.1) == pytest.approx(1.0, abs=0.01)


def test_jumps_mostly_of_one_sign() -> None:
    path = jumps(2.0, 1.0, 1_000_000, down=0.1)
    assert held_against(path, below=0.8, above=0.3, paid=0.1) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("below", "above"), [(0.5, 0.5), (0.6, 0.2)])
def test_noise_with_a_drift(below: float, above: float) -> None:
    # Moves smaller than a lattice step are a diffusion to the solver, which overshoots no edge
    path = noisy(2.0)
    assert held_against(path, below=below, above=above, paid=0.1) == pytest.approx(1.0, abs=0.02)


def test_noise_with_a_drift_and_lumps() -> None:
    path = noisy(1.0, lump=-3.0, every=3_000)
    assert held_against(path, below=0.9, above=0.4, paid=0.1) == pytest.approx(1.0, abs=0.015)


@pytest.mark.parametrize(("below", "above"), [(1.5, 0.4), (4.0, 1.0)])
def test_a_trickle_and_lumps_at_random(below: float, above: float) -> None:
    path = noisy(1.0, lump=-5.0, every=5_000, noise=0.0)
    assert held_against(path, below=below, above=above, paid=0.1) == pytest.approx(1.0, abs=0.02)


def test_an_inventory_that_reverts() -> None:
    numbers = {"deviation": 200.0, "reversion_days": 1.0, "step_minutes": 1.0}
    flow = Flow("ou", "ornstein_uhlenbeck", numbers)
    made = path_of(flow, 1, hours=24 * 2_000, kappa_over_c=1.0)
    path = Path(made.second, made.flow, np.zeros_like(made.hour))
    # Its pull back to zero is no part of the law: small against a band much below its deviation,
    # and where the band is wide against it the solver says too much, never too little.
    assert held_against(path, below=20.0, above=20.0, paid=40.0) == pytest.approx(1.0, abs=0.02)
    assert held_against(path, below=70.0, above=70.0, paid=40.0) == pytest.approx(1.08, abs=0.03)
