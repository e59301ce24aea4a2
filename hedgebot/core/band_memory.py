"""The optimal band and all that it remembers: what a caller needs to know of it.

A memory is one flat list of SIZE floats, which may be stored and read back as they are. `begin` it
once; `note` every move of the delta that was not our own trade, and now and then that time has
passed; when it `is_due`, `solve` (tens of ms, off the hot path); `band_of` is the band in force.
numba compiles this source. Coins, quote, and days of any clock that does not run back.
"""

from collections.abc import MutableSequence, Sequence

from hedgebot.core.blend import TOLD, Model, blended_band, blended_cost, kept_band
from hedgebot.core.flow_law import (
    BALANCED,
    MEMORY,
    balance,
    days_of,
    forget_all,
    heavy_wait,
    law_of,
    surplus_share,
    variance_of,
)
from hedgebot.core.flow_law import note as note_move
from hedgebot.core.optimal import Band, cost_of, due, optimal_band
from hedgebot.core.reversion import ODDS, SUMS, TIMES, Spreads, go_on, weigh
from hedgebot.core.shadows import SHADOWS, forget_shadows, pass_on, shade
from hedgebot.core.stationary import WORK, Law

Costs = tuple[float, float, float, float]

FADE_DAYS = 60.0
WAIT_DAYS = 1.0
WAITS = 8.0  # between moves that matter, at the least, in a time constant that is believed

AT = MEMORY  # where the shadows begin
UNIT = AT + SHADOWS
NOTED = UNIT + 1  # day of the last note
MOVED = UNIT + 2  # 1 once a move was seen
BEGUN = UNIT + 3
SOLVED = UNIT + 4  # day of the last solution, and the ratio of costs that it saw
SOLVED_RATIO = UNIT + 5
COSTS = UNIT + 6  # since the last note: c, sell, buy, order
BAND = UNIT + 10  # below, above, inner, quote a day
HELD = UNIT + 14  # the deviation that the band has left
PATH = UNIT + 15  # where the sums of the path begin
SIZE = PATH + SUMS


def begin(memory: MutableSequence[float], *, now: float, unit: float) -> None:
    """Nothing was seen before `now`. `unit`: the lot, coins; smaller moves are counted as one."""
    forget_all(memory)
    forget_shadows(memory, at=AT)
    for k in range(UNIT, SIZE):
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
    learn(memory, now=now, move=move)
    memory[HELD] = left_by(memory, memory[HELD]) + move
    for k in range(len(costs)):
        memory[COSTS + k] = costs[k]


def learn(memory: MutableSequence[float], *, now: float, move: float) -> None:
    """The part of `note` that is the flow's own: the same whatever trading costs, and whatever band
    is in force.
    """
    days, unit = now - memory[NOTED], memory[UNIT]
    note_move(memory, move=move, days=days, fade_days=FADE_DAYS, unit=unit)
    shade(memory, at=AT, move=move, days=days, fade_days=FADE_DAYS, unit=unit)
    go_on(memory, at=PATH, move=move, days=days, fade_days=FADE_DAYS)
    memory[NOTED] = now
    if move != 0.0:
        memory[MOVED] = 1.0


def left_by(memory: MutableSequence[float], deviation: float) -> float:
    """What the band in force leaves of a deviation."""
    return left_of(deviation, memory[BAND], memory[BAND + 1], memory[BAND + 2])


def left_of(deviation: float, below: float, above: float, inner: float) -> float:
    """What a band leaves of a deviation."""
    if deviation > above:
        return inner * above
    if deviation < -below:
        return -inner * below
    return deviation


def is_due(memory: MutableSequence[float]) -> bool:
    """Whether to `solve`: a move was seen, and enough is new since the last solution."""
    if memory[MOVED] == 0.0:
        return False
    solved, solved_ratio = memory[SOLVED], memory[SOLVED_RATIO]
    return is_new(memory, ratio=ratio_of(memory), solved=solved, solved_ratio=solved_ratio)


def is_new(
    memory: Sequence[float], *, ratio: float, solved: float, solved_ratio: float
) -> bool:  # fmt: skip
    """Whether enough is new since a solution of the day `solved` and for that ratio of costs."""
    seen, before = memory[NOTED] - memory[BEGUN], solved - memory[BEGUN]
    return due(seen, before, ratio=ratio, solved_ratio=solved_ratio)


def solve(memory: MutableSequence[float], *, least: float) -> None:
    """Find the band for what was seen, at the costs of the last note.

    `least`: the narrowest width of either side, coins, positive.
    """
    found = best_band(
        memory, model_of(memory),
        costs=(memory[COSTS], memory[COSTS + 1], memory[COSTS + 2], memory[COSTS + 3]),
        band=(memory[BAND], memory[BAND + 1], memory[BAND + 2]), held=memory[HELD], least=least,
    )  # fmt: skip
    for k in range(len(found)):
        memory[BAND + k] = found[k]
    memory[SOLVED] = memory[NOTED]
    memory[SOLVED_RATIO] = ratio_of(memory)


def best_band(
    memory: Sequence[float], model: Model, *,
    costs: Costs, band: Band, held: float, least: float,
) -> tuple[float, float, float, float]:  # fmt: skip
    """As `band_of`: the band for what was seen, for any costs, band in force and deviation.

    Args:
        memory: that has learnt; it stays as it is.
        model: of it now. What costs, bands and deviations that share it ask of it is found once.
        costs: see `note`.
        band: in force.
        held: the deviation that it has left, coins.
        least: see `solve`.
    """
    work = [0.0] * WORK
    if costs[3] > 0.0:  # shadows trade to their edge, and count no orders
        return optimal_band(model[0], costs, band=band, least=least, work=work)
    below, above, cost = blended_band(
        memory, model,
        at=AT, unit=memory[UNIT], band=(band[0], band[1]), held=held, costs=costs, least=least,
        work=work,
    )  # fmt: skip
    if kept_band((band[0], band[1]), (below, above)):
        below, above = max(band[0], least), max(band[1], least)
    return below, above, 1.0, cost


def model_of(memory: MutableSequence[float]) -> Model:
    """Of all that was learnt; shadows have counted the days that they stood still after it."""
    law = ([0.0] * BALANCED, [0.0] * BALANCED, [0.0] * BALANCED)
    law_of(memory, wait_days=WAIT_DAYS, law=law)
    balance(law, days_of(memory, WAIT_DAYS))
    pass_on(memory, at=AT, move=0.0, unit=memory[UNIT])
    return law, spreads_of(memory, law), [0.0] * TOLD


def band_of(memory: MutableSequence[float]) -> tuple[float, float, float, float]:
    """Widths below and above, coins; where a trade ends, as a share of the width; quote a day.

    The widths are zero before the first solution: the smallest order then is the band.
    """
    return memory[BAND], memory[BAND + 1], memory[BAND + 2], memory[BAND + 3]


def expected_cost(memory: MutableSequence[float], *, band: tuple[float, float, float]) -> float:
    """Quote a day of any band (below, above, inner), by what was seen and at the last costs.

    Shadows trade to their edge: a band that trades further in is told by the law, times what
    shadows make of the law for the edge band of its widths.
    """
    model, work = model_of(memory), [0.0] * WORK
    costs = (memory[COSTS], memory[COSTS + 1], memory[COSTS + 2], memory[COSTS + 3])
    blended, alone = blended_cost(
        memory, model, costs,
        at=AT, unit=memory[UNIT], band=(band[0], band[1]), held=memory[HELD], work=work,
    )  # fmt: skip
    if band[2] == 1.0 and costs[3] == 0.0:
        return blended
    inside = cost_of(model[0], costs, band, work)
    return inside * blended / alone if alone > 0.0 else inside


def spreads_of(memory: MutableSequence[float], law: Law) -> Spreads:
    """How far the flow spreads. What a sign that goes with its size says is left to the shadows; a
    flow is not drawn back faster than it can be seen to move.
    """
    spreads = ([0.0] * ODDS, [0.0] * TIMES)
    weigh(
        memory,
        at=PATH, days=days_of(memory, WAIT_DAYS), variance=variance_of(law),
        shortest=WAITS * heavy_wait(law), even=1.0 - surplus_share(law), spreads=spreads,
    )  # fmt: skip
    return spreads


def ratio_of(memory: MutableSequence[float]) -> float:
    """Of the costs of the last note."""
    return cost_ratio((memory[COSTS], memory[COSTS + 1], memory[COSTS + 2], memory[COSTS + 3]))


def cost_ratio(costs: Costs) -> float:
    """Coins x days: what a coin traded costs over c, on which alone the market moves the band."""
    return 0.5 * (costs[1] + costs[2]) / costs[0]
