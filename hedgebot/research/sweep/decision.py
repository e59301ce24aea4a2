"""What `core` decides about one deviation, on plain numbers: its own functions, compiled.

The order of questions is that of `core.judge` and `core.propose` for a hedge of one linear
instrument that is known and settled. `tests/research/test_sweep_step.py` holds the two together.
"""

from typing import Any

from hedgebot.core import band, sizing
from hedgebot.research.compiled import Compiled, kernel

CORE = Compiled(band, sizing)
least_lots, side_width = CORE[band.least_lots], CORE[band.side_width]
hedge_lots, closing_lots = CORE[sizing.hedge_lots], CORE[sizing.closing_lots]
slice_lots = CORE[sizing.slice_lots]


@kernel()
def lots_for(x: float, held: int, *, width: Any, price: float, market: Any) -> int:
    """Signed lots of the next order; 0 where there is none.

    Args:
        x: deviation, coins.
        held: the hedge's position, lots.
        width: of the band below and above, coins; and where a trade ends, 1 the edge, 0 the target.
        price: of a coin, quote.
        market: lot in coins, lots_min, notional_min, collar, notional_max, and whether an order
            that closes needs no least notional.
    """
    below, above, aim = width
    lot, lots_min, notional_min, collar, notional_max, exempt = market
    opens = least_lots(lots_min, notional_min, lot * price * (1.0 - collar))
    below, above = max(below, opens * lot), max(above, opens * lot)
    if hedge_lots(x, below, above, 1.0, lot, 1) == 0:
        return 0
    shrinks = held > 0 if x > 0.0 else held < 0
    least = lots_min if shrinks and exempt else opens
    lots = hedge_lots(x, below, above, aim, lot, least)
    if shrinks:
        closing = closing_lots(lots, held)
        lots = closing if closing != 0 else lots
    lots = slice_lots(lots, notional_max, lot * price, 2**62)
    return lots if abs(lots) >= least else 0
