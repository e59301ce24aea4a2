"""`/ws-api/v3`: the spot websocket API, as far as user streams need it."""

import orjson
from aiohttp import web

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.auth import require_key, require_time, require_ws_signature
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.errors import ApiError
from hedgebot.sim.binance.sockets import accept, converse
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.hub import Channel, Frame, Socket

USER_TOPIC = (Kind.SPOT, "user")
"""The account's spot events."""


class WsApi:
    """Serves sockets of the websocket API."""

    def __init__(self, exchange: Exchange, door: Door) -> None:
        self.exchange = exchange
        self.door = door

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """One socket from its first byte to its last."""
        socket = await accept(self.exchange.hub, request, Kind.SPOT, Channel.USER)
        await converse(self.exchange.hub, socket, lambda raw: self._asked(socket, raw))
        return socket.ws

    def _asked(self, socket: Socket, raw: bytes) -> None:
        """Answer one request."""
        number: object = None
        try:
            asked = orjson.loads(raw)
            number = asked.get("id")
            result = self._perform(socket, asked.get("method", ""), asked.get("params") or {})
            answer: dict[str, object] = {"id": number, "status": 200, "result": result}
        except (orjson.JSONDecodeError, AttributeError):
            bad = ApiError(-1000, "Malformed request.")
            answer = {"id": None, "status": 400, "error": bad.body()}
        except ApiError as error:
            answer = {"id": number, "status": error.status, "error": error.body()}
        if (Kind.SPOT, Channel.USER) not in self.exchange.hub.silenced:
            socket.send(Frame(orjson.dumps(answer)))

    def _perform(self, socket: Socket, method: str, params: dict[str, object]) -> object:
        now = self.exchange.clock.now_ms()
        self.exchange.records.requests[f"WS {method}"] += 1
        match method:
            case "ping":
                return {}
            case "time":
                return {"serverTime": now}
            case "session.status":
                return {"apiKey": None, "authorizedSince": None, "connectedSince": now}
            case "userDataStream.subscribe.signature":
                return self._subscribe(socket, params)
            case "userDataStream.unsubscribe":
                self.exchange.hub.unsubscribe(socket, USER_TOPIC)
                return {}
        raise ApiError(-1000, f"Unknown method {method}")

    def _subscribe(self, socket: Socket, params: dict[str, object]) -> object:
        """Join the user stream; events come wrapped with the number of the subscription."""
        config = self.exchange.config
        require_key(str(params.get("apiKey", "")), config.api_key)
        require_ws_signature(params, config.api_secret)
        texts = {name: str(value) for name, value in params.items()}
        require_time(texts, self.exchange.clock.now_ms())
        number = self.door.spot_subscriptions
        self.door.spot_subscriptions += 1
        wrap = (b'{"subscriptionId":%d,"event":' % number, b"}")
        self.exchange.hub.subscribe(socket, USER_TOPIC, wrap)
        return {"subscriptionId": number}
