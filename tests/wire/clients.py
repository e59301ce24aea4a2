"""Unmodified ccxt.pro clients whose URLs lead to a local exchange: paths kept, host replaced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import ccxt.pro

from hedgebot.sim.binance.server import Running, serve
from hedgebot.sim.config import SimConfig

LEAN = {"fetchCurrencies": False, "fetchMargins": False}


def lead(urls: dict[str, Any], rest: str, ws: str) -> None:
    """Replace scheme, host and port of every URL."""
    for name, value in urls.items():
        if isinstance(value, dict):
            lead(value, rest, ws)
        elif isinstance(value, str) and "://" in value:
            urls[name] = (ws if value.startswith("ws") else rest) + urlsplit(value).path


def futures_client(running: Running, **config: Any) -> Any:
    options = {**LEAN, "fetchMarkets": {"types": ["linear"]}}
    client = ccxt.pro.binanceusdm(
        {"apiKey": "local-key", "secret": "local-secret", "options": options, **config}
    )
    lead(client.urls["api"], running.rest_url, running.ws_url)
    client.enableRateLimit = False
    return client


def coin_client(running: Running, **config: Any) -> Any:
    """COIN-M: paths of its own by REST, but for the host spot's path on the stream."""
    options = {**LEAN, "fetchMarkets": {"types": ["inverse"]}}
    client = ccxt.pro.binancecoinm(
        {"apiKey": "local-key", "secret": "local-secret", "options": options, **config}
    )
    lead(client.urls["api"], running.rest_url, running.ws_url)
    client.enableRateLimit = False
    return client


def spot_client(running: Running, **config: Any) -> Any:
    options = {**LEAN, "fetchMarkets": {"types": ["spot"]}, "defaultType": "spot"}
    client = ccxt.pro.binance(
        {"apiKey": "local-key", "secret": "local-secret", "options": options, **config}
    )
    lead(client.urls["api"], running.rest_url, running.ws_url)
    # ccxt tells spot sockets from others by "/stream" in the URL, which only the host had
    client.urls["api"]["ws"]["spot"] = f"{running.ws_url}/stream"
    client.enableRateLimit = False
    return client


@asynccontextmanager
async def trading(**config: Any) -> AsyncIterator[tuple[Running, Any, Any]]:
    """A running exchange with a spot and a futures client."""
    running = await serve(SimConfig(**config))
    spot, futures = spot_client(running), futures_client(running)
    try:
        yield running, spot, futures
    finally:
        await asyncio.gather(spot.close(), futures.close())
        await running.close()
