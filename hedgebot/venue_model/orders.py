"""Orders, executions, and the log that finds them again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hedgebot.domain.instruments import Side
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.rejections import Reason, Rejected

ZERO = Decimal(0)
OPEN_MAX = 200
"""Open orders of one symbol (MAX_NUM_ORDERS)."""


class OrderType(StrEnum):
    """Kinds of order that the model matches."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"


class TimeInForce(StrEnum):
    """How long an order works."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"
    """Post only."""


class Status(StrEnum):
    """What the venue says of an order."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"

    @property
    def working(self) -> bool:
        return self in {Status.NEW, Status.PARTIALLY_FILLED}


class Execution(StrEnum):
    """What just happened to an order."""

    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    CALCULATED = "CALCULATED"
    """An act of the venue: liquidation or deleveraging."""
    TRADE_PREVENTION = "TRADE_PREVENTION"


class PositionSide(StrEnum):
    """BOTH in one-way mode, LONG and SHORT in hedge mode."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An order as requested."""

    symbol: str
    side: Side
    type: OrderType
    tif: TimeInForce = TimeInForce.GTC
    qty: Decimal
    price: Decimal = ZERO
    """Zero for market orders."""
    client_id: str
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.BOTH

    @property
    def post_only(self) -> bool:
        return self.tif is TimeInForce.GTX or self.type is OrderType.LIMIT_MAKER


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as the venue has it now."""

    id: int
    ticket: Ticket
    created_ms: int
    updated_ms: int
    status: Status = Status.NEW
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    """Sum of quantity x worth (`Market.worth`): quote, or of inverse coins, negative."""

    @property
    def left(self) -> Decimal:
        return self.ticket.qty - self.filled

    def average(self, market: Market) -> Decimal:
        """Average fill price, of inverse the harmonic one; zero before the first fill."""
        return market.price_at(self.cost / self.filled) if self.filled else ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One execution of the account."""

    id: int
    order_id: int
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    fee: Decimal
    """Paid is positive, in `fee_asset`."""
    fee_asset: str
    realized_pnl: Decimal = ZERO
    maker: bool
    at_ms: int
    position_side: PositionSide = PositionSide.BOTH


@dataclass(slots=True)
class OrderLog:
    """Every order and execution of one desk."""

    orders: dict[int, Order] = field(default_factory=dict)
    working: dict[int, Order] = field(default_factory=dict)
    by_client: dict[str, int] = field(default_factory=dict)
    """The latest order of each client id: an id may be used again once its order is closed."""
    trades: list[Trade] = field(default_factory=list)
    last_order_id: int = 0
    last_trade_id: int = 0

    def open(self, ticket: Ticket, now: int) -> Order:
        """Accept a ticket.

        Raises:
            Rejected: an order with that client id is open (not: was once).
        """
        self.require_fresh(ticket.client_id)
        self.last_order_id += 1
        order = Order(id=self.last_order_id, ticket=ticket, created_ms=now, updated_ms=now)
        self.by_client[ticket.client_id] = order.id
        self.keep(order)
        return order

    def require_fresh(self, client_id: str) -> None:
        """Raises: Rejected, when an order with that client id is open."""
        if self.by_client.get(client_id, 0) in self.working:
            raise Rejected(Reason.DUPLICATE_ID)

    def require_room(self, symbol: str) -> None:
        """Raises: Rejected, when the symbol has as many open orders as the venue allows."""
        if sum(1 for _ in self.working_of(symbol)) >= OPEN_MAX:
            raise Rejected(Reason.ORDERS_MAX)

    def keep(self, order: Order) -> Order:
        """Store an order's new state."""
        self.orders[order.id] = order
        if order.status.working:
            self.working[order.id] = order
        else:
            self.working.pop(order.id, None)
        return order

    def find(self, symbol: str, order_id: int | None, client_id: str | None) -> Order | None:
        """By the venue's id if given, else by client id; None if that symbol has no such order."""
        key = order_id if order_id is not None else self.by_client.get(client_id or "", 0)
        order = self.orders.get(key)
        return order if order is not None and order.ticket.symbol == symbol else None

    def next_trade_id(self) -> int:
        """A number for the next execution."""
        self.last_trade_id += 1
        return self.last_trade_id

    def working_of(self, symbol: str | None) -> Iterator[Order]:
        """Open orders, oldest first; of every symbol for None."""
        return (o for o in list(self.working.values()) if symbol in {None, o.ticket.symbol})
