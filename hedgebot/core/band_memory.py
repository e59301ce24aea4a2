"""The optimal band and all that it remembers: what a caller needs to know of it.

A memory is one flat list of SIZE floats, which may be stored and read back as they are. `begin` it
once; `note` every move of the delta that was not our own trade, and now and then that time has
passed; when it `is_due`, `solve` (tens of ms, off the hot path); `band_of` is the band in force.
numba compiles this source. Coins, quote, and days of any clock that does not run back.
"""

from collections.abc import MutableSequence

from hedgebot.core.flow_law import ATOMS, MEMORY, forget_all, law_of
from hedgebot.core.flow_law import note as note_move
from hedgebot.core.optimal import due, optimal_band
from hedgebot.core.stationary import WORK

Costs = tuple[float, float, float, float]

FADE_DAYS = 60.0
WAIT_DAYS = 1.0

UNIT = MEMORY
NOTED = MEMORY + 1  # day of the last note
MOVED = MEMORY + 2  # 1 once a move was seen
BEGUN = MEMORY + 3
SOLVED = MEMORY + 4  # day of the last solution, and the ratio of costs that it saw
SOLVED_RATIO = MEMORY + 5
COSTS = MEMORY + 6  # since the last note: c, sell, buy, order
BAND = MEMORY + 10  # below, above, inner, quote a day
SIZE = MEMORY + 14


def begin(memory: MutableSequence[float], *, now: float, unit: float) -> None:
    """Nothing was seen before `now`. `unit`: the lot, coins; smaller moves are counted as one."""
    forget_all(memory)
    for k in range(MEMORY, SIZE):
        memory[k] = 0.0
    memory[UNIT] = unit
    memory[NOTED] = now
    memory[BEGUN] = now
    memory[SOLVED] = now
    memory[BAND + 2] = 1.0


def note(memory: MutableSequence[float], *, now: float, move: float, costs: Costs) -> None:
    """At `now` the delta moved by `move` coins (zero: only time has passed); `costs` from now on.

    Args:
        memory: begun.
        now: day; not before the last note.
        move: coins that came (positive) or went, by whatever is not our own hedging.
        costs: c, quote a day for each squared coin (`closed_form.risk_charge`); quote a coin sold;
            quote a coin bought; quote an order.
    """
    days = now - memory[NOTED]
    note_move(memory, move=move, days=days, fade_days=FADE_DAYS, unit=memory[UNIT])
    memory[NOTED] = now
    for k in range(len(costs)):
        memory[COSTS + k] = costs[k]
    if move != 0.0:
        memory[MOVED] = 1.0


def is_due(memory: MutableSequence[float]) -> bool:
    """Whether to `solve`: a move was seen, and enough is new since the last solution."""
    if memory[MOVED] == 0.0:
        return False
    seen, solved = memory[NOTED] - memory[BEGUN], memory[SOLVED] - memory[BEGUN]
    return due(seen, solved, ratio=ratio_of(memory), solved_ratio=memory[SOLVED_RATIO])


def solve(memory: MutableSequence[float], *, least: float) -> None:
    """Find the band for what was seen, at the costs of the last note.

    `least`: the narrowest width of either side, coins, positive.
    """
    law = ([0.0] * ATOMS, [0.0] * ATOMS, [0.0] * ATOMS)
    law_of(memory, wait_days=WAIT_DAYS, law=law)
    costs = (memory[COSTS], memory[COSTS + 1], memory[COSTS + 2], memory[COSTS + 3])
    band = (memory[BAND], memory[BAND + 1], memory[BAND + 2])
    below, above, inner, cost = optimal_band(
        law, costs, band=band, least=least, work=[0.0] * WORK
    )  # fmt: skip
    memory[BAND] = below
    memory[BAND + 1] = above
    memory[BAND + 2] = inner
    memory[BAND + 3] = cost
    memory[SOLVED] = memory[NOTED]
    memory[SOLVED_RATIO] = ratio_of(memory)


def band_of(memory: MutableSequence[float]) -> tuple[float, float, float, float]:
    """Widths below and above, coins; where a trade ends, as a share of the width; quote a day.

    The widths are zero before the first solution: the smallest order then is the band.
    """
    return memory[BAND], memory[BAND + 1], memory[BAND + 2], memory[BAND + 3]


def ratio_of(memory: MutableSequence[float]) -> float:
    """Coins x days: what a coin traded costs over c, on which alone the market moves the band."""
    return 0.5 * (memory[COSTS + 1] + memory[COSTS + 2]) / memory[COSTS]
