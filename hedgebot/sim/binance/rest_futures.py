"""`/fapi` and `/dapi`: orders and trades of both kinds of futures, alike but for their units."""

from dataclasses import replace

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.endpoint import Answer, Call, Window
from hedgebot.sim.binance.errors import ApiError
from hedgebot.sim.binance.rest_orders import (
    named_order,
    new_id,
    orders_page,
    side_of,
    tif_of,
    trades_page,
    type_of,
)
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
    side, kind = side_of(call), type_of(call)
    if kind is OrderType.LIMIT_MAKER:
        raise ApiError(-1116, "Invalid orderType.")
    position_side = PositionSide.BOTH
    if call.params.get("positionSide"):
        unknown = ApiError(-4060, "Invalid position side.")
        position_side = call.choice("positionSide", PositionSide, unknown)
    return Ticket(
        symbol=call.text("symbol"),
        side=side,
        type=kind,
        tif=tif_of(call, kind),
        qty=call.decimal("quantity"),
        price=call.decimal("price") if kind is OrderType.LIMIT else ZERO,
        client_id=call.params.get("newClientOrderId") or new_id(),
        reduce_only=call.flag("reduceOnly"),
        position_side=position_side,
    )


def new_order(call: Call) -> Answer:
    """`POST /fapi/v1/order`: ACK answers before the matching, RESULT after it."""
    futures, ticket = call.perpetuals, ticket_of(call)
    order = derivatives.place(futures, ticket)
    call.exchange.touch_moved(call.kind, ticket.symbol)
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


def shown(call: Call, order: Order) -> dict[str, object]:
    """An order as the venue prints it."""
    return futures_order(call.perpetuals.desk.markets[order.ticket.symbol], order)


def get_order(call: Call) -> Answer:
    """`GET /fapi/v1/order`."""
    desk = call.perpetuals.desk
    return shown(call, named_order(desk, call, Reason.NO_SUCH_ORDER))


def get_open_order(call: Call) -> Answer:
    """`GET /fapi/v1/openOrder`: only while it is open."""
    order = named_order(call.perpetuals.desk, call, Reason.NO_SUCH_ORDER)
    if not order.status.working:
        raise Rejected(Reason.NO_SUCH_ORDER)
    return shown(call, order)


def cancel_order(call: Call) -> Answer:
    """`DELETE /fapi/v1/order`."""
    futures = call.perpetuals
    order = named_order(futures.desk, call, Reason.UNKNOWN_ORDER)
    order = derivatives.cancel(futures, order)
    call.exchange.touch_moved(call.kind, order.ticket.symbol)
    return futures_placed(futures.desk.markets[order.ticket.symbol], order)


def cancel_open_orders(call: Call) -> Answer:
    """`DELETE /fapi/v1/allOpenOrders`."""
    futures, symbol = call.perpetuals, call.text("symbol")
    futures.desk.market(symbol)
    for order in futures.desk.orders.working_of(symbol):
        derivatives.cancel(futures, order)
    call.exchange.touch_moved(call.kind, symbol)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def open_orders(call: Call) -> Answer:
    """`GET /fapi/v1/openOrders`."""
    desk = call.perpetuals.desk
    return [shown(call, o) for o in desk.orders.working_of(call.params.get("symbol"))]


def all_orders(call: Call) -> Answer:
    """`GET allOrders`: COIN-M answers at most 100."""
    window = replace(A_WEEK, rows_max=100) if call.kind is Kind.INVERSE else A_WEEK
    return [shown(call, o) for o in orders_page(call.perpetuals.desk, call, window)]


def user_trades(call: Call) -> Answer:
    """`GET /fapi/v1/userTrades`: `fromId` may not come with times."""
    if "fromId" in call.params and {"startTime", "endTime"} & set(call.params):
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    desk = call.perpetuals.desk
    trades = trades_page(desk, call, A_WEEK, "futures_trades")
    return [futures_trade(desk.markets[t.symbol], t) for t in trades]


def countdown(call: Call) -> Answer:
    """`POST countdownCancelAll`: a dead-man switch for one symbol; 0 lifts it."""
    symbol, wait_ms = call.text("symbol"), call.number("countdownTime") or 0
    call.perpetuals.desk.market(symbol)
    call.door.set_countdown(symbol, wait_ms, call.now)
    return {"symbol": symbol, "countdownTime": str(wait_ms)}
