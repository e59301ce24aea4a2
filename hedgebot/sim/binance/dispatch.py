"""From an HTTP request to its answer: faults, security, limits, endpoint, headers."""

import asyncio
import time
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import orjson
from aiohttp import web

from hedgebot.domain.instruments import Side
from hedgebot.sim.binance.auth import parameters, require_key, require_signature, require_time
from hedgebot.sim.binance.control import Control
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.endpoint import Call, Endpoint, Security
from hedgebot.sim.binance.errors import ApiError, overloaded, worded
from hedgebot.sim.binance.routes import routes
from hedgebot.sim.binance.streams import Streams
from hedgebot.sim.binance.ws_api import WsApi
from hedgebot.sim.binance.ws_orders import WsOrders
from hedgebot.sim.control.fate import MAINTENANCE
from hedgebot.sim.control.told import Reach
from hedgebot.sim.exchange import Exchange, Moment, Request
from hedgebot.sim.faults import (
    CutEarly,
    DelayReply,
    DelayRequest,
    DropReply,
    FailAfter,
    FailBefore,
    Overload,
    PartialFill,
    RequestFault,
    Throttle,
)
from hedgebot.sim.market import Market
from hedgebot.sim.still import thin
from hedgebot.venue_model.rejections import Rejected

CONTROL = "/_control"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request as it came in."""

    verb: str
    path: str
    query: str
    body: str
    key: str | None


class Dispatch:
    """Serves every request of the one port."""

    def __init__(self, exchange: Exchange, door: Door, market: Market) -> None:
        self.exchange = exchange
        self.door = door
        self.routes = routes(sapi=exchange.config.sapi)
        self.streams = Streams(exchange, door)
        self.ws_api = WsApi(exchange, door)
        self.ws_orders = WsOrders(exchange, door)
        self.control = Control(Reach(exchange, market), door)

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        at_ns = time.monotonic_ns()
        path, _, query = request.raw_path.partition("?")
        if path.startswith(CONTROL):
            return await self.control.serve(request)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, path)
        body = (await request.read()).decode() if request.body_exists else ""
        arrived = Arrived(request.method, path, query, body, request.headers.get("X-MBX-APIKEY"))
        return await self._answer(request, arrived, at_ns)

    async def _socket(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """A websocket: of the websocket API, or of streams."""
        self.exchange.records.requests[f"WS {path}"] += 1
        if MAINTENANCE in self.exchange.faults.rules:
            return web.Response(status=503)
        try:
            if path.startswith("/ws-fapi"):
                return await self.ws_orders.serve(request)
            side = self.ws_api if path.startswith("/ws-api") else self.streams
            return await side.serve(request)
        except ConnectionError:  # it left before the handshake: nobody reads this
            return web.Response(status=400)

    async def _answer(
        self, request: web.BaseRequest, arrived: Arrived, at_ns: int
    ) -> web.StreamResponse:
        endpoint = self.routes.get((arrived.verb, arrived.path))
        self.exchange.records.requests[f"{arrived.verb} {arrived.path}"] += 1
        if endpoint is None:
            return web.Response(status=404, text="<html><body><h2>404 Not found</h2></body></html>")
        if endpoint.order:
            self.exchange.records.mark("order", at_ns)
        self._tell(Moment.ARRIVED, arrived)
        faults = self.exchange.faults.take(arrived.verb, arrived.path)
        if faults:
            response = await self._faulty(request, arrived, endpoint, faults)
        else:
            response = self._served(arrived, endpoint)
        if not any(isinstance(fault, DropReply | CutEarly) for fault in faults):
            self._tell(Moment.ANSWERED, arrived, response.status)
        return response

    def _tell(self, moment: Moment, arrived: Arrived, status: int = 0) -> None:
        """Let watchers know."""
        if self.exchange.watchers:
            params = parameters(arrived.query, arrived.body)
            for look in self.exchange.watchers:
                look(moment, Request(arrived.verb, arrived.path, params, status))

    async def _faulty(
        self,
        request: web.BaseRequest,
        arrived: Arrived,
        endpoint: Endpoint,
        faults: list[RequestFault],
    ) -> web.StreamResponse:
        """Serve a request that something befalls."""
        if any(isinstance(f, CutEarly) for f in faults) and request.transport is not None:
            request.transport.abort()
        late = (f.ms for f in faults if isinstance(f, DelayRequest | CutEarly))
        await asyncio.sleep(sum(late) / 1000)
        for fault in faults:
            refusal = refused(fault, arrived)
            if refusal is not None:
                return refusal
            if isinstance(fault, PartialFill):
                self._thin(arrived, endpoint, fault.share)
        response = self._served(arrived, endpoint)
        await asyncio.sleep(sum(f.ms for f in faults if isinstance(f, DelayReply)) / 1000)
        for fault in faults:
            if isinstance(fault, FailAfter):
                response = failure(fault.status, fault.code, fault.text)
        if DropReply() in faults and request.transport is not None:
            request.transport.abort()
        return response

    def _thin(self, arrived: Arrived, endpoint: Endpoint, share: Decimal) -> None:
        """Leave the order in a request only a share of what it wants."""
        params = parameters(arrived.query, arrived.body)
        symbol, side = params.get("symbol", ""), params.get("side", "")
        try:
            qty = Decimal(params["quantity"]) * share
            thin(self.exchange, endpoint.kind, symbol, side=Side[side], qty=qty)
        except (KeyError, InvalidOperation, Rejected):
            return  # no order that could fill at all: it is refused in a moment

    def _served(self, arrived: Arrived, endpoint: Endpoint) -> web.Response:
        """Serve a request, whatever the answer."""
        status, retry_after, answer = 200, None, None
        try:
            answer = self._perform(arrived, endpoint)
        except ApiError as error:
            status, answer, retry_after = error.status, error.body(), error.retry_after_s
        except Rejected as rejected:
            refusal = worded(rejected, endpoint.kind)
            status, answer = refusal.status, refusal.body()
        headers = self.door.limits[endpoint.kind].headers(order=endpoint.order)
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return web.Response(
            status=status,
            body=orjson.dumps(answer),
            headers=headers,
            content_type="application/json",
        )

    def _perform(self, arrived: Arrived, endpoint: Endpoint) -> object:
        """Check limits and security, then call the endpoint."""
        exchange, config = self.exchange, self.exchange.config
        now, limits = exchange.clock.now_ms(), self.door.limits[endpoint.kind]
        params = parameters(arrived.query, arrived.body)
        limits.charge(endpoint.weigh(params), now)
        if endpoint.security is not Security.NONE:
            require_key(arrived.key, config.api_key)
        if endpoint.security is Security.SIGNED:
            require_time(params, now)
            require_signature(arrived.query, arrived.body, config.api_secret)
        if endpoint.order:
            limits.require_orders(now)
        answer = endpoint.call(Call(exchange, self.door, params, endpoint.kind))
        if endpoint.order:
            limits.count_order()
        self._tell(Moment.ACCEPTED, arrived)
        return answer


def refused(fault: RequestFault, arrived: Arrived) -> web.Response | None:
    """The answer of a fault that lets nothing be accepted; None for other faults."""
    match fault:
        case FailBefore(status, code, text):
            return failure(status, code, text)
        case Throttle(status, retry_after_s):
            error = ApiError(-1003, "Too many requests.")
            return failure(status, error.code, error.text, retry_after_s)
        case Overload():
            if parameters(arrived.query, arrived.body).get("reduceOnly") == "true":
                return None
            error = overloaded()
            return failure(error.status, error.code, error.text)
        case DropReply() | DelayReply() | DelayRequest() | CutEarly() | FailAfter() | PartialFill():
            return None


def failure(status: int, code: int, text: str, retry_after_s: int | None = None) -> web.Response:
    """An error answer; code 0 is a body that is not JSON, as a proxy would send."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    if not code:
        page = f"<html><head><title>{status}</title></head><body>{text}</body></html>"
        return web.Response(status=status, text=page, content_type="text/html", headers=headers)
    body = orjson.dumps({"code": code, "msg": text})
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
