"""Webhooks on the loopback: one that listens, and three that misbehave."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.secrecy.planted import ALERT_TOKEN


@dataclass
class Webhook:
    """What was posted, and where."""

    url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    refusals: int = 0
    """So many posts are answered 500 first; -1: all."""
    pause_s: float = 0.0
    """A post is answered so much later."""
    body: bytes = b""
    """Of its answers."""
    gets: int = 0

    def texts(self) -> list[str]:
        return [post["message"] for post in self.posted]


@contextmanager
def webhook(refusals: int = 0) -> Iterator[Webhook]:
    hook = Webhook(refusals=refusals)

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            refused = hook.refusals != 0
            if refused:
                hook.refusals -= 1
            else:
                hook.posted.append(json.loads(body))
            time.sleep(hook.pause_s)
            self._answer(500 if refused else 200)

        def do_GET(self) -> None:
            hook.gets += 1
            self._answer(500 if hook.refusals else 200)

        def _answer(self, status: int) -> None:
            with suppress(OSError):  # the other side did not wait
                self.send_response(status)
                self.send_header("Content-Length", str(len(hook.body)))
                self.end_headers()
                self.wfile.write(hook.body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    hook.url = f"json://127.0.0.1:{server.server_port}/hooks/{ALERT_TOKEN}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def raw_server(behaviour: str) -> Iterator[str]:
    """Takes connections and `hangs` (says nothing), `drips` (a byte now and then) or `closes`."""
    stop = Event()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.02)
    held: list[socket.socket] = []

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                for each in held if behaviour == "drips" else []:
                    with suppress(OSError):
                        each.send(b"H")
                continue
            if behaviour == "closes":
                connection.close()
            else:
                held.append(connection)

    thread = Thread(target=serve)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.getsockname()[1]}/hooks/{ALERT_TOKEN}"
    finally:
        stop.set()
        thread.join()
        for each in (*held, server):
            each.close()
        time.sleep(0.05)  # a left-behind delivery sees the end of its connection
