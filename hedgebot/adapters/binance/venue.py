"""BinanceVenue: one venue entry behind `ports.Venue`."""

import asyncio
import contextlib
import random
from collections.abc import Mapping
from dataclasses import dataclass

from hedgebot.adapters.binance import exchange as ccxt_exchange
from hedgebot.adapters.binance import ids
from hedgebot.adapters.binance.budget import Budgets
from hedgebot.adapters.binance.checks import Checks
from hedgebot.adapters.binance.dialler import Dialler
from hedgebot.adapters.binance.fees import keep_fees
from hedgebot.adapters.binance.history import History
from hedgebot.adapters.binance.leverage import set_leverage
from hedgebot.adapters.binance.live_market import LiveMarket
from hedgebot.adapters.binance.markets import instruments_of, market_names, names_of, rows_in
from hedgebot.adapters.binance.names import Names
from hedgebot.adapters.binance.options import Credentials, VenueOptions
from hedgebot.adapters.binance.order_memory import OrderMemory
from hedgebot.adapters.binance.orders import Orders
from hedgebot.adapters.binance.permissions import refuse_withdrawing_key
from hedgebot.adapters.binance.rest import ReadFailed, Rest, keep_clock, read_clock
from hedgebot.adapters.binance.secrecy import Scrubber
from hedgebot.adapters.binance.snapshots import Snapshots
from hedgebot.adapters.binance.sockets import Feed, Line, Socket
from hedgebot.adapters.binance.statements import Statements
from hedgebot.adapters.binance.streams import Streams
from hedgebot.adapters.binance.translate_futures import translate as translate_futures
from hedgebot.adapters.binance.translate_spot import translate as translate_spot
from hedgebot.adapters.binance.venue_clock import VenueClock
from hedgebot.adapters.binance.wallet import StaleWallet
from hedgebot.adapters.binance.withdrawals import read_withdrawals
from hedgebot.domain.actions import LookUp, ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    LookedUp,
    LookUpFailed,
    SnapshotFailed,
    SnapshotTaken,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.domain.ledger import RecordSource, SourceMark, Sweep, WalletReading
from hedgebot.domain.orders import OrderId, OrderIntent, OrderReport
from hedgebot.errors import Unsupported, VenueError
from hedgebot.ports import Clock, Emit, Finding, Permit, Standing, SubmitOutcome

REACH_S_MAX = 8.0
RULES_S_MAX = 30.0
RULES_MS_MAX = 15_000
"""Spot's exchangeInfo is many megabytes."""
READINGS = 3
"""Clock readings before the first signed call."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What exists once the markets are loaded."""

    names: Names
    instruments: dict[InstrumentId, Instrument]
    orders: Orders
    snapshots: Snapshots
    statements: Statements


class BinanceVenue:
    """Binance spot, USDT-M or COIN-M futures, for one entry of the settings."""

    def __init__(
        self,
        options: VenueOptions,
        credentials: Credentials | None,
        clock: Clock,
        is_ours: ids.Recogniser,
        *,
        budgets: Budgets | None = None,
        chance: random.Random | None = None,
    ) -> None:
        """Opens nothing.

        Args:
            options: see `VenueOptions`.
            credentials: None reads public endpoints only.
            clock: ours.
            is_ours: whether 128 bits are an order id of this book (`core.ids.is_ours`).
            budgets: shared by entries of one host or account; an own one by default.
            chance: spreads redials.
        """
        self.name = options.name
        self.account = options.account
        venue_clock = VenueClock(clock)
        scrubber = Scrubber(credentials)
        self._rest = Rest(
            options,
            ccxt_exchange.build(options, credentials, venue_clock),
            clock=venue_clock,
            budgets=budgets or Budgets(),
            scrubber=scrubber,
        )
        self._dialler = Dialler(options.pace, scrubber, cafile=self._rest.exchange.cafile)
        self._is_ours = is_ours
        self._chance = chance or random.Random()  # noqa: S311 - spreads redials, guards nothing
        self._prepared: Prepared | None = None

    async def prepare(self) -> tuple[Instrument, ...]:
        """Load markets and the clock offset; the instruments that the settings name.

        Raises:
            VenueError: the venue cannot be read.
            Unsupported: a market, a wallet, a multiplier or the key is refused by name.
        """
        parts = await self._load()
        await refuse_withdrawing_key(self._rest)
        await _set_leverage(self._rest, parts)
        return tuple(parts.instruments.values())

    async def run(self, emit: Emit) -> None:
        """Stream until cancelled; see `ports.Venue.run`."""
        parts = self._ready()
        wallet = StaleWallet(parts.snapshots, emit)
        async with asyncio.TaskGroup() as group:
            for line in _lines(self._rest, parts, wallet, emit):
                feed = Feed(line, self._rest.clock.clock, emit)
                socket = Socket(line, self._dialler, feed, self._chance)
                group.create_task(socket.run(), name=f"{self.name} {line.channel}")
            group.create_task(wallet.run(), name=f"{self.name} wallet")
            group.create_task(keep_clock(self._rest), name=f"{self.name} clock")
            if self._rest.options.futures:
                fees = keep_fees(self._rest, parts.instruments.values(), emit)
                group.create_task(fees, name=f"{self.name} fees")

    async def submit(self, intent: OrderIntent, permit: Permit) -> SubmitOutcome:
        """Send once; see `orders.Orders.submit`."""
        return await self._ready().orders.submit(intent, permit)

    async def cancel(self, order_id: OrderId, instrument: InstrumentId) -> OrderReport | None:
        """Cancel by client id; see `orders.Orders.cancel`."""
        return await self._ready().orders.cancel(order_id, instrument)

    async def look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        """Ask by client id, and list the account's trades of that instrument."""
        return await self._ready().orders.look_up(request)

    async def snapshot(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        """Read by REST what the scope names."""
        return await self._ready().snapshots.take(request)

    async def withdrawals(self, request: ReadWithdrawals) -> WithdrawalsRead | WithdrawalsUnread:
        """Read the records of withdrawals from the spot wallet."""
        return await read_withdrawals(self._rest, request)

    async def sweep(
        self, marks: Mapping[RecordSource, SourceMark], last: WalletReading | None
    ) -> Sweep:
        """Read the wallet and the listings of what changed it; see `ports.Statements`."""
        return await self._ready().statements.sweep(marks, last)

    async def check(self) -> tuple[Finding, ...]:
        """The rows of `hedgebot check` for this entry; never raises for the venue's sake."""
        try:
            parts = await self._load()
        except VenueError as error:
            mend = "see that the network and its URL are right, and that the symbols are its own"
            return (Finding(self.name, "markets", Standing.FAILED, str(error), mend),)
        wallet = StaleWallet(parts.snapshots, _unheard)
        lines = _lines(self._rest, parts, wallet, _unheard)
        return await Checks(self._rest, parts.snapshots, self._dialler, lines).rows()

    def live_market(self) -> LiveMarket | None:
        """What a dry run fills its orders from; None while nothing is prepared."""
        return LiveMarket(self._prepared.orders) if self._prepared else None

    async def close(self) -> None:
        """Release sockets; bounded by the sockets' own closing time."""
        await self._dialler.close()
        await self._rest.close()

    async def _load(self) -> Prepared:
        if self._prepared is None:
            await _reach(self._rest)
            rules = await self._rest.read(
                self._rest.endpoints.rules, within_s=RULES_S_MAX, attempt_ms=RULES_MS_MAX
            )
            self._prepared = self._parts(rules)
        return self._prepared

    def _parts(self, rules: object) -> Prepared:
        options = self._rest.options
        rows, limits = rows_in(rules, "symbols"), rows_in(rules, "rateLimits")
        if not isinstance(rules, Mapping) or "symbols" not in rules:
            raise ReadFailed(f"{self.name}: exchangeInfo names no markets")
        self._rest.weights(self._rest.endpoints.rules).learn(limits)
        budget = self._rest.budgets.orders_of(options.account, options.exchange)
        budget.learn(limits)
        markets = market_names(rows, self._rest.exchange)
        names = names_of(markets, options, self._is_ours)
        instruments = {each.id: each for each in instruments_of(rows, markets, options)}
        history = History(self._rest, names, instruments, OrderMemory())
        snapshots = Snapshots(self._rest, names, instruments, history)
        return Prepared(
            names,
            instruments,
            Orders(self._rest, names, instruments, budget, history),
            snapshots,
            Statements(self._rest, names, snapshots),
        )

    def _ready(self) -> Prepared:
        assert self._prepared is not None, f"{self.name} is not prepared"
        return self._prepared


def _lines(rest: Rest, parts: Prepared, wallet: StaleWallet, emit: Emit) -> tuple[Line, ...]:
    translate = translate_futures if rest.options.futures else translate_spot
    instruments = tuple(parts.instruments.values())
    memory = parts.snapshots.history.memory
    return Streams(rest, parts.names, instruments, translate, wallet, memory, emit).lines()


async def _set_leverage(rest: Rest, parts: Prepared) -> None:
    options = rest.options
    if not (options.futures and options.set_leverage and options.leverage):
        return
    if options.dry_run:
        raise Unsupported(
            f"venues.{options.name}.set_leverage: a dry run changes nothing at the venue: "
            "set it to false"
        )
    await set_leverage(rest, parts.snapshots, options.leverage)


async def _reach(rest: Rest) -> None:
    name = rest.options.name
    try:
        await rest.read(rest.endpoints.time, within_s=REACH_S_MAX)
    except ReadFailed as error:
        raise ReadFailed(
            f"{error}: see venues.{name}.network and rest_url, and that this machine "
            "reaches the venue",
            error.failure,
        ) from None
    for _ in range(READINGS):
        with contextlib.suppress(VenueError):  # one good reading is enough
            await read_clock(rest)
    if not rest.clock.samples:
        await read_clock(rest)


def _unheard(_event: object) -> None:
    """What a check's sockets tell is nobody's business."""
