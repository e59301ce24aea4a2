"""The control socket: a person's commands to a running daemon.

Only the daemon's own user may speak here; every client has a deadline, every line an end.
"""

import asyncio
import os
import pwd
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hedgebot.domain.actions import Answer
from hedgebot.domain.events import CommandKind
from hedgebot.errors import StartRefused
from hedgebot.ports import Clock, Emit
from hedgebot.shell.wire import LINE_BYTES_MAX, Reply, Request, line_of, request_of

CLIENTS_MAX = 8
CLIENT_S_MAX = 15.0
"""A connection lives no longer."""
ANSWER_S_MAX = 8.0
"""A command that waits longer, because the journal does, is answered as not durable yet."""
PATH_BYTES_MAX = 107
"""Length of a Unix socket's address, less its ending zero."""
_PEER = struct.Struct("3i")

StatusReader = Callable[[], Mapping[str, Any]]


class Control:
    """Answers clients; commands become events, and Answer actions come back by their id."""

    def __init__(self, clock: Clock, emit: Emit, status: StatusReader) -> None:
        self._clock = clock
        self._emit = emit
        self._status = status
        self._asked: dict[str, tuple[CommandKind, asyncio.Future[Reply]]] = {}
        self._count = 0
        self._clients = 0

    @asynccontextmanager
    async def serve(self, path: Path, group: asyncio.TaskGroup) -> AsyncIterator[None]:
        """Listen on `path` (0600) while the context lasts; clients are tasks of the group.

        Raises:
            StartRefused: the path is too long for a socket, or cannot be made.
        """

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            group.create_task(self._attend(reader, writer), name="control client")

        server = await asyncio.start_unix_server(accept, sock=_bound(path), limit=LINE_BYTES_MAX)
        try:
            yield
        finally:
            server.close()
            _remove(path)

    def answer(self, answer: Answer, *, durable: bool) -> None:
        """Tell the client that waits for this answer; one that went away misses it."""
        asked = self._asked.pop(answer.command_id, None)
        if asked is None:
            return
        kind, future = asked
        if not future.done():
            future.set_result(_reply(answer, kind, durable=durable))

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            async with asyncio.timeout(CLIENT_S_MAX):
                await self._converse(reader, writer)
        except (TimeoutError, ConnectionError):
            pass  # the client is late or gone: its commands are remembered all the same
        finally:
            self._clients -= 1
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = _peer_uid(writer)
        if uid != os.getuid():
            await _say(writer, Reply(accepted=False, text="refused: another user's daemon"))
            return
        if self._clients > CLIENTS_MAX:
            await _say(writer, Reply(accepted=False, text="refused: too many clients"))
            return
        while True:
            try:
                line = await reader.readline()
            except ValueError:
                await _say(writer, Reply(accepted=False, text="refused: the line is too long"))
                return
            if not line:
                return
            await _say(writer, await self._reply_to(line, uid))

    async def _reply_to(self, line: bytes, uid: int) -> Reply:
        try:
            request = request_of(line)
        except ValueError as error:
            return Reply(accepted=False, text=str(error))
        if request.ask == "status":
            status = dict(self._status())
            return Reply(accepted=True, text="", dry_run=_dry_run(status), status=status)
        reply = await self._command(request, _user_name(uid))
        return reply.model_copy(update={"dry_run": _dry_run(self._status())})

    async def _command(self, request: Request, by: str) -> Reply:
        now_ms = self._clock.now_ms()
        self._count += 1
        command = request.command(f"{now_ms}-{self._count}", by, now_ms)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[command.command_id] = command.kind, future
        self._emit(command)
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                reply = await future
        except TimeoutError:
            text = "accepted, not durable: the journal does not answer"
            reply = Reply(accepted=True, text=text)
        finally:
            self._asked.pop(command.command_id, None)
        return reply.model_copy(update={"until_ms": command.expires_ms if reply.accepted else None})


def _dry_run(status: Mapping[str, Any]) -> bool:
    return bool(status.get("dry_run", False))


def _reply(answer: Answer, kind: CommandKind, *, durable: bool) -> Reply:
    if durable or not answer.accepted:
        return Reply(accepted=answer.accepted, text=answer.text)
    if kind is CommandKind.RESUME:
        return Reply(accepted=False, text="refused: the journal fails; trading stays halted")
    return Reply(accepted=True, text=f"accepted, not durable: {answer.text}")


def _bound(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise StartRefused(
            f"the control socket {path} has a path longer than {PATH_BYTES_MAX} bytes: "
            "move the journal to a shorter one"
        )
    # Whoever holds the journal's writer lock owns the socket: one that lies here is a dead one's.
    _remove(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Linux gives the file the socket's own mode. The umask is the whole process's: a folder
        # that another thread makes meanwhile would be shut to its owner.
        os.fchmod(listener.fileno(), 0o600)
        listener.bind(os.fsencode(path))
    except OSError as error:
        listener.close()
        raise StartRefused(f"the control socket {path} cannot be made: {error}") from error
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    peer: socket.socket = writer.get_extra_info("socket")
    answer = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _pid, uid, _gid = _PEER.unpack(answer)
    return int(uid)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


async def _say(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(line_of(reply))
    await writer.drain()
