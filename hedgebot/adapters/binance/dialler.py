"""Opens subscribed websockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp
import orjson

from hedgebot.adapters.binance.allowed import check_socket
from hedgebot.adapters.binance.errors import BANNED
from hedgebot.adapters.binance.names import Raw
from hedgebot.adapters.binance.options import Pace
from hedgebot.adapters.binance.secrecy import Scrubber
from hedgebot.errors import VenueError

CLOSE_S_MAX = 0.5
"""A dead line does not delay the next dial by its closing handshake."""
BANNED_MS = 10_000
"""How long to be silent after 429 or 418 without Retry-After."""
MESSAGE_BYTES_MAX = 16 * 2**20
SERVER_ERROR = 500
SPOKEN = {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}
"""Frames that hold a message."""


class Lost(VenueError):
    """The connection is over or was never made; the text says why, without secrets."""

    def __init__(self, text: str, *, wait_ms: int = 0, served: bool = True) -> None:
        self.wait_ms = wait_ms
        """How long the venue wants to hear nothing (429, 418)."""
        self.served = served
        """False: nothing answers at that address in the way it should; another one may."""
        super().__init__(text)


class Call(NamedTuple):
    """Where to dial and what to say first. Holds keys and signatures: never log it."""

    url: str
    hello: Raw | None
    """A subscription request with its `id`; None where the URL itself subscribes."""


class Dialler:
    """Opens sockets for the lines of one venue entry."""

    def __init__(self, pace: Pace, scrubber: Scrubber, *, cafile: str | None = None) -> None:
        self.pace = pace
        self._cafile = cafile
        self._scrubber = scrubber
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the session, and with it every socket."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def connected(
        self, call: Call, hear: Callable[[Raw], None]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A socket whose subscription was answered; `hear` takes what came before the answer.

        Raises:
            Lost: no connection, or the subscription was refused or not answered.
        """
        socket = await self._dial(call.url)
        try:
            if call.hello is not None:
                await self._subscribe(socket, call.hello, hear)
            yield socket
        finally:
            await socket.close()

    async def _dial(self, url: str) -> aiohttp.ClientWebSocketResponse:
        if self._session is None:
            tls = ssl.create_default_context(cafile=self._cafile)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=tls), cookie_jar=aiohttp.DummyCookieJar()
            )
        try:
            async with asyncio.timeout(self.pace.dial_ms_max / 1000):
                return await self._session.ws_connect(
                    url,
                    autoping=False,
                    max_msg_size=MESSAGE_BYTES_MAX,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S_MAX),
                )
        except TimeoutError:
            raise Lost(f"no connection within {self.pace.dial_ms_max} ms") from None
        except aiohttp.WSServerHandshakeError as error:
            raise _refused(error) from None
        except (OSError, aiohttp.ClientError) as error:
            # The error's own text may hold the URL with its listen key.
            raise Lost(f"no connection: {type(error).__name__}") from None

    async def _subscribe(
        self, socket: aiohttp.ClientWebSocketResponse, hello: Raw, hear: Callable[[Raw], None]
    ) -> None:
        check_socket(str(hello["method"]))
        try:
            async with asyncio.timeout(self.pace.dial_ms_max / 1000):
                await socket.send_str(orjson.dumps(hello).decode())
                while not self._answers(message := await _receive(socket), hello):
                    if message is not None:
                        hear(message)
                    if message is not None and "id" not in message and "error" not in message:
                        return  # what was subscribed to comes: that is an answer too
        except TimeoutError:
            text = f"the subscription had no answer in {self.pace.dial_ms_max} ms"
            raise Lost(text, served=False) from None
        except (OSError, aiohttp.ClientError) as error:
            raise Lost(f"the subscription could not be sent: {type(error).__name__}") from None

    async def ask(self, socket: aiohttp.ClientWebSocketResponse, question: Raw) -> None:
        """Send a request whose answer proves that the other side still hears us."""
        check_socket(str(question["method"]))
        await socket.send_str(orjson.dumps(question).decode())

    def _answers(self, message: Raw | None, hello: Raw) -> bool:
        if message is None or str(message.get("id")) != str(hello["id"]):
            return False
        error = message.get("error")
        if error or message.get("status", 200) != 200:
            raise Lost(f"the subscription was refused: {self._scrubber.clean(error)}")
        return True


def _refused(error: aiohttp.WSServerHandshakeError) -> Lost:
    text = f"the handshake was answered by HTTP {error.status}"
    if error.status in BANNED:
        retry_after = error.headers.get("Retry-After", "") if error.headers else ""
        return Lost(text, wait_ms=int(retry_after) * 1000 if retry_after.isdigit() else BANNED_MS)
    return Lost(text, served=error.status >= SERVER_ERROR)


def decoded(text: str | bytes) -> Raw:
    """One message.

    Raises:
        Lost: it is no JSON object; what it said is unknown.
    """
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        message = None
    if not isinstance(message, dict):
        raise Lost("a message is no JSON object")
    return message


def closed(message: aiohttp.WSMessage) -> Lost:
    """Why the reading ended."""
    code = message.data if isinstance(message.data, int) else type(message.data).__name__
    return Lost(f"closed by the other side ({message.type.name} {code})")


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> Raw | None:
    message = await socket.receive()
    if message.type in SPOKEN:
        return decoded(message.data)
    if message.type is aiohttp.WSMsgType.PING:
        await socket.pong(message.data)
        return None
    if message.type is aiohttp.WSMsgType.PONG:
        return None
    raise closed(message)
