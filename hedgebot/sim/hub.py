"""Sockets and what they are subscribed to; muting; publishing."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import WSMsgType, web

from hedgebot.domain.instruments import Kind

OUTBOX_MAX = 20_000
"""Frames that a slow reader may leave waiting before it is cut off, as the venue does."""

Topic = tuple[Kind, str]
"""Whose stream, and its name: `btcusdt@bookTicker`, or a listen key."""


class Channel(StrEnum):
    """What a socket carries: what can be muted or cut."""

    USER = "user"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Frame:
    """A text frame or a ping, and what it is called in the trace ('' is not traced)."""

    payload: bytes
    label: str = ""
    ping: bool = False


@dataclass(eq=False, slots=True)
class Socket:
    """One websocket with its outbox."""

    ws: web.WebSocketResponse
    transport: asyncio.Transport
    kind: Kind
    channel: Channel
    combined: bool = False
    topics: set[Topic] = field(default_factory=set)
    outbox: asyncio.Queue[Frame] = field(default_factory=lambda: asyncio.Queue(OUTBOX_MAX))

    def send(self, frame: Frame) -> None:
        """Queue a frame; a reader too slow for the outbox is cut off."""
        if self.outbox.full():
            cut(self)
            return
        self.outbox.put_nowait(frame)


def cut(socket: Socket) -> None:
    """Drop the connection under a socket, without a closing handshake."""
    socket.transport.abort()


@dataclass(slots=True)
class Silence:
    """A muted channel: its sockets stay open and say nothing."""

    pongs: bool
    """Whether pings are still answered."""


@dataclass(slots=True)
class Hub:
    """Every open socket, by topic."""

    trace: Callable[[str, int], None]
    """Told the label of each traced frame and the monotonic ns just before it is written."""
    sockets: dict[Socket, None] = field(default_factory=dict)
    """In the order in which they were opened: what befalls all of them repeats with a seed."""
    topics: dict[Topic, dict[Socket, tuple[bytes, bytes]]] = field(default_factory=dict)
    """Subscribers with what goes before and after each payload."""
    silenced: dict[tuple[Kind, Channel], Silence] = field(default_factory=dict)

    def subscribe(self, socket: Socket, topic: Topic, wrap: tuple[bytes, bytes]) -> None:
        """Add a socket to a topic."""
        self.topics.setdefault(topic, {})[socket] = wrap
        socket.topics.add(topic)

    def unsubscribe(self, socket: Socket, topic: Topic) -> None:
        """Remove a socket from a topic."""
        self.topics.get(topic, {}).pop(socket, None)
        socket.topics.discard(topic)

    def forget(self, socket: Socket) -> None:
        """The socket is gone."""
        for topic in list(socket.topics):
            self.unsubscribe(socket, topic)
        self.sockets.pop(socket, None)

    def wanted(self, topic: Topic) -> bool:
        """Whether anyone listens."""
        return bool(self.topics.get(topic))

    def publish(self, topic: Topic, payload: bytes, label: str = "") -> None:
        """Send to every subscriber that is not silenced."""
        for socket, (before, after) in list(self.topics.get(topic, {}).items()):
            if (socket.kind, socket.channel) not in self.silenced:
                socket.send(Frame(before + payload + after, label))

    def broadcast(self, kind: Kind, channel: Channel, payload: bytes) -> None:
        """Send to every socket of a channel, whatever it is subscribed to."""
        for socket in self.sockets:
            if socket.kind is kind and socket.channel is channel:
                socket.send(Frame(payload))

    def ping(self, kind: Kind, payload: bytes) -> None:
        """Ping every socket of a side that is not silenced."""
        for socket in self.sockets:
            if socket.kind is kind and (kind, socket.channel) not in self.silenced:
                socket.send(Frame(payload, ping=True))

    def answers_pings(self, socket: Socket) -> bool:
        """Whether a ping on this socket gets its pong."""
        silence = self.silenced.get((socket.kind, socket.channel))
        return silence is None or silence.pongs

    def disconnect(self, kind: Kind, channel: Channel) -> int:
        """Cut every socket of a channel; how many there were."""
        found = [s for s in self.sockets if s.kind is kind and s.channel is channel]
        for socket in found:
            cut(socket)
        return len(found)

    async def write(self, socket: Socket) -> None:
        """Write a socket's outbox until cancelled."""
        while True:
            frame = await socket.outbox.get()
            if frame.label:
                self.trace(frame.label, time.monotonic_ns())
            opcode = WSMsgType.PING if frame.ping else WSMsgType.TEXT
            try:
                await socket.ws.send_frame(frame.payload, opcode)
            except ConnectionError:
                return  # the reading side notices and forgets the socket
