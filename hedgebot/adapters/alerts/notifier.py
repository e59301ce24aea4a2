"""`ports.Notifier` on apprise."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from hedgebot.adapters.alerts.address import Address
from hedgebot.adapters.alerts.courier import DELIVERY_S, Courier
from hedgebot.adapters.alerts.letter import Writer
from hedgebot.domain.actions import Alert

PER_MINUTE = 10
SETTLE_S = 1.0
"""Deliveries are told this much later, together: by then their rows are journaled."""

Settle = Callable[[Sequence[Alert]], None]
"""Told, on the loop, which alerts need not go out again."""


def _forget(_alerts: Sequence[Alert]) -> None:
    """Nobody wants to know."""


class AppriseNotifier:
    """Tells people. Never blocks the loop, never raises.

    An alert is settled as soon as one address took it; the others are tried all the same. One that
    no address wants is settled at once.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        writer: Writer,
        *,
        settle: Settle = _forget,
        per_minute: int = PER_MINUTE,
        delivery_s: float = DELIVERY_S,
    ) -> None:
        self._settling = _Settling(settle)
        self._couriers = [
            Courier(
                address,
                writer,
                per_minute=per_minute,
                told=self._settling.from_thread,
                ended=partial(self._settling.end_from_thread, address.name),
                delivery_s=delivery_s,
            )
            for address in addresses
        ]
        self._started: set[str] = set()

    def send(self, alert: Alert) -> None:
        """Queue an alert for delivery; a full queue drops the least severe and counts it."""
        self._settling.know_loop()
        wanting = [courier for courier in self._couriers if courier.address.wants(alert)]
        if not wanting:
            self._settling.add([alert])
        for courier in wanting:
            courier.waiting.put(alert)
            name = courier.address.name
            if name not in self._started:
                self._started.add(name)
                courier.start()

    async def close(self, timeout_s: float) -> None:
        """Deliver what can be delivered in that time; what hangs is left behind."""
        for courier in self._couriers:
            courier.waiting.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._started - self._settling.ended:
                    self._settling.changed.clear()
                    await self._settling.changed.wait()
        self._settling.tell()


class _Settling:
    """Brings news of deliveries from the couriers' threads to the loop, some at a time."""

    def __init__(self, settle: Settle) -> None:
        self._settle = settle
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._settled: list[Alert] = []
        self.ended: set[str] = set()
        """Addresses whose courier has ended."""
        self.changed = asyncio.Event()

    def know_loop(self) -> None:
        self._loop = asyncio.get_running_loop()

    def from_thread(self, alerts: Sequence[Alert]) -> None:
        self._call(self.add, alerts)

    def end_from_thread(self, name: str) -> None:
        self._call(self._end, name)

    def add(self, alerts: Sequence[Alert]) -> None:
        self._settled += alerts
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(SETTLE_S, self.tell)

    def tell(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        settled, self._settled = self._settled, []
        if settled:
            self._settle(settled)

    def _end(self, name: str) -> None:
        self.ended.add(name)
        self.changed.set()

    def _call(self, call: Callable[..., None], *args: object) -> None:
        assert self._loop is not None, "nothing is delivered before it was sent"
        with suppress(RuntimeError):  # the loop is over: the journal tells the next start
            self._loop.call_soon_threadsafe(call, *args)
