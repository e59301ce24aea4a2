"""The law of the flow that moves a delta, learnt from its moves. numba compiles this source.

A memory is a flat list of numbers: the weight of a move that comes now, the days seen, and for each
bin of sizes the weighted count, sum and sum of squares. Weights fade exponentially; what a day saw
a memory ago counts 1/e. Sizes fall into bins by powers of two of a unit, positive moves before
negative ones: a trickle, noise and lumps are kept apart without a threshold that tells them apart.
"""

import math
from collections.abc import MutableSequence

from hedgebot.core.stationary import Law

Room = tuple[MutableSequence[float], MutableSequence[float], MutableSequence[float]]

BINS = 48  # of each sign: from a unit to 10^14 of them
HEAD = 2
MEMORY = HEAD + 6 * BINS
ATOMS = 2 * BINS
BALANCED = ATOMS + 1  # atoms of a law with its return


def forget_all(memory: MutableSequence[float]) -> None:
    """A memory of nothing."""
    for k in range(MEMORY):
        memory[k] = 0.0
    memory[0] = 1.0


def bin_of(move: float, unit: float) -> int:
    """Where a move is counted."""
    _, power = math.frexp(abs(move) / unit)
    size = max(0, min(power, BINS - 1))
    return size if move > 0.0 else BINS + size


def note(
    memory: MutableSequence[float], *, move: float, days: float, fade_days: float, unit: float
) -> None:
    """`days` have passed, and then the delta moved by `move` coins (zero: only time passed)."""
    kept = math.exp(-days / fade_days)
    memory[0] /= kept
    memory[1] = memory[1] * kept + fade_days * (1.0 - kept)
    if move != 0.0:
        at = HEAD + 3 * bin_of(move, unit)
        memory[at] += memory[0]
        memory[at + 1] += memory[0] * abs(move)
        memory[at + 2] += memory[0] * move * move
    if memory[0] > 1e9:  # older weights are let down instead of newer ones raised, now and then
        for k in range(HEAD, MEMORY):
            memory[k] /= memory[0]
        memory[0] = 1.0


def moves_seen(memory: MutableSequence[float]) -> float:
    """How many moves the memory holds, faded."""
    count = 0.0
    for k in range(ATOMS):
        count += memory[HEAD + 3 * k]
    return count / memory[0]


def evenness(up: float, down: float, squares: float) -> float:
    """The share in which moves of one size are taken to come with either sign, 0 to 1.

    The surplus of one sign, squared, is by chance alone the sum of the squares: what chance
    explains is not believed (the positive part of James and Stein's estimate of the drift).
    """
    surplus = (up - down) * (up - down)
    return 1.0 if surplus <= squares else squares / surplus


def law_of(memory: MutableSequence[float], *, wait_days: float, law: Room) -> None:
    """Write the estimated law into `law`, lists of ATOMS numbers.

    Before its first move the memory cannot know how long such a flow waits: `wait_days` counts as
    one more wait (positive) among those it has seen.
    """
    count = moves_seen(memory)
    days = (memory[1] + wait_days / max(count, 1.0)) * memory[0]
    for k in range(BINS):
        up, down = HEAD + 3 * k, HEAD + 3 * (BINS + k)
        squares = (memory[up + 2] + memory[down + 2]) * memory[0]
        mixed = 0.5 * evenness(memory[up + 1], memory[down + 1], squares)
        for atom, own, other in ((k, up, down), (BINS + k, down, up)):
            moves = memory[own] * (1.0 - mixed) + memory[other] * mixed
            total = memory[own + 1] * (1.0 - mixed) + memory[other + 1] * mixed
            sign = 1.0 if atom < BINS else -1.0
            law[0][atom] = moves / days
            law[1][atom] = sign * total / moves if moves > 0.0 else 0.0
            law[2][atom] = (memory[own + 2] * (1.0 - mixed) + memory[other + 2] * mixed) / days


def days_of(memory: MutableSequence[float], wait_days: float) -> float:
    """The days by which `law_of` divides."""
    return memory[1] + wait_days / max(moves_seen(memory), 1.0)


def balance(law: Room, days: float) -> None:
    """Believe that what has come goes again: the last of the law's BALANCED atoms is a return.

    What is left of the sum of all moves, beyond what chance explains, is taken to go at once, and
    to do so once in the days seen. A law with its return has no drift. Before the first lump out
    of a steady inflow it stands for that lump, and fades as lumps are seen; for a drift that never
    turns its rate falls as its size grows.
    """
    drift = 0.0
    for k in range(ATOMS):
        drift += law[0][k] * law[1][k]
    law[0][ATOMS] = 1.0 / days
    law[1][ATOMS] = -drift * days
    law[2][ATOMS] = drift * drift * days


def surplus_share(law: Law) -> float:
    """How much of what moves has a sign that goes with its size, 0 to 1: a trickle in with lumps
    out is 1, whatever chance explains is 0.
    """
    surplus = whole = 0.0
    for k in range(BINS):
        up, down = law[0][k] * law[1][k], -law[0][BINS + k] * law[1][BINS + k]
        surplus += abs(up - down)
        whole += up + down
    return surplus / whole if whole > 0.0 else 0.0


def gone_share(law: Law) -> float:
    """How much of what moves has not come back: 1 before the first lump out of a trickle."""
    left = whole = 0.0
    for k in range(ATOMS):
        left += law[0][k] * law[1][k]
        whole += law[0][k] * abs(law[1][k])
    return abs(left) / whole if whole > 0.0 else 0.0


def heavy_wait(law: Law) -> float:
    """Days between two of the moves that make the variance: its square over the sum of fourth
    powers is how many a day there are, one size among many small ones or not.
    """
    squares = fourths = 0.0
    for k in range(ATOMS):
        if law[0][k] > 0.0:
            squares += law[2][k]
            fourths += law[2][k] * law[2][k] / law[0][k]
    return fourths / (squares * squares) if squares > 0.0 else 0.0


def variance_of(law: Law) -> float:
    """Squared coins a day: the v of the closed forms, jumps and all."""
    total = 0.0
    for square in law[2]:
        total += square
    return total
