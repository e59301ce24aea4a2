"""The event loop in virtual time, its network in memory, and the record of all that was written.

Python 3.12 only: `simloom` carries it. What a real machine has and simloom has not is added here:
callbacks in the order in which they were asked for, as asyncio promises; sockets that can be
polled; connections that can be reset; Unix sockets; signals; a hash of every byte.
"""

import asyncio
import contextlib
import contextvars
import hashlib
import os
import socket
import struct
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import simloom
from simloom._context import current_host

ADDRESS = ("127.0.0.1", 8900)
UNIX_S_MAX = 9.0
"""A person's patience with a daemon; it answers a command within 8 s."""
_PEER = struct.Struct("3i")


class Fifo:
    """Callbacks run in the order in which they were scheduled."""

    descriptor = "fifo"

    def __init__(self, _loop: Any) -> None:
        pass

    def pick(self, _ready: Any) -> int:
        return 0


class Steps:
    """Counts what simloom would log: a line a step is most of the time a seed takes."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] = {}
        self.count = 0

    def emit(self, *_event: Any, **_fields: Any) -> None:
        self.count += 1


class Trace:
    """A hash of everything that was written, said or done, each with its virtual time."""

    def __init__(self, loop: Any, *, keep: bool = False) -> None:
        self._loop, self._hash = loop, hashlib.sha256()
        self.bytes = 0
        self.lines: list[str] | None = [] if keep else None

    def note(self, what: str, content: bytes) -> None:
        self._hash.update(f"{self._loop.time():.9f} {what} {len(content)} ".encode())
        self._hash.update(content)
        self.bytes += len(content)
        if self.lines is not None:
            self.lines.append(f"{self._loop.time():.6f} {what} {content!r}")

    def digest(self) -> str:
        return self._hash.hexdigest()


class Pollable:
    """The socket under a transport: readable when the other side's bytes or end have arrived."""

    family, type, proto = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP

    def __init__(self, transport: Any, quiet: int, loud: int) -> None:
        self._transport, self._quiet, self._loud = transport, quiet, loud

    def fileno(self) -> int:
        told = self._transport._inbox or self._transport._closing
        return self._loud if told else self._quiet

    def setsockopt(self, *_args: object) -> None:
        pass

    def getsockopt(self, *_args: object) -> bytes:
        return _PEER.pack(os.getpid(), os.getuid(), os.getgid())

    def getsockname(self) -> tuple[str, int]:
        name: tuple[str, int] = self._transport._sockname
        return name

    def getpeername(self) -> tuple[str, int]:
        name: tuple[str, int] = self._transport._peername
        return name


class Numbered(asyncio.Task[Any]):
    """A task whose hash is its number: sets of tasks have an order, and their address is not it."""

    numbers = count(1)

    def __init__(self, coro: Any, **kwargs: Any) -> None:
        self._number = next(self.numbers)
        super().__init__(coro, **kwargs)

    def __hash__(self) -> int:
        return self._number


def _task(loop: Any, coro: Any, **kwargs: Any) -> Numbered:
    return Numbered(coro, loop=loop, **kwargs)


class UnixServer:
    """A listener on a path; gone with its host."""

    def __init__(self, universe: "Universe", path: str) -> None:
        self._universe, self._path = universe, path

    def close(self) -> None:
        self._universe.unix.pop(self._path, None)


class Universe:
    """One world. `simloom` draws latencies from the seed; everything else is decided by plans."""

    def __init__(self, seed: int, latency_s: tuple[float, float], *, keep: bool = False) -> None:
        self.steps = Steps()
        self.loop: Any = simloom.SimLoop(
            simloom.Tape.generate(seed), log=self.steps, scheduler=Fifo, gc_interval=0
        )
        self.world: Any = simloom.World(self.loop)
        self.world.net.set_latency(*latency_s)
        self.trace = Trace(self.loop, keep=keep)
        self.unix: dict[str, tuple[Callable[[], asyncio.BaseProtocol], Any]] = {}
        self.signals: dict[tuple[str, int], Callable[[], object]] = {}
        self._quiet, self._loud = _pipes()
        self._wires = 0
        remember = self.world.net._remember
        self.world.net._remember = partial(self._wired, remember)
        self.loop.set_task_factory(_task)
        self.loop.create_unix_server = self._listen
        self.loop.add_signal_handler = self._catch
        self.loop.remove_signal_handler = self._let_go
        self.context = contextvars.copy_context()
        """Of no host: what outlives every process."""
        self.loop.set_exception_handler(self._unhandled)
        self.unhandled: list[str] = []

    def _wired(self, remember: Callable[[Any], None], transport: Any) -> None:
        """Each end of each new connection passes here."""
        self._wires += 1
        name = f"{'exchange' if transport.owner is None else transport.owner.name}#{self._wires}"
        write = transport.write

        def traced(data: bytes) -> None:
            self.trace.note(name, bytes(data))
            write(data)

        transport.write = traced
        transport.abort = partial(self._reset, transport)
        transport._extra["socket"] = Pollable(transport, self._quiet, self._loud)
        remember(transport)

    def _reset(self, transport: Any) -> None:
        """Both ends lose the connection; what was on its way is gone."""
        peer, net = transport._peer, self.world.net
        transport._force_close(None)
        if peer is not None and not peer._closed:
            delay_s = net._draw_delay("", "")
            self.loop.call_later(delay_s, peer._reset_by_peer, context=peer._host_ctx)

    async def _listen(self, factory: Any, _path: Any = None, *, sock: Any, **_: Any) -> UnixServer:
        path = sock.getsockname()
        sock.close()
        path = path.decode() if isinstance(path, bytes) else path
        self.unix[path] = (factory, current_host.get())
        return UnixServer(self, path)

    def hang_up(self, host: Any) -> None:
        """The host died: nobody listens on its paths, nobody hears its signals."""
        self.unix = {path: each for path, each in self.unix.items() if each[1] is not host}
        self.signals = {k: each for k, each in self.signals.items() if k[0] != host.name}

    async def ask_unix(self, path: str, line: bytes) -> bytes | None:
        """One line to whoever listens there, and the answer; None: nobody does, or it died."""
        if path not in self.unix:
            return None
        factory, host = self.unix[path]
        reader = asyncio.StreamReader(loop=self.loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self.loop)
        (transport, _), _ = self.world.net.connected_pair(
            lambda: protocol, factory, client_owner=host, server_owner=host
        )
        transport.write(line)
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(UNIX_S_MAX):
                answer = await reader.readline()
                transport.close()
                return answer or None
        return None

    def _catch(self, number: int, callback: Callable[..., object], *args: Any) -> None:
        host = current_host.get()
        self.signals[host.name, int(number)] = partial(host_ctx(host).run, callback, *args)

    def _let_go(self, number: int) -> bool:
        host = current_host.get()
        return self.signals.pop((host.name, int(number)), None) is not None

    def _unhandled(self, _loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, PowerCut):
            self.unhandled.append(f"{context.get('message')}: {error!r}")


class PowerCut(BaseException):
    """Ends the step in which a process was killed: nothing of it runs after that."""


def host_ctx(host: Any) -> Any:
    """A context in which tasks belong to the host."""
    ctx = contextvars.copy_context()
    ctx.run(current_host.set, host)
    return ctx


def host_of(task: asyncio.Task[Any]) -> Any:
    """The process that a task belongs to; None: to the world."""
    return task.get_context().get(current_host)  # type: ignore[attr-defined]  # Python 3.12 has it, 3.11 not


def _pipes() -> tuple[int, int]:
    quiet, _keep_open = os.pipe()
    loud, full = os.pipe()
    os.write(full, b"x")
    return quiet, loud
