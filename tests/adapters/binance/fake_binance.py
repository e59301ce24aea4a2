"""A Binance that misbehaves on request: each path answers what the test scripts."""

import asyncio
import hashlib
import hmac
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import WSMsgType, web

SECRET = "the-secret"
KEY = "the-key"
FUTURES_ROW = {
    "symbol": "BTCUSDT", "status": "TRADING", "contractType": "PERPETUAL",
    "deliveryDate": 4133404800000, "baseAsset": "BTC", "quoteAsset": "USDT",
    "marginAsset": "USDT", "pricePrecision": 2, "quantityPrecision": 3,
    "orderTypes": ["LIMIT", "MARKET"], "timeInForce": ["GTC", "IOC"],
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10", "minPrice": "1", "maxPrice": "9999999"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "1000"},
        {"filterType": "MIN_NOTIONAL", "notional": "50"},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.05", "multiplierDown": "0.95"},
    ],
}  # fmt: skip
SPOT_ROW = {
    key: value for key, value in FUTURES_ROW.items()
    if key not in {"contractType", "deliveryDate", "marginAsset", "timeInForce"}
}  # fmt: skip
OURS_NAME = "1a2b3c4d-00000a-0000000001-deadbeef"
LIMITS = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
]
MODES = [{"symbol": "BTCUSDT", "marginType": "CROSSED", "leverage": 3}]

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Serve:
    async def serve(_request: web.Request) -> web.Response:
        return web.Response(
            body=orjson.dumps(body), status=status,
            headers={"Content-Type": "application/json", **(headers or {})},
        )  # fmt: skip

    return serve


def raw(text: str, status: int = 200) -> Serve:
    async def serve(_request: web.Request) -> web.Response:
        return web.Response(text=text, status=status)

    return serve


async def cut(request: web.Request) -> web.StreamResponse:
    """Take the request, then drop the connection without a word."""
    await request.read()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def silence(request: web.Request) -> web.StreamResponse:
    await request.read()
    await asyncio.sleep(30)
    return web.Response()


def order_row(**changes: object) -> dict[str, object]:
    return {
        "orderId": 8389765739703000001, "symbol": "BTCUSDT", "status": "FILLED",
        "clientOrderId": OURS_NAME, "price": "59900.0", "origQty": "0.010", "executedQty": "0.010",
        "reduceOnly": False, "side": "SELL", "positionSide": "BOTH", "updateTime": 1759347763200,
    } | changes  # fmt: skip


@dataclass
class FakeBinance:
    """What it serves may be changed at any time."""

    serves: dict[tuple[str, str], list[Serve]] = field(default_factory=dict)
    """By (method, path): taken one by one, the last one stays."""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Everything received: method, path, parameters."""
    sockets: dict[str, list[web.WebSocketResponse]] = field(default_factory=dict)
    """Open ones, by path."""
    hellos: list[dict[str, Any]] = field(default_factory=list)
    mute: set[str] = field(default_factory=set)
    """Socket paths that answer neither pings nor requests."""
    no_pongs: set[str] = field(default_factory=set)
    """Socket paths that answer requests and no pings."""
    unserved: set[str] = field(default_factory=set)
    """Socket paths that answer the handshake with 404."""
    refuse: set[str] = field(default_factory=set)
    """Socket paths whose subscriptions are refused."""
    banned: set[str] = field(default_factory=set)
    """Socket paths that answer the handshake with 429."""
    port: int = 0
    skew_ms: int = 0

    def on(self, method: str, path: str, *serves: Serve) -> None:
        self.serves[method, path] = list(serves)

    def count(self, method: str, path: str) -> int:
        return sum(1 for request in self.requests if request[:2] == (method, path))

    def counts(self) -> Counter[str]:
        return Counter(f"{method} {path}" for method, path, _ in self.requests)

    def last(self, method: str, path: str) -> dict[str, str]:
        return next(r[2] for r in reversed(self.requests) if r[:2] == (method, path))

    async def say(self, path: str, message: object) -> None:
        for socket in self.sockets[path]:
            await socket.send_str(orjson.dumps(message).decode())

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade") == "websocket":
            if request.path in self.banned:
                return web.Response(status=429, headers={"Retry-After": "60"})
            if request.path in self.unserved:
                return web.Response(status=404)
            return await self._socket(request)
        body = await request.text()
        params = dict(parse_qsl(request.query_string) + parse_qsl(body))
        self.requests.append((request.method, request.path, params))
        if "signature" in params:
            signed = (request.query_string or body).rpartition("&signature=")[0]
            digest = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
            assert digest == params["signature"]
        serves = self.serves.get((request.method, request.path))
        if serves is None:
            return web.Response(text="no such path", status=404)
        return await (serves.pop(0) if len(serves) > 1 else serves[0])(request)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket, path = web.WebSocketResponse(autoping=False), request.path
        await socket.prepare(request)
        self.sockets.setdefault(path, []).append(socket)
        async for message in socket:
            if path in self.mute:
                continue
            if message.type is WSMsgType.PING:
                if path not in self.no_pongs:
                    await socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                await self._answer(socket, path, orjson.loads(message.data))
        self.sockets[path].remove(socket)
        return socket

    async def _answer(
        self, socket: web.WebSocketResponse, path: str, hello: dict[str, Any]
    ) -> None:
        self.hellos.append(hello)
        reply: dict[str, object] = {"id": hello["id"], "result": None}
        if "params" in hello and isinstance(hello["params"], dict):
            reply = {"id": hello["id"], "status": 200, "result": {"subscriptionId": 0}}
        if path in self.refuse:
            reply = {"id": hello["id"], "error": {"code": -2015, "msg": f"no {KEY}"}}
        await socket.send_str(orjson.dumps(reply).decode())


def well_behaved(fake: FakeBinance) -> None:
    """Answers of an account that holds nothing much."""

    async def time(_request: web.Request) -> web.Response:
        now_ms = int(asyncio.get_running_loop().time() * 1000) + fake.skew_ms
        return web.json_response({"serverTime": now_ms})

    for prefix, row in (("/fapi/v1", FUTURES_ROW), ("/api/v3", SPOT_ROW)):
        fake.on("GET", f"{prefix}/time", time)
        fake.on("GET", f"{prefix}/exchangeInfo", answer({"symbols": [row], "rateLimits": LIMITS}))
        for path in ("openOrders", "allOrders", "userTrades", "myTrades"):
            fake.on("GET", f"{prefix}/{path}", answer([]))
    assets = [{"asset": "USDT", "walletBalance": "1000.5", "updateTime": 5}]
    fake.on("GET", "/fapi/v3/account", answer({"assets": assets}))
    fake.on("GET", "/fapi/v3/positionRisk", answer([]))
    fake.on("GET", "/fapi/v1/positionSide/dual", answer({"dualSidePosition": False}))
    fake.on("GET", "/fapi/v1/multiAssetsMargin", answer({"multiAssetsMargin": False}))
    fake.on("GET", "/fapi/v1/symbolConfig", answer(MODES))
    fake.on("POST", "/fapi/v1/listenKey", answer({"listenKey": "first-key"}))
    fake.on("PUT", "/fapi/v1/listenKey", answer({}))
    coins = [{"asset": "BTC", "free": "1.5", "locked": "0.5"}]
    fake.on("GET", "/api/v3/account", answer({"updateTime": 7, "balances": coins}))


@asynccontextmanager
async def fake_binance() -> AsyncIterator[FakeBinance]:
    fake = FakeBinance()
    well_behaved(fake)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.port = runner.addresses[0][1]
    try:
        yield fake
    finally:
        await runner.cleanup()
