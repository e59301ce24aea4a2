"""How far a flow that is drawn back spreads, by Bayes. numba compiles this source as it is.

X is all that has come, zero at the start. A flow that is drawn back to a home m with a time
constant of 1 / theta days spreads s around it, s^2 = v / (2 theta). Against a walk of the same v
the likelihood of theta and m on the path that was seen is (Girsanov)

    exp((-theta x sum (X - m) dX - theta^2 / 2 x sum (X - m)^2 dt) / v),

so that three sums over the path say all of it. The home is as near the start as such a flow
spreads, and is integrated away. Nothing of the path is stored, and no trade is needed to learn it.
"""

import math
from collections.abc import MutableSequence, Sequence

LEVEL, AREA, SQUARE, GAIN = range(4)  # X; its integral, that of its square, and the sum of X dX
SUMS = 4
TIMES = (
    24  # time constants, each twice the one before; the last that is used is all of the time seen
)
WALK = TIMES  # the odds that the flow is no such flow
ODDS = TIMES + 1
SHARP = 11.0
"""A band of width w trades exp(-w^2 / (11 s^2)) of what it trades of a walk: simulated, a test."""

Spreads = tuple[Sequence[float], Sequence[float]]  # odds, and squared spread, of each
Room = tuple[MutableSequence[float], MutableSequence[float]]


def go_on(
    memory: MutableSequence[float], *, at: int, move: float, days: float, fade_days: float
) -> None:
    """`days` have passed, and then the delta moved by `move` coins (zero: only time passed)."""
    kept = math.exp(-days / fade_days)
    lasted = fade_days * (1.0 - kept)
    level = memory[at + LEVEL]
    memory[at + AREA] = memory[at + AREA] * kept + level * lasted
    memory[at + SQUARE] = memory[at + SQUARE] * kept + level * level * lasted
    memory[at + GAIN] = memory[at + GAIN] * kept + level * move
    memory[at + LEVEL] = level + move


def weigh(
    memory: Sequence[float], *,
    at: int, days: float, variance: float, shortest: float, even: float, spreads: Room,
) -> None:  # fmt: skip
    """Write how likely each spread is into `spreads`, ODDS and TIMES numbers.

    Every doubling of the time constant is as likely before anything was seen, from `shortest` days
    up to all `days` that were seen. Slower than that cannot be told from a walk, and is one more
    doubling: such a flow is taken to spread in the time ahead as far as in the time seen. While no
    time constant fits between the two, and for the share that is not `even`, the flow is a walk.
    """
    odds, squares = spreads
    odds[WALK] = 1.0
    if not 0.0 < shortest < days:
        return
    last, tau, most = 0, shortest, 0.0
    while tau <= days and last < TIMES - 1:
        odds[last] = log_odds(memory, at, theta=1.0 / tau, days=days, variance=variance)
        squares[last] = 0.5 * variance * tau
        most = max(most, odds[last])
        last, tau = last + 1, 2.0 * tau
    odds[last], squares[last] = 0.0, 0.5 * variance * days
    total = 0.0
    for k in range(last + 1):
        odds[k] = math.exp(odds[k] - most)
        total += odds[k]
    for k in range(last + 1):
        odds[k] *= even / total
    odds[WALK] = 1.0 - even


def log_odds(
    memory: Sequence[float], at: int, *, theta: float, days: float, variance: float
) -> float:
    """Of a flow that is drawn back against a walk, logarithm: the home is normal and drops out."""
    pull = theta * memory[at + LEVEL] + theta * theta * memory[at + AREA]
    stiff = theta + 0.5 * theta * theta * days
    drawn = -theta * memory[at + GAIN] - 0.5 * theta * theta * memory[at + SQUARE]
    return 0.5 * math.log(theta / stiff) + (drawn + 0.25 * pull * pull / stiff) / variance


def held_back(spreads: Spreads, *, width: float, square: float) -> tuple[float, float]:
    """What a band trades of such a flow, as a share of what it trades of a walk; and the mean
    square about the middle, where that of the walk is `square`: no more than the flow's own.
    """
    odds, squares = spreads
    trades, held = odds[WALK], odds[WALK] * square
    for k in range(TIMES):
        if odds[k] > 0.0:
            trades += odds[k] * math.exp(-width * width / (SHARP * squares[k]))
            held -= odds[k] * squares[k] * math.expm1(-square / squares[k])
    return trades, held
