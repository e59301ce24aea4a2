"""One supervised socket: dial, prove it alive, dial again.

aiohttp's websocket rather than ccxt.pro's client: see docs/adr/0002. Three things end a connection:
the other side, a ping that nothing follows, and a message that could not be understood.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, NoReturn

import aiohttp
import structlog

from hedgebot.adapters.binance.dialler import (
    SPOKEN,
    Call,
    Dialler,
    Lost,
    closed,
    decoded,
)
from hedgebot.adapters.binance.names import Raw, UnknownName
from hedgebot.adapters.binance.side_by_side import one_error
from hedgebot.domain.events import Channel, FeedAlive, FeedBack, FeedLost
from hedgebot.errors import VenueError
from hedgebot.ports import Clock, Emit

ALIVE_EVERY_NS = 900_000_000
"""FeedAlive is said about once a second, however busy the socket is."""
STEADY_NS = 4_000_000_000
"""After a connection that lived so long, the next dial comes soon again."""
NAMES_MAX = 64
"""Unknown message names that are remembered."""
DEAF_MAX = 2
"""So many connections are given up before one that never answered anything is believed."""
PING, PONG = aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG


@dataclass(slots=True)
class Roads:
    """The addresses that may serve a line, the venue's own first."""

    calls: Sequence[Callable[[], Awaitable[Call]]]
    """Asked before each connection: keys and stamps are fresh. Raise VenueError."""
    taken: int = 0

    async def dial(self) -> Call:
        """What to dial now."""
        return await self.calls[self.taken]()

    def turn(self, *, here: bool) -> None:
        """Take the next one where the last is not served."""
        if not here:
            self.taken = (self.taken + 1) % len(self.calls)


class Line(NamedTuple):
    """What a socket is for."""

    venue: str
    channel: Channel
    roads: Roads
    hear: Callable[[Raw], None]
    """Takes each message. Raises Unsupported or Lost where something may have been missed."""
    question: Raw
    """A request that changes nothing, with its `id`: asked where a ping has no pong."""
    keep: Callable[[], Coroutine[None, None, None]] | None = None
    """Runs beside each connection: renews what it lives on, reads what it does not tell.
    Raises VenueError where the connection is worth nothing any more."""


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
class Proof:
    """What is known of how a line answers pings and questions."""

    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by every frame."""
    answers: bool = False
    """Whether it ever sent a pong or answered a question."""
    deaf: int = 0
    """Connections given up while it never did."""


@dataclass(slots=True)
class Socket:
    """Keeps one line connected until cancelled."""

    line: Line
    dialler: Dialler
    feed: Feed
    chance: random.Random
    unknown: set[str] = field(default_factory=set)
    proof: Proof = field(default_factory=Proof)

    async def run(self) -> None:
        """Dial for ever: every failure is said, and the next dial waits a little."""
        failures = 0
        while True:
            started_ns, banned_ms = self.feed.clock.monotonic_ns(), 0
            try:
                await self._connection()
            except VenueError as error:
                self.feed.lost(str(error))
                if isinstance(error, Lost):
                    banned_ms = error.wait_ms
                    self.line.roads.turn(here=error.served)
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
        call = await self.line.roads.dial()
        async with self.dialler.connected(call, self._hear) as socket:
            self.feed.back()
            with one_error():
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read(socket))
                    group.create_task(self._prove(socket))
                    if self.line.keep is not None:
                        group.create_task(self.line.keep())
        raise AssertionError("a connection ends by an error")

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await socket.receive()
            if message.type in SPOKEN:
                self._hear(decoded(message.data))
            elif message.type is PONG:
                self.proof.answers = True
            elif message.type is PING:
                await socket.pong(message.data)
            else:
                raise closed(message)
            self.proof.heard.set()
            self.feed.alive()

    async def _prove(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        pace, proof = self.dialler.pace, self.proof
        while True:
            await asyncio.sleep(pace.ping_every_ms / 1000)
            if await self._answered(socket):
                continue
            if proof.answers or proof.deaf < DEAF_MAX:
                proof.deaf += 1
                raise Lost(f"no pong within {pace.pong_ms_max} ms")
            self._believe()

    async def _answered(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Whether anything follows a ping or, failing that, a question: all traffic is proof."""
        half_s = self.dialler.pace.pong_ms_max / 2000
        question = partial(self.dialler.ask, socket, self.line.question)
        self.proof.heard.clear()
        for say in (socket.ping, question):
            try:
                async with asyncio.timeout(half_s):
                    await say()
                    await self.proof.heard.wait()
                    return True
            except TimeoutError:
                continue
            except (OSError, aiohttp.ClientError) as error:
                raise Lost(f"no ping could be sent: {type(error).__name__}") from None
        return False

    def _believe(self) -> None:
        """A venue that never answers cannot be told from a dead one by its socket: better hedged
        by what the REST audit finds than not at all, and a person is told.
        """
        if self.proof.deaf == DEAF_MAX:
            self.proof.deaf += 1
            structlog.get_logger().warning(
                "stream answers nothing",
                venue=self.line.venue,
                channel=self.line.channel.value,
                text="neither pings nor requests are answered: believed while the connection "
                "stands; what it does not tell is noticed by the REST audit only",
            )
        self.feed.alive()

    def _hear(self, message: Raw) -> None:
        if message.get("id") == self.line.question["id"]:
            self.proof.answers = True
            return
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
