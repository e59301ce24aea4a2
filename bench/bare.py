"""The floor: the shortest loop a person would write with ccxt.pro. It checks nothing.

It waits for the spot balance, and sends one limit IOC on the perpetual for what the balance
changed by. No journal, no gates, no memory; markets loaded, connection warm, rate limiter off.

The order goes by one of the roads of `bench/roads.py`.

python -m bench.bare REST WS ROAD
"""

import asyncio
import sys
from typing import Any
from urllib.parse import urlsplit

import ccxt.pro

from bench.roads import ROADS, SYMBOL

SLIPPAGE = 0.002


def venue(kind: str, rest: str, ws: str) -> Any:
    exchange = getattr(ccxt.pro, kind)(
        {
            "apiKey": "local-key",
            "secret": "local-secret",
            "enableRateLimit": False,
            "options": {"fetchCurrencies": False, "fetchMargins": False},
        }
    )
    exchange.options["fetchMarkets"] = {"types": ["spot" if kind == "binance" else "linear"]}
    exchange.urls["api"] = moved(exchange.urls["api"], rest, ws)
    return exchange


def moved(urls: Any, rest: str, ws: str) -> Any:
    """Every URL with its scheme, host and port replaced, its path kept."""
    if isinstance(urls, dict):
        return {key: moved(value, rest, ws) for key, value in urls.items()}
    parts = urlsplit(urls)
    return (ws if parts.scheme.startswith("ws") else rest) + parts.path


async def main(rest: str, ws: str, mode: str) -> None:
    spot, perp = venue("binance", rest, ws), venue("binanceusdm", rest, ws)
    await asyncio.gather(spot.load_markets(), perp.load_markets())
    price = float((await perp.fetch_bids_asks([SYMBOL]))[SYMBOL]["bid"])
    held = float((await spot.fetch_balance())["BTC"]["total"])
    send = ROADS[mode]
    print("ready", flush=True)
    while True:
        balance = await spot.watch_balance()
        change = float(balance["BTC"]["total"]) - held
        if not change:
            continue
        held += change
        side = "sell" if change > 0 else "buy"
        qty = round(abs(change), 3)
        limit = round(price * (1 - SLIPPAGE if change > 0 else 1 + SLIPPAGE), 1)
        if qty:  # two trades that came as one change may leave nothing
            await send(perp, side, qty, limit)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
