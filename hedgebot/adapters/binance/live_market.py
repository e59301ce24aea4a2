"""What a dry run reads of the venue besides what every run reads."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.adapters.binance.depth import Depth
from hedgebot.adapters.binance.fees import read_taker_fee
from hedgebot.adapters.binance.orders import Missed, Orders
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderIntent
from hedgebot.errors import VenueError
from hedgebot.ports import Permit

WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class LiveMarket:
    """The book that an order would meet, and what its fills would cost."""

    orders: Orders

    async def depth(self, intent: OrderIntent, permit: Permit) -> Depth | Missed | None:
        """The book at the moment at which the order would have arrived; see `Orders.depth`."""
        return await self.orders.depth(intent, permit)

    async def taker_fees(self) -> Mapping[InstrumentId, Decimal]:
        """The account's own rates, of the notional; without those that the venue does not tell."""
        rest, found = self.orders.rest, {}
        for own in self.orders.instruments.values() if rest.options.futures else ():
            with suppress(VenueError):  # the caller has a rate for that
                found[own.id] = await read_taker_fee(rest, own, WITHIN_S)
        return found
