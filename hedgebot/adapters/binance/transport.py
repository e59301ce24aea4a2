"""One HTTP request, written at most once, and the proof of whether it was written.

aiohttp sends idempotent methods again by itself after a dropped connection, DELETE and PUT among
them, and follows redirects with a POST: both are shut off here, for every method.
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
import orjson
from yarl import URL

from hedgebot.adapters.binance.exchange import Signed
from hedgebot.domain.events import NotSentReason
from hedgebot.errors import VenueError
from hedgebot.ports import Permit

KEEP_ALIVE_S = 20.0
"""Longer than the pace of the clock readings, which keep a connection warm."""


class Denied(VenueError):
    """The permit was refused at the last moment; nothing was written."""


class NoAnswer(VenueError):
    """No answer came. `Ticket.written` tells whether the request may have arrived."""


class _Dropped(Exception):
    """A broken connection in a shape that aiohttp does not repeat by itself."""


@dataclass(slots=True)
class Ticket:
    """Follows one request to the socket."""

    permit: Permit | None = None
    written: bool = False
    """Whether a byte of it may have been written."""
    denied: NotSentReason | None = None

    def about_to_write(self) -> None:
        """Asked by the transport immediately before the first byte."""
        if self.written:
            return
        self.denied = self.permit() if self.permit else None
        if self.denied is not None:
            raise Denied(f"not sent: {self.denied}")
        self.written = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any
    """Decoded JSON; None where it could not be read."""
    retry_after_ms: int


class Transport:
    """A pool of connections to one entry's hosts."""

    def __init__(self, *, cafile: str | None = None) -> None:
        self._cafile = cafile
        self._session: aiohttp.ClientSession | None = None

    async def send(self, signed: Signed, ticket: Ticket, *, timeout_ms: int) -> Answer:
        """Write the request at most once and wait for its answer.

        Raises:
            Denied: the permit was refused; nothing was written.
            NoAnswer: refused, reset, timed out; see `ticket.written`.
        """
        body = signed.body.encode() if signed.body else None
        try:
            async with self._open().request(
                signed.method,
                URL(signed.url, encoded=True),
                data=body,
                headers=signed.headers,
                timeout=aiohttp.ClientTimeout(total=timeout_ms / 1000),
                allow_redirects=False,
                trace_request_ctx=_Writing(ticket, with_body=body is not None),
            ) as response:
                return _answer(response, await response.read())
        except (TimeoutError, OSError, aiohttp.ClientError, _Dropped) as error:
            if ticket.denied is not None:
                raise Denied(f"not sent: {ticket.denied}") from None
            # The error's own text holds the signed URL.
            raise NoAnswer(f"{signed.method} request: {type(error).__name__}") from None

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        """Opened at first use, when there is a running loop."""
        if self._session is None:
            tls = ssl.create_default_context(cafile=self._cafile)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=tls, keepalive_timeout=KEEP_ALIVE_S),
                trace_configs=[_trace()],
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(_once,),
            )
        return self._session


@dataclass(frozen=True, slots=True)
class _Writing:
    ticket: Ticket
    with_body: bool


def _answer(response: aiohttp.ClientResponse, raw: bytes) -> Answer:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    retry_after = response.headers.get("Retry-After", "")
    retry_after_ms = int(retry_after) * 1000 if retry_after.isdigit() else 0
    return Answer(response.status, response.headers, body, retry_after_ms)


async def _once(
    request: aiohttp.ClientRequest,
    send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
) -> aiohttp.ClientResponse:
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Dropped(type(error).__name__) from error


def _trace() -> aiohttp.TraceConfig:
    """Hooks that run between taking a connection and writing to it.

    Headers wait in a buffer and leave with the first chunk of the body, or at once without one.
    """
    trace = aiohttp.TraceConfig()

    async def headers(_session: object, context: SimpleNamespace, _params: object) -> None:
        writing: _Writing | None = context.trace_request_ctx
        if writing is not None and not writing.with_body:
            writing.ticket.about_to_write()

    async def chunk(_session: object, context: SimpleNamespace, _params: object) -> None:
        writing: _Writing | None = context.trace_request_ctx
        if writing is not None:
            writing.ticket.about_to_write()

    trace.on_request_headers_sent.append(headers)
    trace.on_request_chunk_sent.append(chunk)
    return trace
