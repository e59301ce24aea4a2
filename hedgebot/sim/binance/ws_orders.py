"""`/ws-fapi/v1`: the websocket API of USDT-M futures, as far as placing an order needs it.

Each request carries key, time and signature itself; nobody logs a session on.
"""

import time
from collections.abc import Mapping

import orjson
from aiohttp import web

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance import rest_futures
from hedgebot.sim.binance.auth import require_key, require_time, require_ws_signature
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.endpoint import Call
from hedgebot.sim.binance.errors import ApiError, worded
from hedgebot.sim.binance.rules import rate_limits
from hedgebot.sim.binance.sockets import accept, converse
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.hub import Channel, Frame, Socket
from hedgebot.venue_model.rejections import Rejected

PLACE = "order.place"


class WsOrders:
    """Serves sockets on which orders are placed."""

    def __init__(self, exchange: Exchange, door: Door) -> None:
        self.exchange = exchange
        self.door = door

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """One socket from its first byte to its last."""
        socket = await accept(self.exchange.hub, request, Kind.LINEAR, Channel.USER)
        await converse(self.exchange.hub, socket, lambda raw: self._asked(socket, raw))
        return socket.ws

    def _asked(self, socket: Socket, raw: bytes) -> None:
        """Answer one request."""
        at_ns = time.monotonic_ns()
        number: object = None
        try:
            asked = orjson.loads(raw)
            number, method = asked.get("id"), str(asked.get("method", ""))
            self.exchange.records.requests[f"WS {method}"] += 1
            if method == PLACE:
                self.exchange.records.mark("order", at_ns)
                answer = self._place(texts(asked.get("params") or {}))
            else:
                unknown = ApiError(-1000, f"Unknown method {method}")
                answer = {"status": unknown.status, "error": unknown.body()}
        except (orjson.JSONDecodeError, AttributeError):
            answer = {"status": 400, "error": ApiError(-1000, "Malformed request.").body()}
        except ApiError as error:
            answer = {"status": error.status, "error": error.body()}
        except Rejected as rejected:
            refusal = worded(rejected, Kind.LINEAR)
            answer = {"status": refusal.status, "error": refusal.body()}
        if (Kind.LINEAR, Channel.USER) not in self.exchange.hub.silenced:
            socket.send(Frame(orjson.dumps({"id": number, **answer})))

    def _place(self, params: Mapping[str, str]) -> dict[str, object]:
        """Check limits and security as on the REST side, then place the order."""
        exchange, config = self.exchange, self.exchange.config
        now, limits = exchange.clock.now_ms(), self.door.limits[Kind.LINEAR]
        limits.charge(0, now)
        require_key(params.get("apiKey"), config.api_key)
        require_time(params, now)
        require_ws_signature(params, config.api_secret)
        limits.require_orders(now)
        call = Call(exchange, self.door, params, Kind.LINEAR)
        answer: dict[str, object] = {"status": 200, "result": rest_futures.new_order(call)}
        limits.count_order()
        if params.get("returnRateLimits") != "false":
            answer["rateLimits"] = rate_limits(call, Kind.LINEAR, counted=True)
        return answer


def texts(params: Mapping[str, object]) -> dict[str, str]:
    """Parameters as they are signed: numbers as digits, flags in lower case."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in params.items()
    }
