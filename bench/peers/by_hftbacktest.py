"""Played by hftbacktest: a compiled loop over its order book. Run by the peers' own Python."""

import sys
import time
from pathlib import Path
from typing import Any

import hftbacktest as hbt
import numpy as np
from hftbacktest.binding import event_dtype
from hftbacktest.order import IOC
from numba import njit

MINUTE_NS = 60 * 10**9
TICK, RICH = 0.01, 1e6
SEEN = hbt.EXCH_EVENT | hbt.LOCAL_EVENT | hbt.DEPTH_EVENT


def book_of(prices: Any) -> Any:
    """At each bar's beginning the best bid a tick below the price and the best ask at it, and those
    before taken away; a row more at both ends, for its clock begins with the first and stops with
    the last.
    """
    new = np.concatenate((prices[:1], prices, prices[-1:]))
    old = np.concatenate((new[:1], new[:-1]))
    told = np.zeros((len(new), 4), event_dtype)
    told["exch_ts"] = told["local_ts"] = np.arange(len(new))[:, None] * MINUTE_NS
    told["ev"] = SEEN | np.array([hbt.BUY_EVENT, hbt.SELL_EVENT] * 2)
    told["px"] = np.stack((old - TICK, old, new - TICK, new), axis=1)
    told["qty"] = [0.0, 0.0, RICH, RICH]
    return told.ravel()


def venue_of(book: Any, lot: float, rate: float) -> Any:
    """Reads the book where it lies: the caller keeps it."""
    asset = (
        hbt.BacktestAsset().data(book).linear_asset(1.0)
        .constant_order_latency(0, 0).risk_adverse_queue_model().no_partial_fill_exchange()
        .trading_value_fee_model(rate, rate).tick_size(TICK).lot_size(lot)
    )  # fmt: skip
    return hbt.HashMapMarketDepthBacktest([asset])


@njit
def play(venue: Any, bars: Any, terms: Any, orders: Any) -> int:
    price, gross = bars
    width, lot = terms
    count = 0
    for k in range(len(gross)):
        if venue.elapse(MINUTE_NS) != 0:
            return -1 - k
        x = gross[k] + round(venue.position(0) / lot) * lot
        if x <= width and x >= -width:
            continue
        lots = int(-x / lot + (1e-9 if x < 0 else -1e-9))
        depth = venue.depth(0)
        assert abs(depth.best_ask - price[k]) < 0.5 * TICK
        if lots > 0:
            venue.submit_buy_order(0, k, depth.best_ask, lots * lot, IOC, hbt.LIMIT, True)
        else:
            venue.submit_sell_order(0, k, depth.best_bid, -lots * lot, IOC, hbt.LIMIT, True)
        venue.clear_inactive_orders(0)
        orders[count, 0], orders[count, 1] = k, lots
        count += 1
    return count


def main() -> None:
    path = Path(sys.argv[1])
    told = np.load(path)
    lot, price, gross = float(told["lot"]), told["price"], told["gross"]
    terms, orders = (float(told["width"]), lot), np.zeros((len(gross), 2), np.int64)
    book = book_of(price)
    play(venue_of(book, lot, float(told["rate"])), (price, gross[:9]), terms, orders)
    venue = venue_of(book, lot, float(told["rate"]))
    began = time.process_time()
    count = play(venue, (price, gross), terms, orders)
    seconds = time.process_time() - began
    assert count >= 0, f"the data ended at bar {-1 - count}"
    assert round(venue.position(0) / lot) == orders[:count, 1].sum(), "an order did not fill"
    np.savez(path.with_suffix(".out.npz"), seconds=seconds, orders=orders[:count])


main()
