"""Market and user streams: which socket hears what, on every path that clients dial."""

from dataclasses import dataclass
from urllib.parse import parse_qs

import orjson
from aiohttp import web

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.sockets import accept, converse
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.hub import Channel, Frame, Socket, Topic

ROUTED = {"public", "market", "private"}
"""The three futures endpoints by kind of stream."""
FUTURES_ONLY = ("@markPrice", "!markPrice", "@forceOrder", "@bookTicker!")
PUBLIC_STREAMS = ("@depth", "@bookTicker", "!bookTicker", "@trade")
"""What the `public` endpoint carries; `market` carries the rest."""
USER_EVENTS = "user"


@dataclass(frozen=True, slots=True)
class Dialled:
    """What a websocket address asks for."""

    kind: Kind
    routed: str
    """`public`, `market`, `private`, or empty for the older addresses that carry everything."""
    combined: bool
    names: tuple[str, ...]
    """Streams and listen keys."""
    events: frozenset[str] = frozenset()
    """For a listen key: only these events; empty for all."""


def dialled(path: str, query: str, listen_key: str) -> Dialled:
    """Read a websocket address.

    Spot and futures share one port here, so an address without `fstream`, `public`, `market` or
    `private` in it means spot, unless it names the futures listen key or a futures-only stream.
    """
    parts = [part for part in path.split("/") if part]
    asked = parse_qs(query)
    names = [n for n in asked.get("streams", [""])[0].split("/") if n]
    names += asked.get("listenKey", [])
    root = next((i for i, part in enumerate(parts) if part in {"ws", "stream"}), len(parts))
    names += [part for part in parts[root + 1 :] if not part.isdigit()]
    routed = next((part for part in parts[:root] if part in ROUTED), "")
    linear = bool(routed) or "fstream" in parts[:root] or listen_key in names
    linear = linear or any(mark in name for name in names for mark in FUTURES_ONLY)
    return Dialled(
        kind=Kind.LINEAR if linear else Kind.SPOT,
        routed=routed,
        combined="stream" in parts[root : root + 1],
        names=tuple(names),
        events=frozenset(e for e in asked.get("events", [""])[0].split("/") if e),
    )


def carries(routed: str, name: str) -> bool:
    """Whether a routed futures endpoint carries a stream."""
    if routed in {"", "private"}:
        return True
    return any(mark in name for mark in PUBLIC_STREAMS) is (routed == "public")


class Streams:
    """Serves stream sockets."""

    def __init__(self, exchange: Exchange, door: Door) -> None:
        self.exchange = exchange
        self.door = door

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """One socket from its first byte to its last."""
        address = dialled(request.path, request.query_string, self.door.listen_key.value)
        hub = self.exchange.hub
        private = address.routed == "private" or self.door.listen_key.value in address.names
        channel = Channel.USER if private else Channel.MARKET
        socket = await accept(hub, request, address.kind, channel, combined=address.combined)
        self.subscribe(socket, address, list(address.names))
        await converse(hub, socket, lambda raw: self._asked(socket, address, raw))
        return socket.ws

    def _asked(self, socket: Socket, address: Dialled, raw: bytes) -> None:
        """SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS."""
        try:
            asked = orjson.loads(raw)
            method, number = asked["method"], asked.get("id")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            refuse(socket, None, "Invalid JSON: expected value")
            return
        names = asked.get("params") or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            refuse(socket, number, "Invalid request: params must be an array of strings")
            return
        result: list[str] | None = None
        match method:
            case "SUBSCRIBE":
                self.answer(socket, number, None)
                self.subscribe(socket, address, names)
                return
            case "UNSUBSCRIBE":
                for name in names:
                    self.exchange.hub.unsubscribe(socket, (socket.kind, name))
            case "LIST_SUBSCRIPTIONS":
                result = [name for _, name in socket.topics]
            case _:
                refuse(socket, number, f"Invalid request: unknown method {method}")
                return
        self.answer(socket, number, result)

    def answer(self, socket: Socket, number: object, result: object) -> None:
        """The answer to a request on the socket."""
        if (socket.kind, socket.channel) not in self.exchange.hub.silenced:
            socket.send(Frame(orjson.dumps({"result": result, "id": number})))

    def subscribe(self, socket: Socket, address: Dialled, names: list[str]) -> None:
        """Join streams; unknown names are accepted and stay silent, as at the venue."""
        for name in names:
            if not carries(address.routed, name):
                continue
            if name == self.door.listen_key.value and address.events:
                for event in address.events:
                    self._join(socket, address, (Kind.LINEAR, f"{name}#{event}"), name)
                continue
            self._join(socket, address, (address.kind, name), name)
            symbol = name.split("@")[0].upper()
            self.exchange.touch_moved(address.kind, symbol)

    def _join(self, socket: Socket, address: Dialled, topic: Topic, name: str) -> None:
        wrap = (b"", b"")
        if address.combined:
            wrap = (b'{"stream":"%s","data":' % name.encode(), b"}")
        self.exchange.hub.subscribe(socket, topic, wrap)


def refuse(socket: Socket, number: object, text: str) -> None:
    """An error answer on a stream socket."""
    body = {"error": {"code": 2, "msg": text}, "id": number}
    socket.send(Frame(orjson.dumps(body)))
