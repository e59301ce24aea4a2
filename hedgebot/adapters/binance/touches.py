"""The touch that a socket does not tell: of a quiet book nothing comes until its best prices move,
and a stream that lost its voice is quiet too.

Source: Binance, individual symbol book ticker streams: pushed on change, no snapshot at first.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from hedgebot.adapters.binance import prices
from hedgebot.adapters.binance.names import Names
from hedgebot.adapters.binance.rest import Rest
from hedgebot.domain.events import Event, TouchSeen
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.errors import VenueError
from hedgebot.ports import Emit

WITHIN_S = 10.0
EVERY_S = 15.0


@dataclass(slots=True)
class Touches:
    """Reads by REST what the stream has not told: at first, and since the last look."""

    rest: Rest
    names: Names
    instruments: tuple[Instrument, ...]
    emit: Emit
    told: set[InstrumentId] = field(default_factory=set)
    """Instruments that the stream has told of since the last look."""

    def pass_on(self, event: Event) -> None:
        """Note what the stream tells."""
        if isinstance(event, TouchSeen):
            self.told.add(event.instrument)
        self.emit(event)

    async def run(self) -> NoReturn:
        """Look after a connection as long as it lasts."""
        self.told.clear()
        while True:
            for instrument in self.instruments:
                if instrument.id not in self.told:
                    # Where it cannot be read, the stream will tell in its own time.
                    with suppress(VenueError):
                        await self._read(instrument)
            self.told.clear()
            await asyncio.sleep(EVERY_S)

    async def _read(self, instrument: Instrument) -> None:
        """What the stream tells meanwhile is never older than the answer."""
        asked = {"symbol": instrument.market_id}
        row = await self.rest.read(self.rest.endpoints.touch, asked, within_s=WITHIN_S)
        if isinstance(row, list) and len(row) == 1:  # COIN-M answers so for one symbol too
            row = row[0]
        touch = prices.touch_row(row, self.names)
        if touch.instrument not in self.told:
            self.emit(touch)
