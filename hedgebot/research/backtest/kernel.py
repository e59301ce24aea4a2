"""The band of a hedge at every moment, by the decision's own functions, compiled."""

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np

from hedgebot.core import band, bounds, sizing
from hedgebot.core.books import Steps
from hedgebot.core.policy import HedgePolicy
from hedgebot.research.backtest.tape import Floats
from hedgebot.research.compiled import Compiled
from hedgebot.research.kept import kept


class Rule(NamedTuple):
    """A hedge and its reference instrument in plain numbers, as `core.bounds.at` takes them."""

    target: float
    """NaN: by the ratio."""
    ratio: float
    lower: float
    upper: float
    unit: int
    inverse: bool
    lot: float
    coins_per_unit: float
    lots_min: int
    notional_min: float
    collar: float


def rule_of(hedge: HedgePolicy, steps: Steps, collar: float) -> Rule:
    """The numbers of one hedge."""
    return Rule(
        target=float("nan" if hedge.target is None else hedge.target),
        ratio=float(hedge.ratio or 0),
        lower=hedge.band.lower,
        upper=hedge.band.upper,
        unit=bounds.UNITS[hedge.band.unit],
        inverse=steps.inverse,
        lot=steps.lot,
        coins_per_unit=steps.coins_per_unit,
        lots_min=steps.lots_min,
        notional_min=steps.notional_min,
        collar=collar,
    )


class Kernels(NamedTuple):
    """Compiled once."""

    sides: Any
    """(rule, gross, mark) -> target, width below, width above, least: coins."""
    bands: Any
    """(rule, gross, marks, out): target, lower and upper end for each moment."""
    lots: Any
    """(rule, gross, hedge, mark) -> lots to trade, whether inside as configured, and the lots that
    a trigger inside the band would trade."""


@cache
def kernels() -> Kernels:
    """Compile them from the sources of `core`."""
    made = Compiled(band, sizing)
    target_delta, side_width = made[band.target_delta], made[band.side_width]
    least_lots, hedge_lots = made[band.least_lots], made[sizing.hedge_lots]
    hair = bounds.HAIR

    @numba.njit
    def sides(rule: Any, gross: float, mark: float) -> Any:
        target = target_delta(gross, rule.target, rule.ratio)
        price = mark if rule.inverse else mark / rule.coins_per_unit
        below = side_width(rule.lower, rule.unit, gross, price)
        above = side_width(rule.upper, rule.unit, gross, price)
        at_worst = mark * (1.0 - rule.collar)
        value = rule.lot if rule.inverse else rule.lot * at_worst
        lot = rule.lot / mark if rule.inverse else rule.lot * rule.coins_per_unit
        least = least_lots(rule.lots_min, rule.notional_min, value) * lot
        return target, below, above, least, lot

    @numba.njit
    def lots(rule: Any, gross: float, hedge: float, mark: float) -> Any:
        target, below, above, least, lot = sides(rule, gross, mark)
        deviation = gross + hedge - target
        found = hedge_lots(deviation, max(below, least), max(above, least), 1.0, lot, 1)
        inside = -below - hair * least <= deviation <= above + hair * least
        return found, inside, hedge_lots(deviation, least, least, 0.0, lot, 1)

    @kept
    @numba.njit
    def bands(rule: Any, gross: Floats, marks: Floats, out: Floats) -> None:
        for at in range(len(marks)):
            target, below, above, least, _ = sides(rule, gross[at], marks[at])
            out[0, at] = target
            out[1, at] = target - max(below, least)
            out[2, at] = target + max(above, least)

    return Kernels(sides, bands, lots)


def bands_of(rule: Rule, gross: Floats, marks: Floats) -> Floats:
    """Target, lower and upper end of the band at each moment, coins; NaN where there is no mark."""
    out = np.full((3, len(marks)), np.nan)
    kernels().bands(rule, gross, marks, out)
    return out
