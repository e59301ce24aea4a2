"""Played by vectorbt: an order function over one column. Run by the peers' own Python."""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import vectorbt as vbt
from numba import njit
from vectorbt.portfolio import nb

CASH = 1e12


@njit
def order_of(c: Any, gross: Any, terms: Any) -> Any:
    width, lot, rate = terms
    held = round(c.position_now / lot)
    x = gross[c.i] + held * lot
    if x <= width and x >= -width:
        return nb.order_nothing_nb()
    lots = int(-x / lot + (1e-9 if x < 0 else -1e-9))
    return nb.order_nb(lots * lot, c.close[c.i, c.col], fees=rate)


def main() -> None:
    path = Path(sys.argv[1])
    told = np.load(path)
    lot = float(told["lot"])
    terms = (told["gross"], (float(told["width"]), lot, float(told["rate"])))
    play = vbt.Portfolio.from_order_func
    play(told["price"][:100], order_of, *terms, init_cash=CASH)
    began = time.process_time()
    found = play(told["price"], order_of, *terms, init_cash=CASH)
    seconds = time.process_time() - began
    rows = found.orders.values
    lots = np.round(rows["size"] / lot) * np.where(rows["side"] == 0, 1, -1)
    orders = np.stack([rows["idx"], lots.astype(np.int64)], axis=1)
    np.savez(path.with_suffix(".out.npz"), seconds=seconds, orders=orders)


main()
