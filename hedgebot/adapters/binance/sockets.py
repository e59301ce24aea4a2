"""One supervised socket: dial, prove it alive, dial again.

aiohttp's websocket rather than ccxt.pro's client: see docs/adr/0002. Three things end a connection:
the other side, a pong that does not come, and a message that could not be understood.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

import aiohttp

from hedgebot.adapters.binance.dialler import Call, Dialler, Lost, closed, decoded
from hedgebot.adapters.binance.messages import UnknownName
from hedgebot.adapters.binance.names import Raw
from hedgebot.domain.events import Channel, FeedAlive, FeedBack, FeedLost
from hedgebot.errors import VenueError
from hedgebot.ports import Clock, Emit

ALIVE_EVERY_NS = 900_000_000
"""FeedAlive is said about once a second, however busy the socket is."""
STEADY_NS = 10_000_000_000
"""After a connection that lived so long, the next dial comes soon again."""
NAMES_MAX = 64
"""Unknown message names that are remembered."""
TEXT, PING, PONG = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG


class Line(NamedTuple):
    """What a socket is for."""

    venue: str
    channel: Channel
    dial: Callable[[], Awaitable[Call]]
    """Asked before each connection: keys and stamps are fresh. Raises VenueError."""
    hear: Callable[[Raw], None]
    """Takes each message. Raises Unsupported or Lost where something may have been missed."""
    keep: Callable[[], Coroutine[None, None, NoReturn]] | None = None
    """Runs beside each connection: renews what it lives on. Raises VenueError when that is gone."""


@dataclass(slots=True)
class Feed:
    """What is said of a line: its epochs only grow."""

    line: Line
    clock: Clock
    emit: Emit
    epoch: int = 0
    up: bool = False
    reason: str = ""
    alive_ns: int = 0

    def back(self) -> None:
        """Subscribed."""
        self.epoch += 1
        self.up = True
        self.alive_ns = self.clock.monotonic_ns()
        self.emit(FeedBack(self.line.venue, self.line.channel, self.epoch))

    def lost(self, reason: str) -> None:
        """Gone, or something may have been missed; a dial that fails the same way is not news."""
        if self.up or reason != self.reason:
            self.emit(FeedLost(self.line.venue, self.line.channel, self.epoch, reason))
        self.up, self.reason = False, reason

    def alive(self) -> None:
        """Traffic or a pong."""
        now_ns = self.clock.monotonic_ns()
        if now_ns - self.alive_ns >= ALIVE_EVERY_NS:
            self.alive_ns = now_ns
            self.emit(FeedAlive(self.line.venue, self.line.channel, self.epoch))


@dataclass(slots=True)
class Socket:
    """Keeps one line connected until cancelled."""

    line: Line
    dialler: Dialler
    feed: Feed
    chance: random.Random
    unknown: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Dial for ever: every failure is said, and the next dial waits a little."""
        failures = 0
        while True:
            started_ns, banned_ms = self.feed.clock.monotonic_ns(), 0
            try:
                await self._connection()
            except VenueError as error:
                self.feed.lost(str(error))
                banned_ms = error.wait_ms if isinstance(error, Lost) else 0
            steady = self.feed.clock.monotonic_ns() - started_ns >= STEADY_NS
            failures = 0 if steady else failures + 1
            await asyncio.sleep(max(self._wait_s(failures), banned_ms / 1000))

    def _wait_s(self, failures: int) -> float:
        pace = self.dialler.pace
        longest_ms = min(pace.redial_ms_max, pace.redial_ms_min << min(failures, 10))
        return longest_ms * self.chance.uniform(0.5, 1.0) / 1000

    async def _connection(self) -> NoReturn:
        """One connection, from dial to loss.

        Raises:
            VenueError: always; why it is over.
        """
        call = await self.line.dial()
        async with self.dialler.connected(call, self._hear) as socket:
            self.feed.back()
            pong = asyncio.Event()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read(socket, pong))
                    group.create_task(self._prove(socket, pong))
                    if self.line.keep is not None:
                        group.create_task(self.line.keep())
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
        raise AssertionError("a connection ends by an error")

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, pong: asyncio.Event) -> None:
        while True:
            message = await socket.receive()
            if message.type is TEXT:
                self._hear(decoded(message.data))
            elif message.type is PONG:
                pong.set()
            elif message.type is PING:
                await socket.pong(message.data)
            else:
                raise closed(message)
            self.feed.alive()

    async def _prove(self, socket: aiohttp.ClientWebSocketResponse, pong: asyncio.Event) -> None:
        pace = self.dialler.pace
        while True:
            await asyncio.sleep(pace.ping_every_ms / 1000)
            pong.clear()
            try:
                async with asyncio.timeout(pace.pong_ms_max / 1000):
                    await socket.ping()
                    await pong.wait()
            except TimeoutError:
                raise Lost(f"no pong within {pace.pong_ms_max} ms") from None
            except (OSError, aiohttp.ClientError) as error:
                raise Lost(f"no ping could be sent: {type(error).__name__}") from None

    def _hear(self, message: Raw) -> None:
        try:
            self.line.hear(message)
        except UnknownName as error:
            self._doubt(str(error))

    def _doubt(self, reason: str) -> None:
        """A message that this version does not know may have changed anything: read again, once."""
        if reason in self.unknown or len(self.unknown) >= NAMES_MAX:
            return
        self.unknown.add(reason)
        if self.feed.up:
            self.feed.lost(reason)
            self.feed.back()
