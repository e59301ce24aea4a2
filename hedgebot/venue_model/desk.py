"""What spot and futures share: markets, books, orders, and running an order through a book."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgebot.venue_model.book import Book, Match
from hedgebot.venue_model.fee_coin import COIN, Charge, FeeCoin
from hedgebot.venue_model.ledger import Wallet
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.notices import Notice, OrderNotice
from hedgebot.venue_model.orders import (
    Execution,
    Order,
    OrderLog,
    OrderType,
    Status,
    Ticket,
    TimeInForce,
    Trade,
)
from hedgebot.venue_model.rejections import Reason, Rejected


@dataclass(frozen=True, slots=True)
class Costs:
    """What an execution costs and earns."""

    fee: Decimal
    asset: str
    maker: bool
    realized_pnl: Decimal = Decimal(0)


@dataclass(slots=True)
class Desk:
    """One trading desk of the venue. `now` is the venue's clock, `tell` reaches the account."""

    markets: Mapping[str, Market]
    wallet: Wallet
    now: Callable[[], int]
    tell: Callable[[Notice], None]
    books: dict[str, Book] = field(default_factory=dict)
    orders: OrderLog = field(default_factory=OrderLog)
    fee_coin: FeeCoin | None = None

    def charge(self, fee: Decimal, asset: str, *, given: Charge = (Decimal(0), "")) -> Charge:
        """The fee of an execution that gives so much of a coin away, and the fee's coin."""
        if self.fee_coin is None:
            return fee, asset
        room = self.wallet.free(COIN) - (given[0] if given[1] == COIN else 0)
        return self.fee_coin.charge(room, fee, asset)

    def market(self, symbol: str) -> Market:
        """Raises: Rejected, when the venue does not list it."""
        market = self.markets.get(symbol)
        if market is None:
            raise Rejected(Reason.SYMBOL)
        return market

    def notify(
        self,
        order: Order,
        execution: Execution,
        trade: Trade | None = None,
        *,
        cancel_id: str = "",
    ) -> None:
        """Tell the account about an order."""
        self.tell(
            OrderNotice(
                market=self.markets[order.ticket.symbol],
                order=order,
                execution=execution,
                trade=trade,
                at_ms=order.updated_ms,
                cancel_id=cancel_id,
            )
        )

    def close(
        self, order: Order, status: Status, execution: Execution, *, cancel_id: str = ""
    ) -> Order:
        """End an order that is not filled, out of the book, and tell."""
        self.books[order.ticket.symbol].remove(order.id)
        closed = self.orders.keep(replace(order, status=status, updated_ms=self.now()))
        self.notify(closed, execution, cancel_id=cancel_id)
        return closed

    def filled(self, order: Order, qty: Decimal, price: Decimal) -> Order:
        """The order with one more execution, stored."""
        total = order.filled + qty
        worth = self.markets[order.ticket.symbol].worth(price)
        status = Status.FILLED if total == order.ticket.qty else Status.PARTIALLY_FILLED
        return self.orders.keep(
            replace(
                order,
                filled=total,
                cost=order.cost + qty * worth,
                status=status,
                updated_ms=self.now(),
            )
        )


def executed(desk: Desk, order: Order, match: Match, costs: Costs) -> Trade:
    """Log an execution of an order that already counts it."""
    ticket = order.ticket
    trade = Trade(
        id=desk.orders.next_trade_id(),
        order_id=order.id,
        symbol=ticket.symbol,
        side=ticket.side,
        qty=match.qty,
        price=match.price,
        fee=costs.fee,
        fee_asset=costs.asset,
        realized_pnl=costs.realized_pnl,
        maker=costs.maker,
        at_ms=order.updated_ms,
        position_side=ticket.position_side,
    )
    desk.orders.trades.append(trade)
    return trade


Settle = Callable[[Order, Match, bool], Order]
"""Books one execution of an order (True: as maker): wallets, trade, notices; the order after it."""

Release = Callable[[Order], None]
"""Gives back what an order that closes had set aside."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a desk books executions and releases what is left."""

    settle: Settle
    release: Release


def require_match(book: Book, ticket: Ticket, limit: Decimal | None) -> None:
    """Refuse post-only orders that would take and FOK orders that cannot fill.

    Raises:
        Rejected: POST_ONLY or FOK.
    """
    if ticket.post_only and (
        book.available(ticket.side, limit) or book.crossed_by(ticket.side, limit)
    ):
        raise Rejected(Reason.POST_ONLY)
    if ticket.tif is TimeInForce.FOK and book.available(ticket.side, limit) < ticket.qty:
        raise Rejected(Reason.FOK)


def run(desk: Desk, order: Order, limit: Decimal | None, rules: Rules) -> Order:
    """Match an accepted order, then rest or expire what is left of it."""
    book, ticket = desk.books[order.ticket.symbol], order.ticket
    expire_own(desk, order, limit, rules)
    hopeless = ticket.tif is TimeInForce.FOK and book.available(ticket.side, limit) < order.left
    for price, qty in [] if hopeless else book.take(ticket.side, limit, order.left):
        order = rules.settle(order, Match(order.id, price, qty), False)
    if not order.left:
        return order
    if ticket.type is OrderType.MARKET or ticket.tif in {TimeInForce.IOC, TimeInForce.FOK}:
        rules.release(order)
        return desk.close(order, Status.EXPIRED, Execution.EXPIRED)
    book.rest(order.id, ticket.side, ticket.price, order.left)
    return order


def expire_own(desk: Desk, order: Order, limit: Decimal | None, rules: Rules) -> None:
    """Self-trade prevention, EXPIRE_MAKER: own resting orders that would be met expire first."""
    book, side = desk.books[order.ticket.symbol], order.ticket.side
    for own in book.crossed_by(side, limit):
        before = book.available(side, own.price) - book.ladder(own.side).qty(own.price) + own.ahead
        if before < order.left:
            maker = desk.orders.orders[own.order_id]
            rules.release(maker)
            desk.close(maker, Status.EXPIRED_IN_MATCH, Execution.TRADE_PREVENTION)


def fill_makers(desk: Desk, matches: list[Match], rules: Rules) -> None:
    """Book executions of resting orders; one may have expired through an earlier one."""
    for match in matches:
        order = desk.orders.orders[match.order_id]
        if order.status.working:
            rules.settle(order, match, True)


def withdraw(desk: Desk, order: Order, rules: Rules, *, cancel_id: str = "") -> Order:
    """Cancel a working order.

    Raises:
        Rejected: it is not working.
    """
    if not order.status.working:
        raise Rejected(Reason.UNKNOWN_ORDER)
    rules.release(order)
    return desk.close(order, Status.CANCELED, Execution.CANCELED, cancel_id=cancel_id)
