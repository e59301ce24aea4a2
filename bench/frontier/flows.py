"""Seeded paths of what moves the delta, as events in time order."""

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bench.frontier.cells import Flow
from bench.frontier.prices import Floats

DAY = 86_400.0
HOUR = 3_600.0


@dataclass(frozen=True)
class Path:
    """Event k at `second[k]` moves the delta by `flow[k]` coins, in hour `hour[k]`.

    Every hour begins with an event, if of no flow, so that a price holds between two events. One
    more instant than there are flows: the end.
    """

    second: Floats
    flow: Floats
    hour: NDArray[np.int64]


def variance_rate(flow: Flow, kappa_over_c: float) -> float:
    """Squared coins a day that the whole flow spreads; `kappa_over_c` in coins x days."""
    numbers = flow.numbers
    if flow.kind == "ornstein_uhlenbeck":
        return 2.0 * numbers["deviation"] ** 2 / numbers["reversion_days"]
    if flow.kind == "compound_poisson":
        return 2.0 * numbers["per_day"] * jump_mean(flow, kappa_over_c) ** 2
    return numbers["per_day"] ** 2 * numbers["lump_days"]


def jump_mean(flow: Flow, kappa_over_c: float) -> float:
    """Mean of exponential jumps whose median is so many closed-form half-widths of their own flow.

    From D^3 = 3 (2 kappa) v / (4 c), v = 2 rate mu^2 and mu ln 2 = m D.
    """
    half_widths = flow.numbers["median_half_widths"]
    return 3.0 * kappa_over_c * flow.numbers["per_day"] * (half_widths / math.log(2.0)) ** 3


def path_of(flow: Flow, seed: int, *, hours: int, kappa_over_c: float) -> Path:
    """One path. The seed gives the same one in all fee tiers, up to the scale of its jumps."""
    random = np.random.default_rng([seed, sum(flow.kind.encode())])
    if flow.kind == "compound_poisson":
        return with_hours(*poisson(flow, random, hours, jump_mean(flow, kappa_over_c)), hours)
    step = flow.numbers["step_minutes"] * 60.0
    second = np.arange(0.0, hours * HOUR + step / 2, step)
    make = inventory if flow.kind == "ornstein_uhlenbeck" else inflow
    moves = np.concatenate(([0.0], make(flow, random, len(second) - 2)))
    return Path(second, moves, (second[:-1] // HOUR).astype(np.int64))


def inventory(flow: Flow, random: np.random.Generator, steps: int) -> Floats:
    """Changes of an Ornstein-Uhlenbeck inventory, by its exact transition."""
    numbers = flow.numbers
    keep = math.exp(-numbers["step_minutes"] / 1440.0 / numbers["reversion_days"])
    noise = numbers["deviation"] * math.sqrt(1.0 - keep * keep)
    moves: Floats = reverting(random.standard_normal(steps) * noise, keep)
    return moves


@numba.njit
def reverting(noise: Any, keep: float) -> Any:
    moves = np.empty_like(noise)
    held = 0.0
    for k in range(len(noise)):
        moves[k] = (keep - 1.0) * held + noise[k]
        held += moves[k]
    return moves


def inflow(flow: Flow, random: np.random.Generator, steps: int) -> Floats:
    """A trickle at every step, and all that came out again every so many days."""
    numbers = flow.numbers
    a_day = round(1440.0 / numbers["step_minutes"])
    trickle = numbers["per_day"] / a_day
    moves = np.full(steps, trickle)
    every = round(numbers["lump_days"] * a_day)
    first = int(random.integers(1, max(2, int(numbers["lump_days"]) + 1))) * a_day
    previous = 0
    for step in range(first, steps + 1, every):
        moves[step - 1] -= trickle * (step - previous)
        previous = step
    return moves


def poisson(
    flow: Flow, random: np.random.Generator, hours: int, mean: float
) -> tuple[Floats, Floats]:
    """Instants and signed sizes."""
    days = hours / 24.0
    count = int(random.poisson(flow.numbers["per_day"] * days))
    second = np.sort(random.uniform(0.0, days * DAY, count))
    sign = np.where(random.random(count) < 0.5, -1.0, 1.0)
    return second, sign * random.exponential(mean, count)


def with_hours(second: Floats, flow: Floats, hours: int) -> Path:
    """The events, with the beginnings of the hours between them, and the end."""
    marks = np.arange(hours) * HOUR
    every = np.concatenate((marks, second))
    order = np.argsort(every, kind="stable")
    moves = np.concatenate((np.zeros(hours), flow))[order]
    instants = np.concatenate((every[order], [hours * HOUR]))
    return Path(instants, moves, (instants[:-1] // HOUR).astype(np.int64))
