"""`ports.Heart`: a dead man's switch. When it falls silent, a service elsewhere calls a person."""

import urllib.request
from threading import Thread
from urllib.error import HTTPError

import structlog

BEAT_S_MAX = 10.0
"""For the connection, and for each answer."""


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
        request = urllib.request.Request(self._url, headers={"User-Agent": "hedgebot"})  # noqa: S310 - settings take http and https only
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s):  # noqa: S310 - as above
                pass
        except HTTPError as error:
            trouble = f"status {error.code}"
            error.close()
        except Exception as error:  # noqa: BLE001  # whatever it was: no beat, and no harm
            trouble = type(error).__name__  # its text may hold the URL
        self._note(trouble)

    def _note(self, trouble: str) -> None:
        """Once when it fails, once when it works again."""
        if trouble and not self._failing:
            structlog.get_logger().warning("heartbeat not taken", reason=trouble)
        elif self._failing and not trouble:
            structlog.get_logger().info("heartbeats are taken again")
        self._failing = bool(trouble)
