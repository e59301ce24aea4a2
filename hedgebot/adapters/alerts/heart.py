"""`ports.Heart`: a dead man's switch. When it falls silent, a service elsewhere calls a person."""

from http.client import HTTPException
from threading import Thread
from urllib import request
from urllib.error import HTTPError

import structlog

BEAT_S_MAX = 10.0
"""For the connection, and for each answer."""


def _opener() -> request.OpenerDirector:
    """Opens http and https and nothing else: no file, no ftp, whatever the URL says."""
    opener = request.OpenerDirector()
    for part in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPRedirectHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
    ):
        opener.add_handler(part)
    opener.addheaders = [("User-Agent", "hedgebot")]
    return opener


class HttpHeart:
    """Gets a URL, each time in a daemon thread that may be left behind. The URL is a secret."""

    def __init__(self, url: str, *, timeout_s: float = BEAT_S_MAX) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._thread: Thread | None = None
        self._failing = False

    def beat(self) -> None:
        """Say that all is well. Never blocks, never raises; a beat under way is not overtaken."""
        if self._thread is not None and self._thread.is_alive():
            self._note("no answer")
            return
        self._thread = Thread(target=self._get, name="heartbeat", daemon=True)
        self._thread.start()

    def _get(self) -> None:
        trouble = ""
        try:
            with _opener().open(self._url, timeout=self._timeout_s):
                pass
        except HTTPError as error:
            trouble = f"status {error.code}"
            error.close()
        except (OSError, HTTPException, ValueError) as error:
            trouble = type(error).__name__  # its text may hold the URL
        self._note(trouble)

    def _note(self, trouble: str) -> None:
        """Once when it fails, once when it works again."""
        if trouble and not self._failing:
            structlog.get_logger().warning("heartbeat not taken", reason=trouble)
        elif self._failing and not trouble:
            structlog.get_logger().info("heartbeats are taken again")
        self._failing = bool(trouble)
