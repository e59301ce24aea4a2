"""Orders on their way out: what may still be written, what may be working (invariant 2b)."""

from dataclasses import dataclass

from hedgebot.domain.events import NotSentReason
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent
from hedgebot.ports import Clock, Permit
from hedgebot.shell.latency import Mark, Timelines


@dataclass(slots=True)
class _Leaving:
    instrument: InstrumentId
    withdrawn: bool = False
    granted_ms: int | None = None
    """Our clock, when the permit let it go; None: nothing was written."""


class Outbox:
    """Grants each order its one permit to be written."""

    def __init__(self, clock: Clock, timelines: Timelines) -> None:
        self._clock = clock
        self._timelines = timelines
        self._leaving: dict[OrderId, _Leaving] = {}
        self._stopping = False

    def admit(self, order_id: OrderId, instrument: InstrumentId) -> None:
        """An order was approved; it is not written yet."""
        self._leaving[order_id] = _Leaving(instrument)

    def recall(self, order_id: OrderId, instrument: InstrumentId) -> None:
        """An order of an earlier start may be working."""
        self._leaving[order_id] = _Leaving(instrument, granted_ms=self._clock.now_ms())

    def withdraw(self, order_id: OrderId) -> None:
        """Do not write this order, if it was not written yet."""
        if order_id in self._leaving:
            self._leaving[order_id].withdrawn = True

    def close(self, order_id: OrderId) -> None:
        """The order is over."""
        self._leaving.pop(order_id, None)

    def stop(self) -> None:
        """From now on nothing is written."""
        self._stopping = True

    def permit(self, intent: OrderIntent) -> Permit:
        """The question a venue asks immediately before it writes this order."""

        def ask() -> NotSentReason | None:
            reason = self._refusal(intent)
            if reason is None:
                self._leaving[intent.order_id].granted_ms = self._clock.now_ms()
                self._timelines.note(intent.order_id, Mark.SENT, self._clock.monotonic_ns())
            return reason

        return ask

    def acknowledge(self, order_id: OrderId) -> None:
        """The venue answered."""
        self._timelines.note(order_id, Mark.ACKNOWLEDGED, self._clock.monotonic_ns())

    def granted_ms(self, order_id: OrderId) -> int | None:
        """When the order was let go; None: it was not, or it is over."""
        leaving = self._leaving.get(order_id)
        return leaving.granted_ms if leaving else None

    def maybe_working(self) -> dict[OrderId, InstrumentId]:
        """Orders that were written and are not known to be over."""
        return {
            order_id: leaving.instrument
            for order_id, leaving in self._leaving.items()
            if leaving.granted_ms is not None
        }

    def _refusal(self, intent: OrderIntent) -> NotSentReason | None:
        leaving = self._leaving.get(intent.order_id)
        if self._stopping:
            return NotSentReason.STOPPING
        if leaving is None or leaving.withdrawn:
            return NotSentReason.WITHDRAWN
        # A second question about the same order would be a second write (invariant 2).
        assert leaving.granted_ms is None, f"order {intent.order_id:#x} was already let go"
        if self._clock.now_ms() > intent.send_before_ms:
            return NotSentReason.LATE
        return None
