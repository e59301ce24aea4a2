"""Market and user streams: which socket hears what, on every path that clients dial."""

from collections.abc import Callable
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
INVERSE_MARK = "usd_perp@"
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


def dialled(path: str, query: str, side_of: Callable[[str], Kind | None]) -> Dialled:
    """Read a websocket address; `side_of` knows whose listen key a name is.

    All sides share one port here, so an address without `fstream`, `dstream`, `public`, `market`
    or `private` in it means spot, unless it names a listen key or a stream that spot has not.
    """
    parts = [part for part in path.split("/") if part]
    asked = parse_qs(query)
    names = [n for n in asked.get("streams", [""])[0].split("/") if n]
    names += asked.get("listenKey", [])
    root = next((i for i, part in enumerate(parts) if part in {"ws", "stream"}), len(parts))
    names += [part for part in parts[root + 1 :] if not part.isdigit()]
    routed = next((part for part in parts[:root] if part in ROUTED), "")
    linear = bool(routed) or "fstream" in parts[:root]
    inverse = "dstream" in parts[:root] or any(INVERSE_MARK in name.lower() for name in names)
    linear = linear or any(mark in name for name in names for mark in FUTURES_ONLY)
    named = Kind.INVERSE if inverse else Kind.LINEAR if linear else Kind.SPOT
    return Dialled(
        kind=next((side for name in names if (side := side_of(name)) is not None), named),
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
        address = dialled(request.path, request.query_string, self.door.side_of)
        hub = self.exchange.hub
        keyed = any(self.door.side_of(name) is not None for name in address.names)
        private = address.routed == "private" or keyed
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
            if INVERSE_MARK in name.lower() and not address.routed:
                socket.kind = Kind.INVERSE  # COIN-M's address is spot's but for the host
            if self.door.side_of(name) is Kind.LINEAR and address.events:
                for event in address.events:
                    self._join(socket, address, (Kind.LINEAR, f"{name}#{event}"), name)
                continue
            self._join(socket, address, (socket.kind, name), name)
            symbol = name.split("@")[0].upper()
            self.exchange.touch_moved(socket.kind, symbol)

    def _join(self, socket: Socket, address: Dialled, topic: Topic, name: str) -> None:
        wrap = (b"", b"")
        if address.combined:
            wrap = (b'{"stream":"%s","data":' % name.encode(), b"}")
        self.exchange.hub.subscribe(socket, topic, wrap)


def refuse(socket: Socket, number: object, text: str) -> None:
    """An error answer on a stream socket."""
    body = {"error": {"code": 2, "msg": text}, "id": number}
    socket.send(Frame(orjson.dumps(body)))
