"""The venue's part: wallets, positions, matching, funding and liquidation by `venue_model`.

One desk for each venue entry of the settings. What it tells is what the account's streams would.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgebot.core.policy import VenuePolicy
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Event,
    FillSeen,
    FundingSeen,
    Position,
    PositionSeen,
)
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, WalletId
from hedgebot.domain.orders import Cause, Fill, Leg, OrderId
from hedgebot.research.backtest.markets import Listing
from hedgebot.venue_model import derivatives, liquidation, treasury
from hedgebot.venue_model.book import Book, Level
from hedgebot.venue_model.desk import Desk
from hedgebot.venue_model.futures import Futures, Prices
from hedgebot.venue_model.ledger import Cause as LedgerCause
from hedgebot.venue_model.ledger import Ledger, Wallet, WalletName
from hedgebot.venue_model.notices import FuturesNotice, Notice, Occasion, OrderNotice
from hedgebot.venue_model.orders import Order, PositionSide, Ticket, Trade
from hedgebot.venue_model.positions import Position as Held

ZERO = Decimal(0)
NAMES = {
    "spot": WalletName.SPOT,
    "futures": WalletName.FUTURES,
    "coin_futures": WalletName.COIN_FUTURES,
}


@dataclass(slots=True)
class Clock:
    """Time, as the bars tell it."""

    now_ms: int = 0

    def __call__(self) -> int:
        return self.now_ms


@dataclass(frozen=True, slots=True)
class Entry:
    """One venue entry: its wallet, and its desk where it lists perpetuals."""

    name: str
    wallet_id: WalletId
    wallet: Wallet
    futures: Futures | None
    instruments: dict[str, Instrument]
    """By the venue's symbol."""
    told: list[Notice] = field(default_factory=list)
    ours: dict[int, OrderId] = field(default_factory=dict)
    """Our orders by the venue's number."""
    proven: dict[str, tuple[object, Decimal]] = field(default_factory=dict)
    """By symbol: how wallet and positions stood, and a mark at which that margin was enough."""

    def desk(self) -> Futures:
        """The desk of its perpetuals."""
        assert self.futures is not None, f"{self.name} lists no perpetuals"
        return self.futures

    def mark(self, symbol: str, mark: Decimal, index: Decimal) -> None:
        """The mark moves. A margin that was enough is enough at every mark that harms less: what a
        position gains is more than the maintenance that its worth adds.
        """
        futures = self.desk()
        standing = (len(self.wallet.ledger.rows), *futures.positions.values())
        before, enough = self.proven.get(symbol, (None, mark))
        qty = futures.position(symbol).qty
        if before == standing and (mark >= enough if qty > 0 else mark <= enough or not qty):
            futures.prices[symbol] = replace(futures.prices[symbol], mark=mark, index=index)
            return
        liquidation.mark_moved(futures, symbol, mark, index)
        for each, prices in futures.prices.items():
            if futures.settle(each) == futures.settle(symbol):
                self.proven[each] = (standing, prices.mark)

    def events(self) -> list[Event]:
        """What was told since the last time, as the account's stream has it."""
        notices = self.told[:]
        self.told.clear()
        return [event for notice in notices for event in self._heard(notice)]

    def _heard(self, notice: Notice) -> Iterator[Event]:
        match notice:
            case FuturesNotice():
                yield from self._account(notice)
            case OrderNotice(trade=Trade() as trade, order=order):
                yield FillSeen(self.fill(order, trade))
            case _:
                pass

    def _account(self, notice: FuturesNotice) -> Iterator[Event]:
        for asset, total, change in notice.balances:
            if notice.occasion is Occasion.FUNDING:
                yield FundingSeen(self.wallet_id, asset, change, notice.at_ms)
            balance = Balance(self.wallet_id, asset, total, notice.at_ms)
            yield BalanceSeen(balance, notice.occasion.value)
        for view in notice.positions:
            own = self.instruments[view.symbol]
            qty = view.qty * own.units_per_contract
            yield PositionSeen(Position(own.id, qty, view.entry, notice.at_ms))

    def fill(self, order: Order, trade: Trade) -> Fill:
        """An execution as the stream tells it."""
        own, ours = self.instruments[trade.symbol], self.ours.get(order.id)
        change = trade.realized_pnl - trade.fee
        return Fill(
            instrument=own.id,
            trade_id=str(trade.id),
            venue_order_id=str(order.id),
            client_order_id=order.ticket.client_id,
            order_id=ours,
            side=trade.side,
            qty=trade.qty * own.units_per_contract,
            price=trade.price,
            fee=trade.fee,
            fee_asset=trade.fee_asset,
            realized_pnl=trade.realized_pnl,
            cause=Cause.OURS if ours is not None else Cause.LIQUIDATION,
            legs=(Leg(wallet=self.wallet_id, asset=own.settle, change=change),),
            venue_ms=trade.at_ms,
        )

    def position(self, own: Instrument) -> Held:
        """The position, in the venue's unit."""
        return self.desk().position(own.market_id)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Every venue entry of a book."""

    clock: Clock
    entries: dict[str, Entry]
    listed: dict[InstrumentId, Listing]

    def at(self, own: InstrumentId) -> Entry:
        """The entry that lists an instrument."""
        return self.entries[own.partition(":")[0]]

    def moved(self, own: InstrumentId, marks: Iterable[Decimal], index: Decimal) -> list[Event]:
        """The mark goes through those prices; a wallet whose margin is gone is liquidated."""
        entry, symbol = self.at(own), self.listed[own].market.symbol
        for mark in marks:
            entry.mark(symbol, mark, index or mark)
        return entry.events()

    def fund(self, own: InstrumentId, rate: Decimal, mark: Decimal | None) -> list[Event]:
        """Settle funding now, at that mark; None: at the last one."""
        entry, symbol = self.at(own), self.listed[own].market.symbol
        prices = entry.desk().prices
        before = prices[symbol]
        prices[symbol] = replace(before, funding_rate=rate, mark=mark or before.mark)
        treasury.pay_funding(entry.desk(), symbol)
        prices[symbol] = before
        return [
            replace(event, instrument=own) if isinstance(event, FundingSeen) else event
            for event in entry.events()
        ]

    def place(
        self, ticket: Ticket, own: InstrumentId, order_id: OrderId, depth: tuple[list[Level], ...]
    ) -> tuple[Order, list[Event]]:
        """Match an order against that depth.

        Raises:
            Rejected: the venue refuses it.
        """
        entry = self.at(own)
        futures = entry.desk()
        futures.desk.books[ticket.symbol].show(*depth)
        entry.ours[futures.desk.orders.last_order_id + 1] = order_id
        order = derivatives.place(futures, ticket)
        return order, entry.events()


def exchange_of(
    venues: Iterable[VenuePolicy], listed: dict[InstrumentId, Listing], clock: Clock
) -> Exchange:
    """Empty wallets and desks for every venue entry."""
    return Exchange(clock, {each.name: _entry(each, listed, clock) for each in venues}, listed)


def _entry(venue: VenuePolicy, listed: dict[InstrumentId, Listing], clock: Clock) -> Entry:
    own = [each for each in listed.values() if each.instrument.venue == venue.name]
    wallet = Wallet(NAMES[venue.wallets[0].partition(":")[2]], Ledger(clock))
    told: list[Notice] = []
    futures = None
    if venue.collateral:
        markets = {each.market.symbol: each.market for each in own}
        desk = Desk(markets, wallet, clock, told.append, {symbol: Book() for symbol in markets})
        inverse = wallet.name is WalletName.COIN_FUTURES
        futures = Futures(desk, Kind.INVERSE if inverse else Kind.LINEAR)
        if venue.leverage is not None:
            futures.modes.leverage.update(dict.fromkeys(markets, venue.leverage))
    instruments = {each.market.symbol: each.instrument for each in own}
    return Entry(venue.name, venue.wallets[0], wallet, futures, instruments, told)


def begin(entry: Entry, own: Instrument, mark: Decimal, *, qty: Decimal, price: Decimal) -> None:
    """First prices of a perpetual, and a position that is there already; the venue's own unit."""
    futures, symbol = entry.desk(), own.market_id
    futures.prices[symbol] = Prices(mark, mark, ZERO, 0)
    if qty:
        cost = qty * futures.desk.markets[symbol].worth(price)
        now = futures.desk.now()
        futures.positions[symbol, PositionSide.BOTH] = Held(qty, cost, ZERO, now)


def endow(entry: Entry, asset: str, qty: Decimal) -> None:
    """What a wallet holds at the beginning."""
    entry.wallet.change(asset, qty, LedgerCause.OPENING)
