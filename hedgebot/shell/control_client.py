"""The command line's side of the control socket. Blocking: it has nothing else to do."""

import socket
from contextlib import suppress
from pathlib import Path

from hedgebot.errors import HedgebotError
from hedgebot.shell.wire import LINE_BYTES_MAX, Reply, Request, line_of

TIMEOUT_S = 12.0
"""Longer than the daemon takes to say that it is not sure."""


class NobodyListens(HedgebotError):
    """No daemon has this socket open."""


class NoAnswer(HedgebotError):
    """A daemon has the socket, and did not answer."""


def ask(path: Path, request: Request, timeout_s: float = TIMEOUT_S) -> Reply:
    """Send one request and wait for its reply.

    Raises:
        NobodyListens: no daemon runs on this journal.
        NoAnswer: one runs, and does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NobodyListens(f"no daemon listens on {path}") from error
        except OSError as error:
            raise NoAnswer(f"the control socket {path} cannot be used: {error}") from error
        try:
            with suppress(BrokenPipeError):  # refused before it was asked: the reply waits
                connection.sendall(line_of(request))
            line = _line(connection)
        except OSError as error:
            later = "" if request.ask == "status" else "; see by `status` whether it is done later"
            raise NoAnswer(f"the daemon on {path} did not answer: {error}{later}") from error
    return Reply.model_validate_json(line)


def _line(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\n") and len(received) <= 16 * LINE_BYTES_MAX:
        part = connection.recv(LINE_BYTES_MAX)
        if not part:
            raise ConnectionResetError("the connection was closed")
        received += part
    return received
