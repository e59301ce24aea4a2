"""`/fapi`: orders and trades of USDT-M futures."""

import secrets

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.binance.endpoint import Answer, Call, Window, listed
from hedgebot.sim.binance.errors import ApiError, missing
from hedgebot.sim.binance.wire import (
    futures_order,
    futures_placed,
    futures_trade,
    settles_at_once,
)
from hedgebot.venue_model import derivatives
from hedgebot.venue_model.orders import (
    ZERO,
    Order,
    OrderType,
    PositionSide,
    Ticket,
    TimeInForce,
)
from hedgebot.venue_model.rejections import Reason, Rejected

A_WEEK = Window(
    7 * 86_400_000, -4165, "Invalid time interval, maximum is 7 days.", recent_only=True
)


def ticket_of(call: Call) -> Ticket:
    """The order in a request.

    Raises:
        ApiError: a parameter is absent or unreadable.
    """
    side = call.text("side")
    if side not in {"BUY", "SELL"}:
        raise ApiError(-1117, "Invalid side.")
    kind = call.choice("type", OrderType, ApiError(-1116, "Invalid orderType."))
    if kind is OrderType.LIMIT_MAKER:
        raise ApiError(-1116, "Invalid orderType.")
    limit = kind is OrderType.LIMIT
    tif = TimeInForce.GTC
    if limit:
        tif = call.choice("timeInForce", TimeInForce, ApiError(-1115, "Invalid timeInForce."))
    position_side = PositionSide.BOTH
    if call.params.get("positionSide"):
        position_side = call.choice(
            "positionSide", PositionSide, ApiError(-4060, "Invalid position side.")
        )
    return Ticket(
        symbol=call.text("symbol"),
        side=Side[side],
        type=kind,
        tif=tif,
        qty=call.decimal("quantity"),
        price=call.decimal("price") if limit else ZERO,
        client_id=call.params.get("newClientOrderId") or secrets.token_hex(11),
        reduce_only=call.flag("reduceOnly"),
        position_side=position_side,
    )


def new_order(call: Call) -> Answer:
    """`POST /fapi/v1/order`: ACK answers before the matching, RESULT after it."""
    futures, ticket = call.exchange.venue.futures, ticket_of(call)
    order = derivatives.place(futures, ticket)
    call.exchange.touch_moved(Kind.LINEAR, ticket.symbol)
    market = futures.desk.markets[ticket.symbol]
    if call.params.get("newOrderRespType") == "RESULT" and settles_at_once(order):
        return futures_placed(market, order)
    accepted = Order(
        id=order.id, ticket=order.ticket, created_ms=order.created_ms, updated_ms=order.created_ms
    )
    return futures_placed(market, accepted)


def test_order(call: Call) -> Answer:
    """`POST /fapi/v1/order/test`: checks the parameters, places nothing."""
    ticket_of(call)
    return {}


def named_order(call: Call, reason: Reason) -> Order:
    """The order that a request names by `orderId` or `origClientOrderId`.

    Raises:
        Rejected: `reason`, when there is none.
    """
    desk, symbol = call.exchange.venue.futures.desk, call.text("symbol")
    desk.market(symbol)
    number, name = call.number("orderId"), call.params.get("origClientOrderId")
    if number is None and not name:
        raise missing("orderId")
    order = desk.orders.find(symbol, number, name)
    if order is None:
        raise Rejected(reason)
    return order


def shown(call: Call, order: Order) -> dict[str, object]:
    """An order as the venue prints it."""
    return futures_order(call.exchange.venue.futures.desk.markets[order.ticket.symbol], order)


def get_order(call: Call) -> Answer:
    """`GET /fapi/v1/order`."""
    return shown(call, named_order(call, Reason.NO_SUCH_ORDER))


def get_open_order(call: Call) -> Answer:
    """`GET /fapi/v1/openOrder`: only while it is open."""
    order = named_order(call, Reason.NO_SUCH_ORDER)
    if not order.status.working:
        raise Rejected(Reason.NO_SUCH_ORDER)
    return shown(call, order)


def cancel_order(call: Call) -> Answer:
    """`DELETE /fapi/v1/order`."""
    futures = call.exchange.venue.futures
    order = derivatives.cancel(futures, named_order(call, Reason.UNKNOWN_ORDER))
    call.exchange.touch_moved(Kind.LINEAR, order.ticket.symbol)
    return futures_placed(futures.desk.markets[order.ticket.symbol], order)


def cancel_open_orders(call: Call) -> Answer:
    """`DELETE /fapi/v1/allOpenOrders`."""
    futures, symbol = call.exchange.venue.futures, call.text("symbol")
    futures.desk.market(symbol)
    for order in futures.desk.orders.working_of(symbol):
        derivatives.cancel(futures, order)
    call.exchange.touch_moved(Kind.LINEAR, symbol)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def open_orders(call: Call) -> Answer:
    """`GET /fapi/v1/openOrders`."""
    desk = call.exchange.venue.futures.desk
    return [shown(call, o) for o in desk.orders.working_of(call.params.get("symbol"))]


def all_orders(call: Call) -> Answer:
    """`GET /fapi/v1/allOrders`."""
    desk, symbol = call.exchange.venue.futures.desk, call.text("symbol")
    desk.market(symbol)
    rows = [o for o in desk.orders.orders.values() if o.ticket.symbol == symbol]
    page = listed(call, rows, lambda o: (o.id, o.created_ms), id_name="orderId", window=A_WEEK)
    return [shown(call, o) for o in page]


def user_trades(call: Call) -> Answer:
    """`GET /fapi/v1/userTrades`: `fromId` may not come with times."""
    desk, symbol = call.exchange.venue.futures.desk, call.text("symbol")
    market = desk.market(symbol)
    if "fromId" in call.params and {"startTime", "endTime"} & set(call.params):
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    order_id = call.number("orderId")
    rows = [t for t in desk.orders.trades if t.symbol == symbol and order_id in {None, t.order_id}]
    page = listed(call, rows, lambda t: (t.id, t.at_ms), id_name="fromId", window=A_WEEK)
    return [futures_trade(market, t) for t in page]
