"""One address that alerts go to."""

import logging
import warnings
from collections.abc import Callable, Iterable
from threading import Thread, local

from hedgebot.adapters.alerts.letter import Letter
from hedgebot.adapters.alerts.waiting import RANK
from hedgebot.domain.actions import Alert, Severity
from hedgebot.errors import Problem, SettingsError

Send = Callable[[Letter], str]
"""One letter to one address; blocks. Why it was not taken; empty: it was."""

SOCKET_S = 4.0
"""For a connection, and for each answer."""
PAUSE_S = 1.2
"""apprise waits 5.5 s between two letters where a service names no pace; ours is `Rate`'s."""


class Address:
    """Delivers one letter at a time, each in a daemon thread that may be left behind.

    No library call can be interrupted, and a server that answers a byte a minute outlasts every
    socket timeout. So the thread is waited for until a deadline; while it is stuck, this address
    is not tried again, and there is never more than one.
    """

    def __init__(self, name: str, send: Send, least: Severity = Severity.INFO) -> None:
        self.name = name
        """Where the settings have it: `alerts.urls[0]`. The URL itself is a secret."""
        self._send = send
        self._least = least
        self._thread: Thread | None = None
        self._taken: tuple[Alert, ...] = ()
        self.trouble = ""
        """Why the last letter was not taken, in the library's words."""

    def wants(self, alert: Alert) -> bool:
        """Whether it is severe enough; the end of a condition is as severe as the condition."""
        return RANK[alert.severity] >= RANK[self._least]

    def stuck(self, wait_s: float) -> bool:
        """Whether the last delivery is still under way after so long."""
        if self._thread is not None:
            self._thread.join(wait_s)
        return self._thread is not None and self._thread.is_alive()

    def deliver(self, letter: Letter, wait_s: float) -> None:
        """Begin to deliver, and wait that long at most; `taken` tells the outcome."""
        assert not self.stuck(0), "one at a time"
        self.trouble = "no answer"
        self._thread = Thread(
            target=self._attempt, args=(letter,), name=f"alert to {self.name}", daemon=True
        )
        self._thread.start()
        self._thread.join(wait_s)

    def taken(self) -> tuple[Alert, ...]:
        """Alerts that were taken since this was asked last, however late."""
        if self._thread is not None and self._thread.is_alive():
            return ()
        taken, self._taken = self._taken, ()
        return taken

    def _attempt(self, letter: Letter) -> None:
        try:
            self.trouble = self._send(letter)
        except Exception as error:  # noqa: BLE001 - any of a hundred plugins: not taken
            self.trouble = type(error).__name__
        if not self.trouble:
            self._taken = letter.alerts


def addresses_of(
    urls: Iterable[str], *, place: str = "alerts.urls", least: Severity = Severity.INFO
) -> tuple[Address, ...]:
    """The addresses of the settings, in apprise's notation.

    Args:
        urls: secrets.
        place: the setting that has them: their names.
        least: severity that goes to them.

    Raises:
        SettingsError: one is not an address that apprise knows; the URL is not repeated.
    """
    written = tuple(urls)
    if not written:
        return ()
    senders = [(f"{place}[{number}]", _sender(url)) for number, url in enumerate(written)]
    problems = tuple(
        Problem(name, "(hidden)", "no address that apprise knows: see its list of services")
        for name, send in senders
        if send is None
    )
    if problems:
        raise SettingsError(problems)
    return tuple(Address(name, send, least) for name, send in senders if send is not None)


def _sender(url: str) -> Send | None:
    import apprise  # noqa: PLC0415 - 0.3 s, 45 MB: only books with alerts pay

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
    plugin.request_rate_per_sec = min(plugin.request_rate_per_sec, PAUSE_S)
    service = apprise.Apprise(asset=asset)
    service.add(plugin)
    kinds = {
        Severity.INFO: apprise.NotifyType.INFO,
        Severity.WARNING: apprise.NotifyType.WARNING,
        Severity.CRITICAL: apprise.NotifyType.FAILURE,
    }

    logging.getLogger("apprise").addFilter(_overhear)

    def send(letter: Letter) -> str:
        kind = apprise.NotifyType.SUCCESS if letter.recovered else kinds[letter.severity]
        _OVERHEARD.text = "refused"
        taken = service.notify(title=letter.title, body=letter.text, notify_type=kind)
        return "" if taken else str(_OVERHEARD.text)

    return send


_OVERHEARD = local()
"""What apprise said last in a thread: for our one line about an address, instead of its many."""


def _overhear(record: logging.LogRecord) -> bool:
    """A filter of the standard library: lets nothing through."""
    _OVERHEARD.text = record.getMessage()
    return False
