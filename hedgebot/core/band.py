"""Where nothing is done. Float functions on plain numbers: numba compiles this source as it is."""

import math

COIN = 0
PERCENT = 1
USD = 2


def target_delta(gross: float, *, target: float, ratio: float) -> float:
    """The delta wanted, coins. `target` counts where it is a number, else (1 - ratio) * gross."""
    return (1.0 - ratio) * gross if math.isnan(target) else target


def side_width(bound: float, unit: int, gross: float, mark: float) -> float:
    """One side's width in coins, not negative. `bound` in coins, per cent of abs(gross) or USD."""
    size = abs(bound)
    if unit == PERCENT:
        return size * abs(gross) / 100.0
    if unit == USD:
        return size / mark
    return size


def least_lots(lots_min: int, notional_min: float, lot_value: float) -> int:
    """Smallest order that opens, in lots. `lot_value` is the quote value of one lot."""
    by_notional = ceil_lots(notional_min / lot_value)
    return max(1, lots_min, by_notional)


def floor_lots(lots: float) -> int:
    """Towards zero, forgiving the float error of a whole number of lots; not negative."""
    return int(lots + 1e-9)


def ceil_lots(lots: float) -> int:
    """Up, forgiving the float error of a whole number of lots; zero or less below a lot."""
    whole = int(lots)
    return whole if lots - whole < 1e-9 else whole + 1
