"""Processes that a demo or a test starts, and ends: the local exchange and the daemon."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson

READY_S_MAX = 20.0
END_S_MAX = 12.0
"""A daemon ends within 10 s."""


class NotReady(Exception):
    """A child did not say in time where it answers; what was wrong it said itself."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a local exchange answers."""

    rest: str
    ws: str


@contextmanager
def exchange(*options: str) -> Iterator[Addresses]:
    """Run a local exchange while the context lasts.

    Raises:
        NotReady: it did not say in time where it answers.
    """
    child = _spawn(["sim", "binance", *options], {}, stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        told = orjson.loads(_first_line(child.stdout))
        yield Addresses(told["rest"], told["ws"])
    finally:
        end(child)
        child.stdout.close()


@contextmanager
def daemon(
    config: Path, environ: Mapping[str, str], *options: str, log: IO[bytes] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a daemon while the context lasts; its log goes to `log`, or where ours goes."""
    child = _spawn(["run", "-c", str(config), *options], environ, stderr=log)
    try:
        yield child
    finally:
        end(child)


def end(child: "subprocess.Popen[bytes]") -> int:
    """Ask a child to end, and see to it.

    Returns:
        Its exit code; negative where it had to be killed.
    """
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            child.kill()
    if child.stdin is not None:
        child.stdin.close()
    return child.wait()


def _spawn(
    arguments: list[str],
    environ: Mapping[str, str],
    *,
    stdout: int | None = None,
    stderr: IO[bytes] | None = None,
) -> "subprocess.Popen[bytes]":
    ours = {name: text for name, text in os.environ.items() if not name.startswith("HEDGEBOT_")}
    return subprocess.Popen(  # noqa: S603 - this very program, no shell
        [sys.executable, "-m", "hedgebot.cli.leash", *arguments],
        env=ours | dict(environ),
        stdin=subprocess.PIPE,  # its end, also by kill -9 of this process, ends the child
        stdout=stdout,
        stderr=stderr,
        # A session of its own: Ctrl-C reaches the parent only, which ends them in order.
        start_new_session=True,
    )


def _first_line(stream: IO[bytes]) -> bytes:
    deadline = time.monotonic() + READY_S_MAX
    received = b""
    os.set_blocking(stream.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not received.endswith(b"\n"):
            if not selector.select(deadline - time.monotonic()):
                raise NotReady("the local exchange did not become ready")
            part = stream.read(4_096)
            if not part:
                raise NotReady("the local exchange ended before it was ready")
            received += part
    return received
