"""Orders and trades of one instrument since a venue time, in windows the venue accepts."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hedgebot.adapters.binance import rows_futures, rows_spot
from hedgebot.adapters.binance.allowed import Endpoint, Priority
from hedgebot.adapters.binance.errors import Meaning
from hedgebot.adapters.binance.names import Names, Raw
from hedgebot.adapters.binance.order_memory import OrderMemory
from hedgebot.adapters.binance.paging import listed, windows
from hedgebot.adapters.binance.rest import ReadFailed, Rest
from hedgebot.adapters.binance.side_by_side import one_error
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.domain.orders import Fill, OrderReport

HOUR_MS = 3_600_000
SPAN_MS = {True: 7 * 24 * HOUR_MS - HOUR_MS, False: 24 * HOUR_MS}
"""Longest window of one request, by whether it is futures. Source: Binance, allOrders, userTrades
(less than 7 days) and spot allOrders, myTrades (24 hours)."""
AHEAD_MS = 60_000
"""The last window ends so far in the future: no clock may hide the newest rows."""
READ_S_MAX = 20.0
ASKED_MAX = 20
"""Orders asked for one by one because only a trade names them."""
DAYS_MAX = 35
"""How far back a listing goes at most: nothing is unbounded, also not after a long pause."""


@dataclass(frozen=True, slots=True)
class History:
    """What the venue remembers of this account's instruments."""

    rest: Rest
    names: Names
    instruments: dict[InstrumentId, Instrument]
    memory: OrderMemory

    async def orders(self, instrument: InstrumentId, since_ms: int) -> tuple[OrderReport, ...]:
        """Orders created since then, oldest first."""
        rows = await self._rows(self.rest.endpoints.all_orders, instrument, since_ms)
        reports = [self.report(row) for row in rows]
        return tuple(sorted(reports, key=lambda report: report.venue_ms))

    async def trades(
        self,
        instrument: InstrumentId,
        since_ms: int,
        *,
        priority: Priority = Priority.HISTORY,
    ) -> list[Raw]:
        """Rows of trades since then."""
        endpoint = replace(self.rest.endpoints.trades, priority=priority)
        return await self._rows(endpoint, instrument, since_ms)

    async def fills(self, rows: list[Raw], instrument: InstrumentId) -> tuple[Fill, ...]:
        """Those trades, oldest first, each with its order's client id."""
        read = rows_futures.fill if self.rest.options.futures else rows_spot.fill
        orders = await self._orders_of(rows, instrument)
        fills = [read(row, orders, self.names) for row in rows]
        return tuple(sorted(fills, key=lambda f: (f.venue_ms, len(f.trade_id), f.trade_id)))

    def report(self, row: Raw) -> OrderReport:
        """One order row, remembered.

        Raises:
            Unsupported: unreadable, or refused by name.
        """
        read = rows_futures.order if self.rest.options.futures else rows_spot.order
        report = read(row, self.names)
        self.memory.note(report)
        return report

    async def _orders_of(
        self, rows: list[Raw], instrument: InstrumentId
    ) -> Mapping[str, OrderReport]:
        """The orders of those trades. One that nobody told of is asked for: it may be ours."""
        known = self.memory.of(instrument)
        wanted = {str(row.get("orderId")) for row in rows} - known.keys()
        newest = sorted(wanted, key=lambda name: (len(name), name))[-ASKED_MAX:]
        with one_error():
            async with asyncio.TaskGroup() as group:
                asks = [group.create_task(self._order(instrument, name)) for name in newest]
        found = (ask.result() for ask in asks)
        return {**known, **{each.venue_order_id: each for each in found if each is not None}}

    async def _order(self, instrument: InstrumentId, venue_order_id: str) -> OrderReport | None:
        """An order by the venue's id; None where the venue has forgotten it."""
        params = {"symbol": self.instruments[instrument].market_id, "orderId": venue_order_id}
        try:
            row = await self.rest.read(self.rest.endpoints.order, params, within_s=READ_S_MAX)
        except ReadFailed as error:
            if error.failure is not None and error.failure.meaning is Meaning.ABSENT:
                return None
            raise
        return self.report(row)

    async def _rows(self, endpoint: Endpoint, instrument: InstrumentId, since_ms: int) -> list[Raw]:
        clock = self.rest.clock
        until_ms = clock.now_ms() + AHEAD_MS
        since_ms += min(0, clock.offset_ms)  # a venue that is behind dates its rows earlier
        since_ms = max(since_ms, until_ms - DAYS_MAX * 24 * HOUR_MS)
        span_ms = SPAN_MS[self.rest.options.futures]
        symbol = self.instruments[instrument].market_id
        spans = windows(since_ms, until_ms, span_ms)

        async def read(start_ms: int, end_ms: int) -> list[Raw]:
            return await self._window(endpoint, symbol, start_ms, end_ms)

        what = f"{self.names.venue}: {endpoint.name}"
        return await listed(read, spans, rows_max=endpoint.rows_max, what=what)

    async def _window(
        self, endpoint: Endpoint, symbol: str, start_ms: int, end_ms: int
    ) -> list[Raw]:
        params = {
            "symbol": symbol, "startTime": start_ms, "endTime": end_ms, "limit": endpoint.rows_max,
        }  # fmt: skip
        return await self.rest.read_rows(endpoint, params, within_s=READ_S_MAX)
