"""One address that alerts go to."""

import time
import warnings
from collections.abc import Callable, Iterable
from threading import Thread

from hedgebot.domain.actions import Alert, Severity
from hedgebot.errors import Problem, SettingsError

Send = Callable[[str, str, Severity], bool]
"""Title, text and severity to one address; blocks; True when it was taken."""

SOCKET_S = 4.0
"""For a connection, and for each answer."""


Wait = Callable[[float], bool]
"""Whether a delivery was taken by then, `time.monotonic` seconds."""


def _stuck(_until_s: float) -> bool:
    return False


class Address:
    """Delivers one alert at a time, each in a daemon thread that may be left behind.

    No library call can be interrupted, and a server that answers a byte a minute outlasts every
    socket timeout. So the thread is waited for until a deadline; while it is stuck, this address
    is not tried again, and there is never more than one.
    """

    def __init__(self, name: str, send: Send) -> None:
        self.name = name
        """Where the settings have it: `alerts.urls[0]`. The URL itself is a secret."""
        self._send = send
        self._thread: Thread | None = None

    def begin(self, title: str, alert: Alert) -> Wait:
        """Start to deliver; what is returned waits for the outcome."""
        if self._thread is not None and self._thread.is_alive():
            return _stuck
        outcome: list[bool] = []
        thread = Thread(
            target=lambda: outcome.append(self._attempt(title, alert)),
            name=f"alert to {self.name}",
            daemon=True,
        )
        self._thread = thread
        thread.start()

        def wait(until_s: float) -> bool:
            thread.join(max(0.0, until_s - time.monotonic()))
            return outcome == [True]

        return wait

    def _attempt(self, title: str, alert: Alert) -> bool:
        try:
            return self._send(title, alert.text, alert.severity)
        except Exception:  # noqa: BLE001  # a plugin of apprise may raise anything: not taken
            return False


def addresses_of(urls: Iterable[str]) -> tuple[Address, ...]:
    """The addresses of the settings, in apprise's notation.

    Raises:
        SettingsError: one is not an address that apprise knows; the URL is not repeated.
    """
    written = tuple(urls)
    if not written:
        return ()
    senders = [(f"alerts.urls[{number}]", _sender(url)) for number, url in enumerate(written)]
    problems = tuple(
        Problem(name, "(hidden)", "no address that apprise knows: see its list of services")
        for name, send in senders
        if send is None
    )
    if problems:
        raise SettingsError(problems)
    return tuple(Address(name, send) for name, send in senders if send is not None)


def _sender(url: str) -> Send | None:
    import apprise  # noqa: PLC0415  # 0.3 s and 45 MB that only alerts need

    # With a time limit of its own apprise delivers in an executor whose threads the interpreter
    # waits for at exit: a hung mail server would hold the daemon up. The limit is Address's.
    asset = apprise.AppriseAsset(async_mode=False, service_timeout=0.0)
    with warnings.catch_warnings():
        # It imports a hundred services to find one; what some of these import is no news of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        plugin = apprise.Apprise.instantiate(url, asset=asset)
    if plugin is None:
        return None
    plugin.socket_connect_timeout = SOCKET_S
    plugin.socket_read_timeout = SOCKET_S
    service = apprise.Apprise(asset=asset)
    service.add(plugin)
    kinds = {
        Severity.INFO: apprise.NotifyType.INFO,
        Severity.WARNING: apprise.NotifyType.WARNING,
        Severity.CRITICAL: apprise.NotifyType.FAILURE,
    }

    def send(title: str, text: str, severity: Severity) -> bool:
        return bool(service.notify(title=title, body=text, notify_type=kinds[severity]))

    return send
