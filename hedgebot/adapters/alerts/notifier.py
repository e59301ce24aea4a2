"""`ports.Notifier` on apprise."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from hedgebot.adapters.alerts.address import Address
from hedgebot.adapters.alerts.courier import DELIVERY_S, Courier
from hedgebot.adapters.alerts.waiting import RANK, Waiting
from hedgebot.domain.actions import Alert, Severity

QUEUE_MAX = 100
SETTLE_S = 1.0
"""Deliveries are told this much later, together: by then their rows are journaled."""

Settle = Callable[[Sequence[Alert]], None]
"""Told, on the loop, which alerts need not go out again."""


def _forget(_alerts: Sequence[Alert]) -> None:
    """Nobody wants to know."""


class AppriseNotifier:
    """Tells people. Never blocks the loop, never raises.

    Alerts below `severity_min`, and all of them where there is no address, are settled at once:
    nobody wants them.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        *,
        book: str,
        severity_min: Severity = Severity.INFO,
        settle: Settle = _forget,
        delivery_s: float = DELIVERY_S,
    ) -> None:
        self._wanted = {each for each in Severity if addresses and RANK[each] >= RANK[severity_min]}
        self._waiting = Waiting(QUEUE_MAX)
        self._settling = _Settling(settle)
        self._courier = Courier(
            self._waiting,
            addresses,
            book=book,
            delivered=self._settling.from_thread,
            ended=self._settling.end_from_thread,
            delivery_s=delivery_s,
        )
        self._started = False

    def send(self, alert: Alert) -> None:
        """Queue an alert for delivery; a full queue drops the least severe and counts it."""
        self._settling.know_loop()
        if alert.severity not in self._wanted:
            self._settling.add(alert)
            return
        self._waiting.put(alert)
        if not self._started:
            self._started = True
            self._courier.start()

    def undelivered(self) -> tuple[Alert, ...]:
        """What nobody was told: waiting, in delivery, dropped, or given up."""
        return tuple(self._waiting.undelivered())

    async def close(self, timeout_s: float) -> None:
        """Deliver what can be delivered in that time; what hangs is left behind."""
        self._waiting.close()
        if self._started:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settling.ended.wait(), timeout_s)
        self._settling.tell()


class _Settling:
    """Brings news of deliveries from the courier's thread to the loop, some at a time."""

    def __init__(self, settle: Settle) -> None:
        self._settle = settle
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._settled: list[Alert] = []
        self.ended = asyncio.Event()

    def know_loop(self) -> None:
        self._loop = asyncio.get_running_loop()

    def from_thread(self, alert: Alert) -> None:
        self._call(self.add, alert)

    def end_from_thread(self) -> None:
        self._call(self.ended.set)

    def add(self, alert: Alert) -> None:
        self._settled.append(alert)
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(SETTLE_S, self.tell)

    def tell(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        settled, self._settled = self._settled, []
        if settled:
            self._settle(settled)

    def _call(self, call: Callable[..., None], *args: Alert) -> None:
        assert self._loop is not None, "nothing is delivered before it was sent"
        with suppress(RuntimeError):  # the loop is over: the journal tells the next start
            self._loop.call_soon_threadsafe(call, *args)
