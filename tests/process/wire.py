"""A wire between the daemon and the exchange that delays, swallows and resets, as networks do."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from hedgebot.cli.demo.children import Addresses

LINGER_NONE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends RST instead of FIN."""
CHUNK = 65_536


class Wire:
    """TCP in, TCP out. Its loop runs in a thread: a test may wait for a process meanwhile."""

    def __init__(self, upstream: Addresses) -> None:
        place = urlsplit(upstream.rest)
        self._upstream = (place.hostname, place.port)
        self.delay_s: Callable[[], float] = lambda: 0.0
        """How long each part waits, each way; in order."""
        self.swallowing = False
        """Connections stay open and nothing comes through."""
        self.refusing = False
        self._pairs: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.addresses = Addresses("", "")

    def reset(self) -> None:
        """Break every connection with RST."""
        self._run(self._reset())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _reset(self) -> None:
        for writer in list(self._pairs):
            raw: socket.socket = writer.get_extra_info("socket")
            with suppress(OSError):  # the other side may be gone already
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
            writer.transport.abort()

    async def _open(self) -> None:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.addresses = Addresses(f"http://{host}", f"ws://{host}")

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        up_reader, up_writer = await asyncio.open_connection(*self._upstream)
        ends = {writer, up_writer}
        self._pairs |= ends
        ways = [self._pump(reader, up_writer), self._pump(up_reader, writer)]
        tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        self._pairs -= ends
        for end in ends:
            end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while part := await reader.read(CHUNK):
                await asyncio.sleep(self.delay_s())
                if not self.swallowing:
                    writer.write(part)
                    await writer.drain()


@contextmanager
def wire_to(upstream: Addresses) -> Iterator[Wire]:
    """Lay a wire while the context lasts."""
    wire = Wire(upstream)
    wire._thread.start()
    wire._run(wire._open())
    try:
        yield wire
    finally:
        wire._run(wire._reset())
        wire._loop.call_soon_threadsafe(wire._loop.stop)
        wire._thread.join(5)
