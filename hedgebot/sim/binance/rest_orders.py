"""What the order endpoints of spot and futures share."""

import secrets

from hedgebot.domain.instruments import Side
from hedgebot.sim.binance.endpoint import Call, Window, listed
from hedgebot.sim.binance.errors import ApiError, missing
from hedgebot.venue_model.desk import Desk
from hedgebot.venue_model.orders import Order, OrderType, TimeInForce, Trade
from hedgebot.venue_model.rejections import Reason, Rejected


def new_id() -> str:
    """A client order id for who names none."""
    return secrets.token_hex(11)


def side_of(call: Call) -> Side:
    """Raises: ApiError, -1102 when absent, -1117 when neither BUY nor SELL."""
    side = call.text("side")
    if side not in Side.__members__:
        raise ApiError(-1117, "Invalid side.")
    return Side[side]


def type_of(call: Call) -> OrderType:
    """Raises: ApiError, -1102 when absent, -1116 when it is no modelled type."""
    return call.choice("type", OrderType, ApiError(-1116, "Invalid orderType."))


def tif_of(call: Call, kind: OrderType) -> TimeInForce:
    """Mandatory for limit orders; others work until they are done.

    Raises:
        ApiError: -1102 when absent, -1115 when unknown.
    """
    if kind is not OrderType.LIMIT:
        return TimeInForce.GTC
    return call.choice("timeInForce", TimeInForce, ApiError(-1115, "Invalid timeInForce."))


def named_order(desk: Desk, call: Call, reason: Reason) -> Order:
    """The order that a request names by `orderId` or `origClientOrderId`.

    Raises:
        Rejected: `reason`, when there is none.
    """
    symbol = desk.market(call.text("symbol")).symbol
    number, name = call.number("orderId"), call.params.get("origClientOrderId")
    if number is None and not name:
        raise missing("orderId")
    order = desk.orders.find(symbol, number, name)
    if order is None:
        raise Rejected(reason)
    return order


def orders_page(desk: Desk, call: Call, window: Window) -> list[Order]:
    """A page of a symbol's orders, oldest first."""
    symbol = desk.market(call.text("symbol")).symbol
    rows = [o for o in desk.orders.orders.values() if o.ticket.symbol == symbol]
    return listed(call, rows, lambda o: (o.id, o.created_ms), id_name="orderId", window=window)


def trades_page(desk: Desk, call: Call, window: Window, listing: str) -> list[Trade]:
    """A page of a symbol's executions, of one order where it is named, oldest first."""
    symbol, order_id = desk.market(call.text("symbol")).symbol, call.number("orderId")
    found = [t for t in desk.orders.trades if t.symbol == symbol and order_id in {None, t.order_id}]
    rows = [t for t in found if call.told(listing, t.id)]
    return listed(call, rows, lambda t: (t.id, t.at_ms), id_name="fromId", window=window)
