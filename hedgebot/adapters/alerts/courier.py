"""The thread that delivers: never the loop's executor, whose threads hold up the exit."""

import time
from collections.abc import Callable, Sequence
from threading import Thread

import structlog

from hedgebot.adapters.alerts.address import Address
from hedgebot.adapters.alerts.letter import Writer
from hedgebot.adapters.alerts.rate import Rate
from hedgebot.adapters.alerts.waiting import Entry, Waiting
from hedgebot.domain.actions import Alert

DELIVERY_S = 10.0
"""An address that does not take a letter in that time did not take it."""
QUEUE_MAX = 100
PAUSE_S = 1.0
PAUSE_S_MAX = 30.0
"""After a failure, doubling up to this."""


class Courier:
    """Takes alerts from its queue to its address, and never gives one up while it runs."""

    def __init__(
        self,
        address: Address,
        writer: Writer,
        *,
        per_minute: int,
        told: Callable[[Sequence[Alert]], None],
        ended: Callable[[], None],
        delivery_s: float = DELIVERY_S,
    ) -> None:
        self.address = address
        self.waiting = Waiting(QUEUE_MAX)
        self._writer = writer
        self._rate = Rate(per_minute)
        self._told = told
        self._ended = ended
        self._health = _Health(address.name, delivery_s)

    def start(self) -> None:
        """Begin to deliver; `ended` is called once the queue is closed and everything tried."""
        Thread(target=self._work, name=f"alerts to {self.address.name}", daemon=True).start()

    def _work(self) -> None:
        while not (self.waiting.closed and self.address.stuck(0)):
            if self.address.stuck(self._health.delivery_s):
                continue
            self._take_note()
            entries = self.waiting.take(self._rate)
            if not entries:
                break
            self._deliver(entries)
        self._ended()

    def _deliver(self, entries: tuple[Entry, ...]) -> None:
        dropped = self.waiting.dropped
        alerts = [entry.alert for entry in entries]
        self.address.deliver(self._writer.letter(alerts, dropped), self._health.delivery_s)
        if self._take_note():
            self.waiting.forget_dropped(dropped)
            self._rate.note(critical=entries[0].critical)
            return
        pause_s = self._health.fails(self.address.trouble)
        if not self.waiting.closed:
            self.waiting.put_back(entries)
            self.waiting.rest(pause_s)

    def _take_note(self) -> bool:
        """Note what the address took, however late it said so."""
        taken = self.address.taken()
        if taken:
            self.waiting.forget(taken)
            self._health.works()
            self._told(taken)
        return bool(taken)


class _Health:
    """Says once that an address does not take alerts, and once that it does again."""

    def __init__(self, name: str, delivery_s: float) -> None:
        self.delivery_s = delivery_s
        self._name = name
        self._failing_since: float | None = None
        self._pause_s = PAUSE_S

    def fails(self, trouble: str) -> float:
        """Note a failure; how long to wait before the next try."""
        if self._failing_since is None:
            self._failing_since = time.monotonic()
            structlog.get_logger().warning(
                "alerts are not taken", address=self._name, reason=trouble
            )
        pause_s, self._pause_s = self._pause_s, min(2 * self._pause_s, PAUSE_S_MAX)
        return pause_s

    def works(self) -> None:
        """Note a success."""
        if self._failing_since is not None:
            lasted_s = round(time.monotonic() - self._failing_since, 1)
            structlog.get_logger().info(
                "alerts are taken again", address=self._name, after_s=lasted_s
            )
        self._failing_since, self._pause_s = None, PAUSE_S
