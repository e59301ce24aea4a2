"""The limit of an IOC order. Floats in, whole ticks out; numba compiles this source as it is."""

from hedgebot.core.band import floor_lots


def sell_ticks(bid: float, slippage: float, floor: float, tick: float) -> int:
    """Limit of a sale: bid less slippage, not under `floor`, rounded up: inward."""
    price = max(bid * (1.0 - slippage), floor)
    ticks = floor_lots(price / tick)
    return ticks if ticks * tick >= price * (1.0 - 1e-12) else ticks + 1


def buy_ticks(ask: float, slippage: float, ceiling: float, tick: float) -> int:
    """Limit of a purchase: ask plus slippage, not over `ceiling`, rounded down: inward."""
    return floor_lots(min(ask * (1.0 + slippage), ceiling) / tick)


def slippage_now(thin: int, slippage_max: float, slippage_urgent: float) -> float:
    """Fraction of the touch: doubles after every three orders in a row filled under 10 %."""
    return min(slippage_max * 2.0 ** (thin // 3), max(slippage_max, slippage_urgent))
