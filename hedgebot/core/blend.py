"""The band that was cheapest on the flow seen and is cheapest under its law. numba compiles this.

What a width costs is told twice. By its shadow: what it would have cost on the very moves that
came, which knows how they hang together and is noisy while few of them came. By the law: what it
costs in the long run if moves were independent or drawn back (`reversion`), exact at once where
many small ones came, and wrong where lumps undo a trickle. Both count by days: the shadow by those
it has seen, the law by `belief_days`. What is moved to adopt a band is paid once, against AHEAD
times those days and no fewer than AHEAD_DAYS.
"""

import math
from collections.abc import MutableSequence, Sequence

from hedgebot.core.flow_law import Room, gone_share, heavy_wait, surplus_share
from hedgebot.core.reversion import Spreads, held_back
from hedgebot.core.shadows import (
    BOUGHT,
    EACH,
    HEAD,
    MEAN,
    REACH,
    SOLD,
    SQUARE,
    STRIDE,
    WIDTHS,
    width_of,
)
from hedgebot.core.stationary import Law, stationary_shares

Costs = tuple[float, float, float, float]
Shares = tuple[float, float, float]  # quote a day traded, mean and mean square above the lower edge
Model = tuple[Room, Spreads, MutableSequence[float]]
"""Of the flow: its law, how far it spreads, and room for TOLD numbers that these tell of widths."""

AHEAD = 2.0  # the flow is taken to go on twice as long as it was seen, ...
AHEAD_DAYS = 30.0  # ... and for a month at the least: nobody sets up a hedge for less
FIRM_DAYS = 1.0  # what a law counts, however its signs go with its sizes
EVEN_DAYS = 3.0  # and more of it where they do not, ...
EVEN_SHARE = 0.5  # ... of the days seen too: such a law knows extremes that have not come yet
KEPT = 0.03  # a band that differs by less of its width costs 0.1 % more at the most, and is kept
TELLS = 6  # numbers of a width: itself, share of trades, coins sold, bought, mean, mean square
TOLD = TELLS * (WIDTHS + 1)
FAR = 14  # widths up and down from the band in force that are looked at: 128 times as wide


def belief_days(law: Law, seen: float) -> float:
    """How many days of shadows the law is worth, where `seen` days were seen.

    A law is doubted where the sign of a move goes with its size: such moves undo each other, or
    the delta would run away. It stands for what has not come back yet, and gives way once it has.
    Where signs look like chance it is worth some days more, and one more of the waits between the
    moves that matter.
    """
    even = 1.0 - surplus_share(law)
    firm = FIRM_DAYS * (even + (1.0 - even) * gone_share(law))
    return firm + even * (EVEN_DAYS + heavy_wait(law) + EVEN_SHARE * seen)


def spans_of(law: Law, *, seen: float) -> tuple[float, float]:
    """How many days ahead are taken to be like those seen, and how many like the law."""
    known = belief_days(law, seen)
    ahead = max(AHEAD_DAYS, AHEAD * (seen + known)) / (seen + known)
    return ahead * seen, ahead * known


def blended_band(
    memory: Sequence[float], model: Model, *,
    at: int, unit: float, band: tuple[float, float], held: float, costs: Costs, least: float,
    work: MutableSequence[float],
) -> tuple[float, float, float]:  # fmt: skip
    """Widths below and above, coins, and what they cost a day.

    The widths are looked at by what the past alone says that they cost, the cheapest first, until
    what it says is more than the best one costs in all.

    Args:
        memory: with the shadows from `at` on, which have seen at least one moment.
        model: of the flow.
        at: where the shadows begin.
        unit: of their widths, coins.
        band: in force, zeros where there is none: widths far from its own are not looked at.
        held: the deviation now, coins.
        costs: c; quote a coin sold, bought; the last is not looked at.
        least: smallest width of either side, coins, positive.
        work: room for the solver.
    """
    spans = spans_of(model[0], seen=memory[at + 1] / memory[at])
    looked = looked_at(band, least, unit)
    floors = floors_of(memory, costs, looked, at=at, span=spans[0])
    found, lower = [math.inf] * WIDTHS, [0.0] * WIDTHS
    best, once, k = -1, 0.0, cheapest(floors)
    while k >= 0:
        floors[k] = math.inf
        lower[k], found[k], alone = ahead_of(
            memory, model, costs,
            at=at, k=k, unit=unit, held=held, least=least, spans=spans, work=work,
        )  # fmt: skip
        if best < 0 or found[k] < found[best]:
            best, once = k, alone
        k = next_width(floors, best=best, cost=found[best])
    width, share = between(found, lower, best=best, unit=unit)
    width = max(width, 2.0 * least)
    below = min(max(width * share, least), width - least)
    return below, width - below, (found[best] - once) / (spans[0] + spans[1])


def floors_of(
    memory: Sequence[float], costs: Costs, looked: tuple[int, int], *, at: int, span: float
) -> list[float]:
    """What the past alone makes of the widths looked at, wherever a band lies: none costs less."""
    floors = [math.inf] * WIDTHS
    for k in range(looked[0], looked[1]):
        shadow = at + HEAD + EACH * k
        paid, mean, square = past_shares(memory, shadow, costs, days=memory[at + 1])
        floors[k] = span * (paid + 0.5 * costs[0] * max(square - mean * mean, 0.0))
    return floors


def ahead_of(
    memory: Sequence[float], model: Model, costs: Costs, *,
    at: int, k: int, unit: float, held: float, least: float, spans: tuple[float, float],
    work: MutableSequence[float],
) -> tuple[float, float, float]:  # fmt: skip
    """Of a shadow's width: the lower width that costs least, the cost ahead of adopting that band,
    and what of it is paid at once. See `blended_band`.
    """
    shadow, width = at + HEAD + EACH * k, max(width_of(k, unit), 2.0 * least)
    modelled = modelled_shares(model, costs, k=k, width=width, work=work)
    past = past_shares(memory, shadow, costs, days=memory[at + 1])
    place = place_of(memory, shadow, held=held, width=width, least=least)
    lower = best_lower(past, modelled, costs, spans=spans, place=place)
    cost = cost_ahead(lower, past, modelled, costs, spans=spans, place=place)
    return lower, cost, cost_ahead(lower, past, modelled, costs, spans=(0.0, 0.0), place=place)


def cheapest(floors: Sequence[float]) -> int:
    """The width that can be cheapest."""
    least = 0
    for k in range(1, WIDTHS):
        if floors[k] < floors[least]:
            least = k
    return least


def next_width(floors: Sequence[float], *, best: int, cost: float) -> int:
    """The width to look at next: one that can be cheaper than the best, then those beside the best;
    -1 where none is left. Infinite floors are those of widths that were looked at, or never are.
    """
    k = cheapest(floors)
    if floors[k] <= cost:
        return k
    for k in (best - 1, best + 1):
        if 0 <= k < WIDTHS and floors[k] < math.inf:
            return k
    return -1


def place_of(
    memory: Sequence[float], shadow: int, *, held: float, width: float, least: float
) -> tuple[float, float, float, float]:
    """How far below the target the lower edge lies if nothing is traded now, how far the path
    reached, the width, the smallest side.
    """
    return memory[shadow] - held, memory[shadow + REACH], width, least


def looked_at(band: tuple[float, float], least: float, unit: float) -> tuple[int, int]:
    """The first width to look at, and the one after the last: not narrower than two least sides."""
    first = min(max(index_of(2.0 * least, unit), 0), WIDTHS - 1)
    if band[0] <= 0.0:
        return first, WIDTHS
    here = index_of(band[0] + band[1], unit)
    first = max(first, min(here - FAR, WIDTHS - 1))
    return first, max(first + 1, min(here + FAR, WIDTHS))


def index_of(width: float, unit: float) -> int:
    """The first shadow that is as wide."""
    return math.ceil(math.log(width / (2.0 * unit)) / math.log(STRIDE) - 1e-9)


def blended_cost(
    memory: Sequence[float], model: Model, costs: Costs, *,
    at: int, unit: float, band: tuple[float, float], held: float, work: MutableSequence[float],
) -> tuple[float, float]:  # fmt: skip
    """Quote a day of any edge band, once the deviation is in it: by both, and by the law alone."""
    width = band[0] + band[1]
    modelled = modelled_shares(model, costs, k=-1, width=width, work=work)
    alone = day_cost(modelled, costs[0], band[0])
    days = memory[at + 1]
    known = belief_days(model[0], days / memory[at])
    upper = min(max(index_of(width, unit), 1), WIDTHS - 1)
    near = math.log(width / width_of(upper - 1, unit)) / math.log(STRIDE)
    near = min(max(near, 0.0), 1.0)
    seen = 0.0
    for k, weight in ((upper - 1, 1.0 - near), (upper, near)):
        shadow, own = at + HEAD + EACH * k, width_of(k, unit)
        past = past_shares(memory, shadow, costs, days=days)
        below, room = band[0] * own / width, own - memory[shadow + REACH]
        edge = min(max(memory[shadow] - held, below - room), below)
        seen += weight * day_cost(past, costs[0], edge)
    time = days / memory[at]
    return (time * seen + known * alone) / (time + known), alone


def past_shares(memory: Sequence[float], shadow: int, costs: Costs, *, days: float) -> Shares:
    """Of a width on the flow that was seen, faded."""
    paid = costs[1] * memory[shadow + SOLD] + costs[2] * memory[shadow + BOUGHT]
    if days <= 0.0:
        return 0.0, memory[shadow], memory[shadow] * memory[shadow]
    return paid / days, memory[shadow + MEAN] / days, memory[shadow + SQUARE] / days


def modelled_shares(
    model: Model, costs: Costs, *, k: int, width: float, work: MutableSequence[float]
) -> Shares:
    """Of a width in the long run, by the law; less where the flow is drawn back.

    `k`: the shadow that is as wide, for which it is found once; -1 where none is.
    """
    law, spreads, told = model
    row = TELLS * (k + 1)
    if k < 0 or told[row] != width:
        sold, bought, mean, square = stationary_shares(law, width=width, work=work)
        trades, held = held_back(spreads, width=width, square=square - mean * mean)
        told[row] = width
        told[row + 1], told[row + 2], told[row + 3] = trades, sold, bought
        told[row + 4], told[row + 5] = mean, mean * mean + held
    paid = told[row + 1] * (costs[1] * told[row + 2] + costs[2] * told[row + 3])
    return paid, told[row + 4], told[row + 5]


def day_cost(shares: Shares, charge: float, below: float) -> float:
    """Quote a day of a band whose lower edge lies `below` the target."""
    paid, mean, square = shares
    return paid + 0.5 * charge * (square - 2.0 * below * mean + below * below)


def cost_ahead(
    below: float, past: Shares, modelled: Shares, costs: Costs, *,
    spans: tuple[float, float], place: tuple[float, float, float, float],
) -> float:  # fmt: skip
    """Quote of adopting a band now and keeping it: by what was seen, by the law, and the trade that
    brings the deviation to where its shadow's path lies.

    `place`: see `place_of`. A path that reached over less than the width leaves room.
    """
    settled, reach, width, _ = place
    edge = min(max(settled, reach - (width - below)), below)
    moved = costs[1] * max(edge - settled, 0.0) + costs[2] * max(settled - edge, 0.0)
    return (
        moved
        + spans[0] * day_cost(past, costs[0], edge)
        + spans[1] * day_cost(modelled, costs[0], below)
    )


def best_lower(
    past: Shares, modelled: Shares, costs: Costs, *,
    spans: tuple[float, float], place: tuple[float, float, float, float],
) -> float:  # fmt: skip
    """The lower width that costs least.

    The cost is three parabolas side by side: where the path is lifted, where it fits as it lies,
    and where it is pressed down.
    """
    settled, reach, width, least = place
    room, whole = width - reach, spans[0] + spans[1]
    pull = spans[0] * past[1] + spans[1] * modelled[1]
    lifted = (pull + costs[2] / costs[0]) / whole
    pressed = (pull + spans[0] * room - costs[1] / costs[0]) / whole
    best, cheapest = least, math.inf
    for bottom, low, high in (
        (lifted, least, settled),
        (modelled[1], settled, settled + room),
        (pressed, settled + room, width - least),
    ):
        lower = min(max(bottom, low), high)
        lower = min(max(lower, least), width - least)
        cost = cost_ahead(lower, past, modelled, costs, spans=spans, place=place)
        if cost < cheapest:
            best, cheapest = lower, cost
    return best


def between(
    found: Sequence[float], lower: Sequence[float], *, best: int, unit: float
) -> tuple[float, float]:
    """The width, and its lower share, at the bottom of a parabola through three widths' costs."""
    width, share = width_of(best, unit), lower[best] / width_of(best, unit)
    if best < 1 or best > WIDTHS - 2 or math.isinf(found[best - 1] + found[best + 1]):
        return width, share
    bend = found[best - 1] - 2.0 * found[best] + found[best + 1]
    if bend <= 0.0:
        return width, share
    part = 0.5 * (found[best - 1] - found[best + 1]) / bend
    side = best + 1 if part > 0.0 else best - 1
    near = lower[side] / width_of(side, unit)
    return width * STRIDE**part, share + abs(part) * (near - share)


def kept_band(band: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether the band in force is near enough to another one to stay."""
    apart = abs(band[0] - other[0]) + abs(band[1] - other[1])
    return apart < KEPT * (other[0] + other[1])
