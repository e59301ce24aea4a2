"""How long each order took: event -> decided -> committed -> sent -> acknowledged -> filled."""

from collections import OrderedDict
from enum import StrEnum

from hedgebot.domain.orders import OrderId

KEPT = 1_024
"""Orders whose timeline is remembered."""


class Mark(StrEnum):
    """A moment in the life of an order, in the order in which they come."""

    EVENT = "event"
    """The event that led to it reached the shell."""
    DECIDED = "decided"
    COMMITTED = "committed"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    FILLED = "filled"
    """The decision folded its close."""


class Timelines:
    """Monotonic moments, ns, by order; the oldest order is forgotten first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._orders: OrderedDict[OrderId, dict[Mark, int]] = OrderedDict()

    def open(self, order_id: OrderId, event_ns: int, decided_ns: int) -> None:
        """Begin an order's timeline."""
        self._orders[order_id] = {Mark.EVENT: event_ns, Mark.DECIDED: decided_ns}
        if len(self._orders) > self._kept:
            self._orders.popitem(last=False)

    def note(self, order_id: OrderId, mark: Mark, now_ns: int) -> None:
        """Remember the first time that this happened to the order."""
        if order_id in self._orders:
            self._orders[order_id].setdefault(mark, now_ns)

    def latencies_ms(self, order_id: OrderId) -> dict[str, float]:
        """Time since the event, ms, for each moment known, keyed `committed_ms` and so on.

        Counted from the event and not from the moment before: a fill's frame may come ahead of
        the answer to its order.
        """
        moments = self._orders.get(order_id, {})
        return {
            f"{mark}_ms": round((moments[mark] - moments[Mark.EVENT]) / 1e6, 3)
            for mark in Mark
            if mark in moments and mark is not Mark.EVENT
        }
