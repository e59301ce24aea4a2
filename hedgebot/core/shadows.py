"""What bands of many widths would have cost on the flow that was seen. numba compiles this source.

A band of some width pushes the flow's path back at its edges. Where its lower edge lies against the
target moves that path up or down and changes nothing else: what is traded, and the path y above
the lower edge, depend on the width alone once either edge was met. So one shadow a width says what
every band of that width costs, whatever its sides, at whatever costs and c:

    sell x sold + buy x bought + c / 2 x sum of (y - below)^2 over time.

Until its path has met an edge a shadow floats: y is then told from the lowest that the path came
to, and its `reach` is how far apart lowest and highest lie, up to the width.

Widths double with every second shadow. The numbers of a memory from `at` on: the weight of a
moment that comes now, the faded days seen (times that weight), those of them that no shadow has
counted yet, because nothing moved since, then six for each shadow.
"""

import math
from collections.abc import MutableSequence

WIDTHS = 54  # from two units to 10^8 of them
STRIDE = math.sqrt(2.0)
HEAD = 3
EACH = 6
Y, REACH, SOLD, BOUGHT, MEAN, SQUARE = range(EACH)
SHADOWS = HEAD + EACH * WIDTHS
LET_DOWN = 1e9


def width_of(k: int, unit: float) -> float:
    """The width of shadow k, both sides together, coins."""
    return 2.0 * unit * STRIDE**k


def forget_shadows(memory: MutableSequence[float], *, at: int) -> None:
    """Shadows that have seen nothing."""
    for k in range(SHADOWS):
        memory[at + k] = 0.0
    memory[at] = 1.0


def shade(
    memory: MutableSequence[float], *, at: int, move: float, days: float, fade_days: float,
    unit: float,
) -> None:  # fmt: skip
    """`days` have passed, and then the delta moved by `move` coins (zero: only time passed)."""
    kept = math.exp(-days / fade_days)
    weight = memory[at] / kept
    lasted = weight * fade_days * (1.0 - kept)
    memory[at] = weight
    memory[at + 1] += lasted
    memory[at + 2] += lasted
    if move != 0.0:
        pass_on(memory, at=at, move=move, unit=unit)
    if weight > LET_DOWN:
        let_down(memory, at)


def pass_on(memory: MutableSequence[float], *, at: int, move: float, unit: float) -> None:
    """Every shadow counts the days that it stood still, and moves. Zero: it counts them only.

    Shadows that have traded nothing all tell the same of a path: a move is told to the narrowest of
    them alone, and to the others when there is no move, or once it trades.
    """
    weight, lasted = memory[at], memory[at + 2]
    memory[at + 2] = 0.0
    width = 2.0 * unit
    for here in range(at + HEAD, at + SHADOWS, EACH):
        y = memory[here]
        free = memory[here + SOLD] + memory[here + BOUGHT] == 0.0  # so are all wider ones
        if free and here + EACH < at + SHADOWS:
            for part in (Y, REACH, MEAN, SQUARE):
                memory[here + EACH + part] = memory[here + part]
        held = lasted * y
        memory[here + MEAN] += held
        memory[here + SQUARE] += held * y
        y += move
        if not free:
            memory[here + SOLD] += weight * (y - width) * (y > width)
            memory[here + BOUGHT] -= weight * y * (y < 0.0)
            memory[here] = width if y > width else max(y, 0.0)
        elif move != 0.0:
            memory[here] = float_on(memory, here, y=y, width=width, at=at)
            if memory[here + SOLD] + memory[here + BOUGHT] == 0.0:
                return
        width *= STRIDE


def float_on(
    memory: MutableSequence[float], here: int, *, y: float, width: float, at: int
) -> float:  # fmt: skip
    """A path that met no edge so far comes to y. Returns y."""
    if y < 0.0:
        return rise(memory, here, short=-y, width=width, at=at)
    if y > width:
        memory[here + SOLD] += memory[at] * (y - width)
        y = width
    memory[here + REACH] = max(y, memory[here + REACH])
    return y


def rise(
    memory: MutableSequence[float], here: int, *, short: float, width: float, at: int
) -> float:
    """A path fell `short` below its lowest: a floating shadow sinks with it, another one buys.

    All that was seen of y then lay higher than was thought. Returns y.
    """
    risen = min(short, width - memory[here + REACH])
    if risen > 0.0:
        days = memory[at + 1]
        memory[here + SQUARE] += risen * (2.0 * memory[here + MEAN] + risen * days)
        memory[here + MEAN] += risen * days
        memory[here + REACH] += risen
    if short > risen:
        memory[here + REACH] = width
        memory[here + BOUGHT] += memory[at] * (short - risen)
    return 0.0


def let_down(memory: MutableSequence[float], at: int) -> None:
    """Older weights are let down instead of newer ones raised, now and then."""
    weight = memory[at]
    memory[at] = 1.0
    memory[at + 1] /= weight
    memory[at + 2] /= weight
    for k in range(WIDTHS):
        for part in range(SOLD, EACH):
            memory[at + HEAD + EACH * k + part] /= weight
