"""The connections of reads. Orders have a wire of their own: no poll queues ahead of one."""

import ssl

import aiohttp
from yarl import URL

from hedgebot.adapters.binance.answers import Answer, NoAnswer, answer_of
from hedgebot.adapters.binance.exchange import Signed

IDLE_S_MAX = 20.0


class ReadPool:
    """A pool of connections to one entry's hosts."""

    def __init__(self, *, cafile: str | None = None) -> None:
        self._cafile = cafile
        self._session: aiohttp.ClientSession | None = None

    async def send(self, signed: Signed, *, timeout_ms: int) -> Answer:
        """Ask and wait for the answer. aiohttp may ask a second time by itself: these are reads.

        Raises:
            NoAnswer: refused, reset, timed out.
        """
        try:
            async with self._open().request(
                signed.method,
                URL(signed.url, encoded=True),
                data=signed.body.encode() if signed.body else None,
                headers=signed.headers,
                timeout=aiohttp.ClientTimeout(total=timeout_ms / 1000),
                allow_redirects=False,
            ) as response:
                return answer_of(response.status, response.headers, await response.read())
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
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
                connector=aiohttp.TCPConnector(ssl=tls, keepalive_timeout=IDLE_S_MAX),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session
