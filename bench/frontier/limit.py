"""What nobody can do: the least that a player who does not know when a window ends can hold.

python -m bench.frontier.limit

A swing of A coins (a trickle in, all of it out again) is known from the first moment, with its
costs. To move it by m coins towards the middle costs kappa m once; held so it costs a day
c / 2 (A^2 / 12 + (A / 2 - m)^2). The best place with hindsight knows how long the window is. In
units of the break-even 2 kappa / (c A), of the half swing and of c A^2 / 24, moving costs 6 m and a
day 1 + 3 (1 - m)^2. Costs are convex in m, so chance helps no player; and whatever the odds of the
ends, the least mean ratio to the best bounds the worst ratio. The odds are chosen to make it large.
"""

import sys

import numpy as np

from bench.frontier.prices import Floats

LEVELS = np.linspace(0.0, 1.0, 101)
ENDS, ROUNDS, PACE = 25, 600, 0.1


def main() -> int:
    for factor in (2.0, 4.0):
        ends = np.geomspace(1.0 / factor, factor, ENDS)
        print(f"ends {1 / factor:g} to {factor:g} break-evens: at least {least_worst(ends):.3f}")
    return 0


def best(ends: Floats) -> Floats:
    """What the best fixed place costs, for a window that is known to end then."""
    moved = np.maximum(1.0 - 1.0 / ends, 0.0)
    return np.asarray(6.0 * moved + ends * (1.0 + 3.0 * (1.0 - moved) ** 2))


def least_worst(ends: Floats) -> float:
    """The largest bound found: odds grow where the player of the last round did badly."""
    scale, found = best(ends), 0.0
    weights = np.ones(len(ends))
    for _ in range(ROUNDS):
        odds = weights / weights.sum()
        moved = answer_to(ends, odds / scale)
        ratios = played(ends, moved) / scale
        found = max(found, float(odds @ ratios))
        weights = odds * np.exp(PACE * ratios)
    return found


def played(ends: Floats, moved: Floats) -> Floats:
    """What it costs to each end, where `moved` holds until that end."""
    days = np.diff(ends, prepend=0.0)
    return np.asarray(6.0 * moved + np.cumsum(days * (1.0 + 3.0 * (1.0 - moved) ** 2)))


def answer_to(ends: Floats, weights: Floats) -> Floats:
    """The cheapest of all plans that only move on, for these weights of the ends: backwards."""
    days, later = np.diff(ends, prepend=0.0), np.cumsum(weights[::-1])[::-1]
    ahead = np.zeros(len(LEVELS))
    choice = np.zeros((len(ends), len(LEVELS)), np.int64)
    for k in range(len(ends) - 1, -1, -1):
        cost = weights[k] * 6.0 * LEVELS + later[k] * days[k] * (1.0 + 3.0 * (1.0 - LEVELS) ** 2)
        total = cost + ahead
        at = len(LEVELS) - 1
        for level in range(len(LEVELS) - 1, -1, -1):
            at = level if total[level] <= total[at] else at
            choice[k, level] = at
        ahead = total[choice[k]]
    moved, level = np.zeros(len(ends)), 0
    for k in range(len(ends)):
        level = int(choice[k, level])
        moved[k] = LEVELS[level]
    return moved


if __name__ == "__main__":
    sys.exit(main())
