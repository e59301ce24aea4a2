"""The touch that a socket does not tell: of a quiet book nothing comes until its best prices move.

Source: Binance, individual symbol book ticker streams: pushed on change, no snapshot at first.
"""

from contextlib import suppress
from dataclasses import dataclass, field

from hedgebot.adapters.binance import prices
from hedgebot.adapters.binance.names import Names, Raw
from hedgebot.adapters.binance.rest import Rest
from hedgebot.domain.events import Event, TouchSeen
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.errors import VenueError
from hedgebot.ports import Emit

WITHIN_S = 10.0


@dataclass(slots=True)
class Touches:
    """Reads by REST, once a connection, what its stream has not told yet."""

    rest: Rest
    names: Names
    instruments: tuple[Instrument, ...]
    emit: Emit
    told: set[InstrumentId] = field(default_factory=set)
    """Instruments that the present connection has told of."""

    def pass_on(self, event: Event) -> None:
        """Note what the stream tells."""
        if isinstance(event, TouchSeen):
            self.told.add(event.instrument)
        self.emit(event)

    async def read(self) -> None:
        """One reading of each instrument; the stream's word is never older than its answer."""
        self.told.clear()
        for instrument in self.instruments:
            # Where it cannot be read, the stream will tell in its own time.
            with suppress(VenueError):
                touch = prices.touch_row(await self._row(instrument), self.names)
                if touch.instrument not in self.told:
                    self.emit(touch)

    async def _row(self, instrument: Instrument) -> Raw:
        asked = {"symbol": instrument.market_id}
        row: Raw = await self.rest.read(self.rest.endpoints.touch, asked, within_s=WITHIN_S)
        return row
