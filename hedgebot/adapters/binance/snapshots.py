"""What REST says of an account: one consistent bundle of reads."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hedgebot.adapters.binance import polled_wallets, rows_futures, rows_spot
from hedgebot.adapters.binance.allowed import Endpoint
from hedgebot.adapters.binance.history import History
from hedgebot.adapters.binance.names import Names, Raw
from hedgebot.adapters.binance.position_sides import PositionSides
from hedgebot.adapters.binance.rest import ReadFailed, Rest, not_served
from hedgebot.adapters.binance.side_by_side import one_error
from hedgebot.domain.actions import Snapshot
from hedgebot.domain.events import (
    Balance,
    ModeSeen,
    Position,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
)
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.domain.orders import Fill, OrderReport, Refusal
from hedgebot.errors import VenueError

WITHIN_S = {Scope.AUDIT: 4.5, Scope.FULL: 28.0}
"""The shell gives an audit 5 s and a full snapshot 30 s."""
ONE_BY_ONE_MAX = 12
"""From so many instruments on, one listing without a symbol weighs less."""


class Held(NamedTuple):
    """Positions, and the position mode where it shows in them."""

    positions: tuple[Position, ...] = ()
    modes: tuple[ModeSeen, ...] = ()


class Past(NamedTuple):
    """Orders and fills since the watermarks, oldest first."""

    orders: tuple[OrderReport, ...] = ()
    fills: tuple[Fill, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Reads of one venue entry."""

    rest: Rest
    names: Names
    instruments: dict[InstrumentId, Instrument]
    history: History
    sides: PositionSides = field(default_factory=PositionSides)

    async def take(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        """Read what the scope names."""
        within_s = WITHIN_S[request.scope]
        try:
            async with asyncio.timeout(within_s):
                return await self._take(request, within_s)
        except TimeoutError:
            return self._failed(request, f"no answer within {within_s:g} s")
        except VenueError as error:
            return self._failed(request, str(error))

    async def balances(self, within_s: float) -> tuple[Balance, ...]:
        """Every asset that the entry's own wallet holds."""
        account = await self.rest.read(self.rest.endpoints.account, within_s=within_s)
        read = rows_futures.balances if self.rest.options.futures else rows_spot.balances
        return read(account, self.names)

    async def positions(self, within_s: float) -> Held:
        """One for each named instrument, and those of other markets that the venue tells of."""
        if not self.rest.options.futures:
            return Held()
        rows = await self.rest.read_rows(self.rest.futures.positions, within_s=within_s)
        if self.names.two_sided:
            self.sides.read(rows_futures.sides(rows, self.names), self.instruments)
        return Held(
            rows_futures.positions(rows, sorted(self.instruments), self.names),
            rows_futures.shown_mode(rows, self.names),
        )

    async def modes(self, within_s: float) -> tuple[ModeSeen, ...]:
        """Account settings; those that the venue does not serve are left out."""
        if not self.rest.options.futures:
            return ()
        futures = self.rest.futures
        readers = (
            (futures.position_mode, rows_futures.position_mode),
            (futures.assets_mode, rows_futures.assets_mode),
            (futures.symbol_modes, rows_futures.symbol_modes),
        )
        with one_error():
            async with asyncio.TaskGroup() as group:
                asks = [group.create_task(self._optional(call, within_s)) for call, _ in readers]
        found: tuple[ModeSeen, ...] = ()
        for ask, (_, read) in zip(asks, readers, strict=True):
            if ask.result() is not None:
                found += read(ask.result(), self.names)
        return found

    async def _take(self, request: Snapshot, within_s: float) -> SnapshotTaken:
        requested_ms = self.rest.clock.clock.now_ms()
        full = request.scope is Scope.FULL
        with one_error():
            async with asyncio.TaskGroup() as group:
                own = group.create_task(self.balances(within_s))
                polled = group.create_task(polled_wallets.balances(self.rest, within_s))
                positions = group.create_task(self.positions(within_s))
                open_orders = group.create_task(self._open_orders(within_s))
                modes = group.create_task(self.modes(within_s)) if full else None
                listed = group.create_task(self._past(request)) if full else None
        held = positions.result()
        past = listed.result() if listed else Past()
        return SnapshotTaken(
            venue=request.venue,
            scope=request.scope,
            epoch=request.epoch,
            requested_ms=requested_ms,
            wallets=(self.names.wallet, *self.rest.options.polled),
            balances=own.result() + polled.result(),
            positions=held.positions,
            open_orders=open_orders.result(),
            orders=past.orders,
            fills=past.fills,
            modes=(modes.result() if modes else ()) + held.modes,
        )

    async def _open_orders(self, within_s: float) -> tuple[OrderReport, ...]:
        """Open orders of the named instruments, whoever placed them."""
        endpoints = self.rest.endpoints
        rows: list[Raw] = []
        if len(self.instruments) < ONE_BY_ONE_MAX:
            for instrument in self.instruments.values():
                params = {"symbol": instrument.market_id}
                rows += await self.rest.read_rows(endpoints.open_orders, params, within_s=within_s)
        else:
            rows += await self.rest.read_rows(endpoints.open_orders_all, within_s=within_s)
        market_ids = {instrument.market_id for instrument in self.instruments.values()}
        return tuple(self.history.report(row) for row in rows if row.get("symbol") in market_ids)

    async def _past(self, request: Snapshot) -> Past:
        orders: list[OrderReport] = []
        fills: list[Fill] = []
        for instrument, since_ms in request.since:
            orders += await self.history.orders(instrument, since_ms)
            trades = await self.history.trades(instrument, since_ms)
            fills += await self.history.fills(trades, instrument)
        orders.sort(key=lambda report: report.venue_ms)
        fills.sort(key=lambda fill: fill.venue_ms)
        return Past(tuple(orders), tuple(fills))

    async def _optional(self, endpoint: Endpoint | None, within_s: float) -> Any:
        """The answer, or None where the family or the venue has no such call."""
        if endpoint is None:
            return None
        assert endpoint.optional, endpoint.name
        try:
            return await self.rest.read(endpoint, within_s=within_s)
        except ReadFailed as error:
            failure = error.failure
            unknown = failure is not None and failure.meaning is Refusal.REJECTED
            if failure is not None and (unknown or not_served(failure)):
                return None
            raise

    def _failed(self, request: Snapshot, reason: str) -> SnapshotFailed:
        return SnapshotFailed(request.venue, request.scope, reason)
