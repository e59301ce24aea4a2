"""How much to trade. Float deviations in, whole lots out; numba compiles this source as it is.

Signs: a deviation is net delta minus target, coins; lots are signed, sold is negative.
"""

from hedgebot.core.band import ceil_lots, floor_lots


def side_lots(excess: float, width: float, *, aim: float, lot: float, lots_min: int) -> int:
    """Lots that bring an excess back, not negative; 0 inside the band.

    Args:
        excess: distance from the target on the side looked at, coins.
        width: of the band on that side, coins; at least `lots_min` lots (the caller widens it).
        aim: 0 for the target, 1 for the edge of the band.
        lot: coins of delta in one lot.
        lots_min: smallest order.

    Aimed at the target the quantity is rounded towards zero; aimed at the edge, or between, up to
    the next lot, but never so far that it would cross the target (invariant 3).
    """
    if ceil_lots((excess - width) / lot) <= 0:
        return 0  # no whole lot back to the edge: float error beyond it is not a quantity
    lots_to_target = floor_lots(excess / lot)
    if aim <= 0.0:
        return lots_to_target if lots_to_target >= lots_min else 0
    lots_to_aim = max(lots_min, ceil_lots((excess - aim * width) / lot))
    return min(lots_to_aim, lots_to_target)


def hedge_lots(
    deviation: float, *, below: float, above: float, aim: float, lot: float, lots_min: int
) -> int:
    """Signed lots for a known deviation. `below` and `above` are the widths of the sides."""
    if deviation >= 0.0:
        return -side_lots(deviation, above, aim=aim, lot=lot, lots_min=lots_min)
    return side_lots(-deviation, below, aim=aim, lot=lot, lots_min=lots_min)


def agreed_lots(at_low: int, at_high: int) -> int:
    """What is right at both ends of an interval: the smaller of two that agree in sign, else 0."""
    if at_low > 0 and at_high > 0:
        return min(at_low, at_high)
    if at_low < 0 and at_high < 0:
        return max(at_low, at_high)
    return 0


def slice_lots(lots: int, *, notional_max: float, lot_value: float, lots_max: int) -> int:
    """Clip a signed quantity to one slice: at most `notional_max` quote and `lots_max` lots."""
    cap = min(lots_max, floor_lots(notional_max / lot_value))
    return max(-cap, min(cap, lots))


def closing_lots(lots: int, position: int) -> int:
    """Clip an order against the position it would shrink: through zero, close first."""
    if lots > 0 > position:
        return min(lots, -position)
    if lots < 0 < position:
        return max(lots, -position)
    return lots
