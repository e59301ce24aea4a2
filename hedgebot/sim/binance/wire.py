"""How Binance prints numbers and orders, shared by REST answers and events."""

from decimal import Decimal

from hedgebot.domain.instruments import Kind, Side
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.orders import Order, OrderType, Trade

ZERO = Decimal(0)


def eight(value: Decimal) -> str:
    """Eight decimals: every spot number, and cash."""
    return f"{value:.8f}"


def plain(value: Decimal) -> str:
    """As few digits as the value needs, never an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_of(market: Market, value: Decimal) -> str:
    """A price with the decimals of its market."""
    return f"{value:.{market.price_digits}f}"


def qty_of(market: Market, value: Decimal) -> str:
    """A quantity with the decimals of its market."""
    return f"{value:.{market.qty_digits}f}"


def pair_of(market: Market, name: str) -> dict[str, object]:
    """The pair, under this name, where the venue prints it: COIN-M only."""
    return {name: market.symbol.partition("_")[0]} if market.kind is Kind.INVERSE else {}


def average_of(value: Decimal) -> str:
    """An average price: five decimals at least, more where it needs them."""
    return f"{value:.5f}" if value == round(value, 5) else f"{value:.8f}"


def side_of(side: Side) -> str:
    """BUY or SELL."""
    return side.name


def tif_of(order: Order) -> str:
    """Time in force as printed; market and maker orders print GTC."""
    return order.ticket.tif.value


def spot_order(order: Order) -> dict[str, object]:
    """An order as `GET /api/v3/order` prints it."""
    return {
        **_spot_head(order),
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": True,
        "workingTime": order.created_ms,
        "origQuoteOrderQty": "0.00000000",
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def _spot_head(order: Order) -> dict[str, object]:
    ticket = order.ticket
    return {
        "symbol": ticket.symbol,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": ticket.client_id,
        "price": eight(ticket.price),
        "origQty": eight(ticket.qty),
        "executedQty": eight(order.filled),
        "cummulativeQuoteQty": eight(order.cost),
        "status": order.status.value,
        "timeInForce": tif_of(order),
        "type": ticket.type.value,
        "side": side_of(ticket.side),
    }


def spot_placed(order: Order, trades: list[Trade], kind: str) -> dict[str, object]:
    """The answer to a new order: ACK, RESULT or FULL."""
    head = {
        "symbol": order.ticket.symbol,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.ticket.client_id,
        "transactTime": order.updated_ms,
    }
    if kind == "ACK":
        return head
    result = {
        **head,
        **_spot_head(order),
        "origQuoteOrderQty": "0.00000000",
        "workingTime": order.created_ms,
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }
    if kind == "FULL":
        result["fills"] = [spot_fill(trade) for trade in trades]
    return result


def spot_fill(trade: Trade) -> dict[str, object]:
    """One fill inside a FULL answer."""
    return {
        "price": eight(trade.price),
        "qty": eight(trade.qty),
        "commission": eight(trade.fee),
        "commissionAsset": trade.fee_asset,
        "tradeId": trade.id,
    }


def spot_cancelled(order: Order, cancel_id: str) -> dict[str, object]:
    """The answer to a cancel: the client id of the cancel, the order's own beside it."""
    return {
        **_spot_head(order),
        "origClientOrderId": order.ticket.client_id,
        "clientOrderId": cancel_id,
        "transactTime": order.updated_ms,
        "origQuoteOrderQty": "0.00000000",
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def spot_trade(trade: Trade) -> dict[str, object]:
    """An execution as `GET /api/v3/myTrades` prints it."""
    return {
        "symbol": trade.symbol,
        "id": trade.id,
        "orderId": trade.order_id,
        "orderListId": -1,
        "price": eight(trade.price),
        "qty": eight(trade.qty),
        "quoteQty": eight(trade.price * trade.qty),
        "commission": eight(trade.fee),
        "commissionAsset": trade.fee_asset,
        "time": trade.at_ms,
        "isBuyer": trade.side is Side.BUY,
        "isMaker": trade.maker,
        "isBestMatch": True,
    }


def futures_order(market: Market, order: Order) -> dict[str, object]:
    """An order as `GET /fapi/v1/order` prints it."""
    ticket = order.ticket
    return {
        "orderId": order.id,
        "symbol": ticket.symbol,
        "status": order.status.value,
        "clientOrderId": ticket.client_id,
        "price": price_of(market, ticket.price),
        "avgPrice": average_of(order.average(market)),
        "origQty": qty_of(market, ticket.qty),
        "executedQty": qty_of(market, order.filled),
        **cumulative(market, order),
        "timeInForce": tif_of(order),
        "type": ticket.type.value,
        "reduceOnly": ticket.reduce_only,
        "closePosition": False,
        "side": side_of(ticket.side),
        "positionSide": ticket.position_side.value,
        "stopPrice": price_of(market, ZERO),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": ticket.type.value,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def cumulative(market: Market, order: Order) -> dict[str, object]:
    """What was traded in quote, or of COIN-M in coins."""
    if market.kind is Kind.INVERSE:
        return {"cumBase": eight(abs(order.cost)), **pair_of(market, "pair")}
    return {"cumQuote": average_of(order.cost)}


def futures_placed(market: Market, order: Order) -> dict[str, object]:
    """The answer to a new order or a cancel: no `time`, but `cumQty`."""
    answer = futures_order(market, order)
    del answer["time"]
    answer["cumQty"] = answer["executedQty"]
    return answer


def settles_at_once(order: Order) -> bool:
    """Whether RESULT waits for the matching: market orders and special times in force."""
    return order.ticket.type is OrderType.MARKET or order.ticket.tif.value != "GTC"


def futures_trade(market: Market, trade: Trade) -> dict[str, object]:
    """An execution as `GET /fapi/v1/userTrades` prints it."""
    return {
        "symbol": trade.symbol,
        "id": trade.id,
        "orderId": trade.order_id,
        "side": side_of(trade.side),
        "price": price_of(market, trade.price),
        "qty": qty_of(market, trade.qty),
        "realizedPnl": eight(trade.realized_pnl),
        "marginAsset": market.settle,
        **traded_for(market, trade),
        "commission": eight(trade.fee),
        "commissionAsset": trade.fee_asset,
        "time": trade.at_ms,
        "positionSide": trade.position_side.value,
        "buyer": trade.side is Side.BUY,
        "maker": trade.maker,
    }


def traded_for(market: Market, trade: Trade) -> dict[str, object]:
    """What an execution was worth in quote, or of COIN-M in coins."""
    if market.kind is Kind.INVERSE:
        size = market.notional(trade.qty, trade.price)
        return {"baseQty": eight(size), **pair_of(market, "pair")}
    return {"quoteQty": plain(trade.price * trade.qty)}
