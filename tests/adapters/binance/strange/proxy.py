"""A proxy that makes another Binance of the local exchange: one strange habit at a time.

It runs in a thread of its own, so that a test may wait for a process meanwhile.
"""

import asyncio
import hashlib
import hmac
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
import orjson
from aiohttp import WSMsgType, web

from hedgebot.cli.demo.children import Addresses
from hedgebot.cli.demo.stage import SECRET

Frames = list[tuple[float, Any]]
"""Messages, each with the seconds by which it is late."""
WS_GOING = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
HOP_BY_HOP = {"Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer on its way to the daemon."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def response(self) -> web.Response:
        return web.Response(status=self.status, headers=self.headers, body=self.body)


async def plainly(request: web.BaseRequest, told: Told) -> web.StreamResponse:
    return told.response()


def unchanged(_path: str, body: Any) -> Any:
    return body


def unedited(_path: str, message: Any) -> Frames:
    return [(0.0, message)]


@dataclass(kw_only=True)
class Habits:
    """What is strange about it; by default nothing."""

    missing: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)
    """Paths that are not served, with the answer."""
    params: Callable[[str, dict[str, str]], dict[str, str]] = unchanged
    """Edits what is asked; signed anew."""
    body: Callable[[str, Any], Any] = unchanged
    """Edits decoded answers."""
    deliver: Callable[[web.BaseRequest, Told], Any] = plainly
    slow_s: Mapping[str, float] = field(default_factory=dict)
    dial: Callable[[str], str | None] = lambda path: path
    """The upstream path of a socket; None: 404."""
    frames: Callable[[str, Any], Frames] = unedited
    """Edits what a socket says."""
    pongs: bool = True
    asked: Callable[[str, Any], bool] = lambda _path, _message: True
    """Whether what the daemon says on a socket is heard at all."""
    pings_every_s: float = 0.0
    close_every_s: Mapping[str, float] = field(default_factory=dict)
    """By a word of the path."""
    binary: bool = False

    def beside(self, other: "Habits") -> "Habits":
        """Both together."""

        def frames(path: str, message: Any) -> Frames:
            return [
                (late_s + later_s, said)
                for late_s, first in self.frames(path, message)
                for later_s, said in other.frames(path, first)
            ]

        def dial(path: str) -> str | None:
            found = self.dial(path)
            return None if found is None else other.dial(found)

        return Habits(
            missing={**self.missing, **other.missing},
            params=lambda path, asked: other.params(path, self.params(path, asked)),
            body=lambda path, body: other.body(path, self.body(path, body)),
            deliver=self.deliver if other.deliver is plainly else other.deliver,
            slow_s={**self.slow_s, **other.slow_s},
            dial=dial,
            frames=frames,
            pongs=self.pongs and other.pongs,
            asked=lambda path, asked: self.asked(path, asked) and other.asked(path, asked),
            pings_every_s=self.pings_every_s or other.pings_every_s,
            close_every_s={**self.close_every_s, **other.close_every_s},
            binary=self.binary or other.binary,
        )


class Proxy:
    """Between a daemon and the exchange at `upstream`."""

    def __init__(self, upstream: Addresses, habits: Habits) -> None:
        self.upstream = upstream
        self.habits = habits
        self.session: aiohttp.ClientSession | None = None
        self.dialled: list[str] = []

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        path = request.path
        if path in self.habits.missing:
            status, body = self.habits.missing[path]
            return web.Response(status=status, body=body)
        told = await self._forward(request)
        slow_s = self.habits.slow_s
        await asyncio.sleep(slow_s.get(path, slow_s.get("*", 0.0)))
        response: web.StreamResponse = await self.habits.deliver(request, self._edited(told))
        return response

    async def _forward(self, request: web.BaseRequest) -> Told:
        assert self.session is not None
        query, body = request.query_string, (await request.read()).decode()
        query, body = (self._signed(request.path, text) if text else "" for text in (query, body))
        url = f"{self.upstream.rest}{request.path}{'?' * bool(query)}{query}"
        kept = ("X-MBX-APIKEY", "Content-Type")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        async with self.session.request(
            request.method, url, data=body or None, headers=headers
        ) as answer:
            shown = {k: v for k, v in answer.headers.items() if k.title() not in HOP_BY_HOP}
            return Told(
                path=request.path, status=answer.status, headers=shown, body=await answer.read()
            )

    def _signed(self, path: str, text: str) -> str:
        params = dict(parse_qsl(text))
        edited = self.habits.params(path, dict(params))
        if edited == params:
            return text
        payload = urlencode({k: v for k, v in edited.items() if k != "signature"})
        digest = hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()
        return f"{payload}&signature={digest}"

    def _edited(self, told: Told) -> Told:
        try:
            body = orjson.loads(told.body)
        except orjson.JSONDecodeError:
            return told
        return replace(told, body=orjson.dumps(self.habits.body(told.path, body)))

    async def _socket(self, request: web.BaseRequest) -> web.StreamResponse:
        assert self.session is not None
        self.dialled.append(request.path)
        path = self.habits.dial(request.path_qs)
        if path is None:
            return web.Response(status=404)
        down = web.WebSocketResponse(autoping=False)
        async with self.session.ws_connect(f"{self.upstream.ws}{path}") as up:
            await down.prepare(request)
            loops = [self._say(up, down, request.path), self._hear(down, up, request.path)]
            loops += [self._ping(down), self._end(request)]
            tasks = [asyncio.create_task(each) for each in loops]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await down.close()
        return down

    async def _say(
        self, up: aiohttp.ClientWebSocketResponse, down: web.WebSocketResponse, path: str
    ) -> None:
        async with asyncio.TaskGroup() as group:
            async for message in up:
                for late_s, said in self.habits.frames(path, orjson.loads(message.data)):
                    if late_s:
                        group.create_task(self._late(down, said, late_s))
                    else:
                        await self._send(down, said)

    async def _late(self, down: web.WebSocketResponse, said: Any, late_s: float) -> None:
        await asyncio.sleep(late_s)
        await self._send(down, said)

    async def _send(self, down: web.WebSocketResponse, said: Any) -> None:
        raw = orjson.dumps(said)
        await (down.send_bytes(raw) if self.habits.binary else down.send_str(raw.decode()))

    async def _hear(
        self, down: web.WebSocketResponse, up: aiohttp.ClientWebSocketResponse, path: str
    ) -> None:
        while True:
            message = await down.receive()
            if message.type in WS_GOING:
                return
            if message.type is WSMsgType.PING and self.habits.pongs:
                await down.pong(message.data)
            if message.type is WSMsgType.TEXT and self.habits.asked(path, message.json()):
                await up.send_str(message.data)

    async def _ping(self, down: web.WebSocketResponse) -> None:
        while True:
            await asyncio.sleep(self.habits.pings_every_s or 3600)
            await down.ping(b"1700000000000")

    async def _end(self, request: web.BaseRequest) -> None:
        lives = [s for word, s in self.habits.close_every_s.items() if word in request.path_qs]
        await asyncio.sleep(lives[0] if lives else 3600)


@asynccontextmanager
async def _serving(proxy: Proxy) -> AsyncIterator[Addresses]:
    async with aiohttp.ClientSession() as session:
        proxy.session = session
        runner = web.ServerRunner(web.Server(proxy.serve, access_log=None), shutdown_timeout=0.05)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        place = f"127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield Addresses(f"http://{place}", f"ws://{place}")
        finally:
            await runner.cleanup()


@contextmanager
def strange_binance(upstream: Addresses, habits: Habits) -> Iterator[tuple[Addresses, Proxy]]:
    """Serve until the context ends."""
    proxy, ready, ended = Proxy(upstream, habits), threading.Event(), threading.Event()
    found: list[Addresses] = []

    async def life() -> None:
        async with _serving(proxy) as addresses:
            found.append(addresses)
            ready.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(life()), name="strange binance")
    thread.start()
    try:
        assert ready.wait(5), "the proxy did not start"
        yield found[0], proxy
    finally:
        ended.set()
        thread.join()
