"""The wire of orders, cancels and clock readings: written once, in the turn that permits it.

Between the permit and the write stands nothing: no task, no queue, no library that may try again.
A request whose bytes were handed to the socket may have arrived; every other one has not.
"""

import asyncio
import select
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from hedgebot.adapters.binance.answers import Answer, NoAnswer, Ticket, answer_of
from hedgebot.adapters.binance.exchange import Signed
from hedgebot.adapters.binance.http_answer import BadAnswer, Response, ResponseReader

IDLE_S_MAX = 20.0
"""Longer than the pace of the clock readings, which keep a connection warm."""
DIAL_S_MAX = 3.0

Place = tuple[str, str]
"""Scheme and host with port."""


class Wire(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader = ResponseReader()
        self._waiter: asyncio.Future[Response] | None = None
        self.idle_since_s = 0.0

    @property
    def usable(self) -> bool:
        """Open, quiet, and with nothing unread."""
        transport = self._transport
        return transport is not None and not transport.is_closing() and self._waiter is None

    @property
    def closing(self) -> bool:
        """Whether the other side has closed it, though the loop has not come to hear of it: what
        is written then is lost, and nobody could tell that it was.
        """
        assert self._transport is not None
        waiting = select.poll()
        waiting.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(waiting.poll(0))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def received(self, data: bytes) -> None:
        """Bytes of the response; unasked ones make the connection useless."""
        if self._waiter is None:
            self.drop()
            return
        try:
            response = self._reader.feed(data)
        except BadAnswer as error:
            self._end(error)
            return
        if response is not None:
            self._answered(response)

    data_received = received  # asyncio's word for it

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed or broken."""
        if self._waiter is not None:
            response = self._reader.closed() if exc is None else None
            if response is not None:
                self._answered(response)
            else:
                self._end(exc or ConnectionResetError("closed before the answer"))
        self._transport = None

    def write(self, request: bytes) -> "asyncio.Future[Response]":
        """Hand the request to the socket at once."""
        assert self._transport is not None, "a wire is written to while it is open"
        self._reader = ResponseReader()
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiter

    def drop(self) -> None:
        """Never use it again."""
        self._waiter = None
        if self._transport is not None:
            self._transport.abort()

    def _answered(self, response: Response) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(response)
        if not response.keeps:
            self.drop()

    def _end(self, error: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.drop()


@dataclass(slots=True)
class OrderWire:
    """Keeps connections warm and sends each request over one of them, once."""

    cafile: str | None = None
    _idle: dict[Place, list[Wire]] = field(default_factory=dict)
    _tls: ssl.SSLContext | None = None

    async def send(self, signed: Signed, ticket: Ticket, *, timeout_ms: int) -> Answer:
        """Write the request at most once and wait for its answer.

        Raises:
            Denied: the permit was refused; nothing was written.
            NoAnswer: refused, reset, timed out, unreadable; see `ticket.written`.
        """
        url = urlsplit(signed.url)
        place, request = (url.scheme, url.netloc), _request(signed, url)
        deadline_s = asyncio.get_running_loop().time() + timeout_ms / 1000
        try:
            wire = self._warm(place) or await self._dial(url, deadline_s)
            try:
                ticket.about_to_write()
                answer = wire.write(request)
                async with asyncio.timeout_at(deadline_s):
                    response = await answer
            finally:
                self._done_with(wire, place)
        except (TimeoutError, OSError, BadAnswer) as error:
            raise NoAnswer(f"{signed.method} request: {type(error).__name__}") from None
        return answer_of(response.status, response.headers, response.body)

    async def close(self) -> None:
        """Close every connection."""
        for wires in self._idle.values():
            for wire in wires:
                wire.drop()
        self._idle.clear()

    def _done_with(self, wire: Wire, place: Place) -> None:
        """Keep it if its last answer came whole, or nothing was written; otherwise drop it."""
        if not wire.usable:
            wire.drop()
            return
        wire.idle_since_s = asyncio.get_running_loop().time()
        self._idle.setdefault(place, []).append(wire)

    def _warm(self, place: Place) -> Wire | None:
        """The connection used last, if it is still good."""
        wires, now_s = self._idle.get(place, []), asyncio.get_running_loop().time()
        while wires:
            wire = wires.pop()
            fresh = now_s - wire.idle_since_s <= IDLE_S_MAX
            if fresh and wire.usable and not wire.closing:
                return wire
            wire.drop()
        return None

    async def _dial(self, url: SplitResult, deadline_s: float) -> Wire:
        secure = url.scheme == "https"
        if secure and self._tls is None:
            self._tls = ssl.create_default_context(cafile=self.cafile)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout_at(min(deadline_s, loop.time() + DIAL_S_MAX)):
            _transport, wire = await loop.create_connection(
                Wire,
                url.hostname or "",
                url.port or (443 if secure else 80),
                ssl=self._tls if secure else None,
                happy_eyeballs_delay=0.25,
            )
        return wire


def _request(signed: Signed, url: SplitResult) -> bytes:
    body = (signed.body or "").encode()
    target = f"{url.path}?{url.query}" if url.query else url.path
    headers: Mapping[str, str] = {
        "Host": url.netloc,
        "Accept": "application/json",
        "User-Agent": "hedgebot",
        **signed.headers,
        **({"Content-Length": str(len(body))} if signed.method != "GET" else {}),
    }
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return f"{signed.method} {target} HTTP/1.1\r\n{lines}\r\n".encode("ascii") + body
