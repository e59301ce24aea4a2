"""`/api/v3`: spot REST."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.binance.endpoint import (
    Answer,
    Call,
    Endpoint,
    Routes,
    Security,
    Window,
    by_symbol,
)
from hedgebot.sim.binance.errors import ApiError
from hedgebot.sim.binance.klines import klines
from hedgebot.sim.binance.rest_orders import (
    named_order,
    new_id,
    orders_page,
    side_of,
    tif_of,
    trades_page,
    type_of,
)
from hedgebot.sim.binance.rules import spot_rules
from hedgebot.sim.binance.wire import (
    eight,
    spot_cancelled,
    spot_order,
    spot_placed,
    spot_trade,
)
from hedgebot.venue_model import spot
from hedgebot.venue_model.ledger import WalletName
from hedgebot.venue_model.orders import OrderType, Ticket, TimeInForce
from hedgebot.venue_model.rejections import Reason, Rejected

ZERO = Decimal(0)
A_DAY = Window(
    86_400_000, -1127, "More than 24 hours between startTime and endTime.", recent_only=False
)


def server_time(call: Call) -> Answer:
    """`GET /time`."""
    return {"serverTime": call.now}


def ping(_: Call) -> Answer:
    """`GET /ping`."""
    return {}


def account(call: Call) -> Answer:
    """`GET /account`."""
    exchange = call.exchange
    view = exchange.records.account(exchange.venue, exchange.clock.wall())
    changed, redated = view.updated[WalletName.SPOT], exchange.records.stale.redated
    bare = call.flag("omitZeroBalances")
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": "0.00100000",
            "taker": "0.00100000",
            "buyer": "0.00000000",
            "seller": "0.00000000",
        },
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": call.now if redated else max(changed.values(), default=0),
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": eight(total - locked), "locked": eight(locked)}
            for asset, (total, locked) in view.spot.items()
            if total or not bare
        ],
        "permissions": ["SPOT"],
        "uid": 354937868,
    }


def ticket_of(call: Call) -> Ticket:
    """The order in a request.

    Raises:
        ApiError: a parameter is absent or unreadable.
    """
    side, kind = side_of(call), type_of(call)
    tif = tif_of(call, kind)
    if tif is TimeInForce.GTX:
        raise ApiError(-1115, "Invalid timeInForce.")
    return Ticket(
        symbol=call.text("symbol"),
        side=side,
        type=kind,
        tif=tif,
        qty=quantity(call, kind, side),
        price=call.decimal("price") if kind is not OrderType.MARKET else ZERO,
        client_id=call.params.get("newClientOrderId") or new_id(),
    )


def quantity(call: Call, kind: OrderType, side: Side) -> Decimal:
    """Base quantity; a market order may name the quote to spend instead."""
    if kind is not OrderType.MARKET or "quantity" in call.params:
        return call.decimal("quantity")
    symbol, quote = call.text("symbol"), call.decimal("quoteOrderQty")
    return spot.quantity_for(call.exchange.venue.spot, symbol, side, quote)


def new_order(call: Call) -> Answer:
    """`POST /order`."""
    desk, ticket = call.exchange.venue.spot, ticket_of(call)
    before = len(desk.orders.trades)
    order = spot.place(desk, ticket)
    call.exchange.touch_moved(Kind.SPOT, ticket.symbol)
    default = "ACK" if ticket.type is OrderType.LIMIT_MAKER else "FULL"
    answer = call.params.get("newOrderRespType", default)
    return spot_placed(order, desk.orders.trades[before:], answer)


def test_order(call: Call) -> Answer:
    """`POST /order/test`: checks the parameters, places nothing."""
    ticket_of(call)
    return {}


def get_order(call: Call) -> Answer:
    """`GET /order`."""
    return spot_order(named_order(call.exchange.venue.spot, call, Reason.NO_SUCH_ORDER))


def cancel_order(call: Call) -> Answer:
    """`DELETE /order`."""
    desk, cancel_id = call.exchange.venue.spot, call.params.get("newClientOrderId") or new_id()
    order = spot.cancel(desk, named_order(desk, call, Reason.UNKNOWN_ORDER), cancel_id)
    call.exchange.touch_moved(Kind.SPOT, order.ticket.symbol)
    return spot_cancelled(order, cancel_id)


def open_orders(call: Call) -> Answer:
    """`GET /openOrders`."""
    return [
        spot_order(o) for o in call.exchange.venue.spot.orders.working_of(call.params.get("symbol"))
    ]


def cancel_open_orders(call: Call) -> Answer:
    """`DELETE /openOrders`."""
    desk, symbol = call.exchange.venue.spot, call.text("symbol")
    found = list(desk.orders.working_of(symbol))
    if not found:
        raise Rejected(Reason.UNKNOWN_ORDER)
    cancel_id = new_id()
    closed = [spot_cancelled(spot.cancel(desk, o, cancel_id), cancel_id) for o in found]
    call.exchange.touch_moved(Kind.SPOT, symbol)
    return closed


def all_orders(call: Call) -> Answer:
    """`GET /allOrders`."""
    return [spot_order(o) for o in orders_page(call.exchange.venue.spot, call, A_DAY)]


def my_trades(call: Call) -> Answer:
    """`GET /myTrades`."""
    desk = call.exchange.venue.spot
    return [spot_trade(t) for t in trades_page(desk, call, A_DAY, "spot_trades")]


def book_ticker(call: Call) -> Answer:
    """`GET /ticker/bookTicker`."""
    symbol, desk = call.params.get("symbol"), call.exchange.venue.spot
    if symbol:
        return touch_row(call, desk.market(symbol).symbol)
    return [touch_row(call, name) for name in desk.markets]


def touch_row(call: Call, symbol: str) -> dict[str, str]:
    """One symbol's best bid and ask; zeros while a side is empty."""
    touch = call.exchange.venue.spot.books[symbol].touch()
    (bid, bid_qty), (ask, ask_qty) = touch or ((ZERO, ZERO), (ZERO, ZERO))
    return {
        "symbol": symbol,
        "bidPrice": eight(bid),
        "bidQty": eight(bid_qty),
        "askPrice": eight(ask),
        "askQty": eight(ask_qty),
    }


def depth(call: Call) -> Answer:
    """`GET /depth`."""
    desk, symbol = call.exchange.venue.spot, call.text("symbol")
    desk.market(symbol)
    book, limit = desk.books[symbol], call.number("limit") or 100
    return {
        "lastUpdateId": book.update_id,
        "bids": [[eight(p), eight(q)] for p, q in book.bids.levels(limit)],
        "asks": [[eight(p), eight(q)] for p, q in book.asks.levels(limit)],
    }


def price(call: Call) -> Answer:
    """`GET /ticker/price`."""
    desk, symbol = call.exchange.venue.spot, call.params.get("symbol")
    names = [desk.market(symbol).symbol] if symbol else list(desk.markets)
    rows = [{"symbol": n, "price": eight(spot.average_price(desk, n))} for n in names]
    return rows[0] if symbol else rows


def _signed(
    call: Callable[[Call], Answer],
    weight: int | Callable[[Mapping[str, str]], int],
    *,
    order: bool = False,
) -> Endpoint:
    return Endpoint(call, Kind.SPOT, weight, Security.SIGNED, order)


def _public(
    call: Callable[[Call], Answer], weight: int | Callable[[Mapping[str, str]], int]
) -> Endpoint:
    return Endpoint(call, Kind.SPOT, weight)


ROUTES: Routes = {
    ("GET", "/api/v3/ping"): _public(ping, 1),
    ("GET", "/api/v3/time"): _public(server_time, 1),
    ("GET", "/api/v3/exchangeInfo"): _public(spot_rules, 20),
    ("GET", "/api/v3/depth"): _public(depth, 5),
    ("GET", "/api/v3/klines"): _public(klines, 2),
    ("GET", "/api/v3/ticker/bookTicker"): _public(book_ticker, by_symbol(2, 4)),
    ("GET", "/api/v3/ticker/price"): _public(price, by_symbol(2, 4)),
    ("GET", "/api/v3/account"): _signed(account, 20),
    ("POST", "/api/v3/order"): _signed(new_order, 1, order=True),
    ("POST", "/api/v3/order/test"): _signed(test_order, 1),
    ("GET", "/api/v3/order"): _signed(get_order, 4),
    ("DELETE", "/api/v3/order"): _signed(cancel_order, 1),
    ("GET", "/api/v3/openOrders"): _signed(open_orders, by_symbol(6, 80)),
    ("DELETE", "/api/v3/openOrders"): _signed(cancel_open_orders, 1),
    ("GET", "/api/v3/allOrders"): _signed(all_orders, 20),
    ("GET", "/api/v3/myTrades"): _signed(my_trades, 20),
}
