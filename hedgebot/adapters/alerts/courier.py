"""The thread that delivers: never the loop's executor, whose threads hold up the exit."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Thread

import structlog

from hedgebot.adapters.alerts.address import Address
from hedgebot.adapters.alerts.waiting import Waiting
from hedgebot.domain.actions import Alert

DELIVERY_S = 10.0
"""An address that does not take an alert in that time did not take it."""
TRIES_MAX = 8
PAUSE_S = 1.0
PAUSE_S_MAX = 30.0
"""After a failure, doubling up to this."""


class Courier:
    """Takes alerts from the queue to every address; one that took it is enough."""

    def __init__(
        self,
        waiting: Waiting,
        addresses: Sequence[Address],
        *,
        book: str,
        delivered: Callable[[Alert], None],
        ended: Callable[[], None],
        delivery_s: float = DELIVERY_S,
    ) -> None:
        self._waiting = waiting
        self._addresses = addresses
        self._book = book
        self._delivered = delivered
        self._ended = ended
        self._delivery_s = delivery_s

    def start(self) -> None:
        """Begin to deliver; `ended` is called once the queue is closed and everything tried."""
        Thread(target=self._work, name="alerts", daemon=True).start()

    def _work(self) -> None:
        pause_s = PAUSE_S
        while (entry := self._waiting.take()) is not None:
            dropped = self._waiting.dropped
            if self._deliver(_worded(entry.alert, dropped)):
                pause_s = PAUSE_S
                self._waiting.forget_dropped(dropped)
                self._delivered(entry.alert)
            else:
                self._waiting.put_back(entry, tries_max=TRIES_MAX)
                self._waiting.rest(pause_s)
                pause_s = min(2 * pause_s, PAUSE_S_MAX)
        self._ended()

    def _deliver(self, alert: Alert) -> bool:
        state = "recovered" if alert.recovered else alert.severity.value
        until_s = time.monotonic() + self._delivery_s
        title = f"hedgebot {self._book}: {state}"
        waits = {address.name: address.begin(title, alert) for address in self._addresses}
        taken = {name: wait(until_s) for name, wait in waits.items()}
        for name in [name for name, took in taken.items() if not took]:
            structlog.get_logger().warning("alert not taken", address=name, key=alert.key)
        return any(taken.values())


def _worded(alert: Alert, dropped: int) -> Alert:
    if not dropped:
        return alert
    return replace(alert, text=f"{alert.text} ({dropped} less severe alerts were dropped)")
