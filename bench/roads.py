"""The roads on which the bare loop's order may go to the venue.

`create` and `implicit` are ccxt's over REST: `create_order`, and the call behind it. `create-ws`
and `implicit-ws` are ccxt's over the venue's websocket API: `create_order_ws`, and what is behind
it. `lean` is the daemon's own, over REST: its signature and its wire. `lean-ws` is the same
signature in a frame that is written without ccxt.
"""

import hmac
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import orjson

from hedgebot.adapters.binance.answers import Ticket
from hedgebot.adapters.binance.exchange import Signed
from hedgebot.adapters.binance.order_wire import OrderWire
from hedgebot.adapters.binance.signing import BodyRule

SYMBOL = "BTC/USDT:USDT"
RECV_WINDOW_MS = 5_000
Road = Callable[[Any, str, float, float], Awaitable[None]]


async def create(perp: Any, side: str, qty: float, limit: float) -> None:
    await perp.create_order(SYMBOL, "limit", side, qty, limit, {"timeInForce": "IOC"})


async def create_ws(perp: Any, side: str, qty: float, limit: float) -> None:
    await perp.create_order_ws(SYMBOL, "limit", side, qty, limit, {"timeInForce": "IOC"})


async def implicit(perp: Any, side: str, qty: float, limit: float) -> None:
    await perp.fapiPrivatePostOrder(ticket(side, qty, limit))


async def implicit_ws(perp: Any, side: str, qty: float, limit: float) -> None:
    url = perp.urls["api"]["ws"]["ws-api"]["linear"]
    number = str(perp.request_id(url))
    params = perp.sign_params({**ticket(side, qty, limit), "returnRateLimits": False})
    message = {"id": number, "method": "order.place", "params": params}
    await perp.watch(url, number, message, number, {"method": perp.handle_order_ws})


def ticket(side: str, qty: float, limit: float) -> dict[str, str]:
    return {
        "symbol": "BTCUSDT",
        "side": side.upper(),
        "type": "LIMIT",
        "timeInForce": "IOC",
        "quantity": f"{qty:.3f}",
        "price": f"{limit:.1f}",
        "newOrderRespType": "RESULT",
    }


class Lean:
    """A POST of few headers over a warm connection, signed without ccxt."""

    def __init__(self) -> None:
        self.wire = OrderWire()
        self.rule: BodyRule | None = None

    async def __call__(self, perp: Any, side: str, qty: float, limit: float) -> None:
        self.rule = self.rule or BodyRule(perp.secret, RECV_WINDOW_MS)
        params = {"timestamp": int(time.time() * 1_000), **ticket(side, qty, limit)}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        headers = {"X-MBX-APIKEY": perp.apiKey, **kind}
        url = f"{perp.urls['api']['fapiPrivate']}/order"
        signed = Signed("POST", url, self.rule.body(params), headers)
        answer = await self.wire.send(signed, Ticket(), timeout_ms=3_000)
        assert answer.status == 200, answer.body


class LeanWs:
    """One text frame on a socket that stays open, signed without ccxt."""

    def __init__(self) -> None:
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.sent = 0

    async def __call__(self, perp: Any, side: str, qty: float, limit: float) -> None:
        if self.socket is None:
            url = perp.urls["api"]["ws"]["ws-api"]["linear"]
            self.socket = await aiohttp.ClientSession().ws_connect(url, compress=0)
            self.mac = hmac.new(perp.secret.encode(), digestmod="sha256")
        params: dict[str, object] = {
            "apiKey": perp.apiKey,
            "recvWindow": RECV_WINDOW_MS,
            "returnRateLimits": "false",
            "timestamp": int(time.time() * 1_000),
            **ticket(side, qty, limit),
        }
        mac = self.mac.copy()
        mac.update("&".join(f"{name}={params[name]}" for name in sorted(params)).encode())
        params["signature"] = mac.hexdigest()
        self.sent += 1
        asked = {"id": self.sent, "method": "order.place", "params": params}
        await self.socket.send_str(orjson.dumps(asked).decode())
        answer = orjson.loads(await self.socket.receive_str(timeout=3))
        assert answer["status"] == 200, answer


ROADS: dict[str, Road] = {
    "create": create,
    "implicit": implicit,
    "lean": Lean(),
    "create-ws": create_ws,
    "implicit-ws": implicit_ws,
    "lean-ws": LeanWs(),
}
