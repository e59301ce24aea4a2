"""Which client id each order of the venue has: trade rows name only the venue's own id."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderReport

ORDERS_MAX = 5_000

Key = tuple[InstrumentId, str]


@dataclass(slots=True)
class OrderMemory:
    """The last orders that streams, answers and listings told of."""

    _reports: dict[Key, OrderReport] = field(default_factory=dict)

    def note(self, report: OrderReport) -> None:
        """Remember an order's ids; the oldest is forgotten."""
        self._reports[report.instrument, report.venue_order_id] = report
        if len(self._reports) > ORDERS_MAX:
            del self._reports[next(iter(self._reports))]

    def of(self, instrument: InstrumentId) -> Mapping[str, OrderReport]:
        """The remembered orders of one instrument, by venue order id."""
        return {
            venue_order_id: report
            for (each, venue_order_id), report in self._reports.items()
            if each == instrument
        }
