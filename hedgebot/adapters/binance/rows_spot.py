"""Rows of spot REST answers to domain values. Pure."""

from collections.abc import Mapping

from hedgebot.adapters.binance.causes import cause_of
from hedgebot.adapters.binance.names import (
    SIDES,
    UNREADABLE,
    Names,
    Raw,
    flag,
    moment,
    number,
    status,
    unreadable,
)
from hedgebot.adapters.binance.translate_spot import spot_legs
from hedgebot.domain.events import Balance
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Fill, Leg, OrderReport


def order(row: Raw, names: Names) -> OrderReport:
    """One order: answers of POST, DELETE and GET order, and rows of openOrders and allOrders.

    Raises:
        Unsupported: an unknown market, or unreadable.
    """
    try:
        # In the answer to a cancel, `clientOrderId` is the cancel's own.
        client_order_id = str(row.get("origClientOrderId") or row["clientOrderId"])
        return OrderReport(
            instrument=names.instrument(row["symbol"]),
            order_id=names.order_id(client_order_id),
            client_order_id=client_order_id,
            venue_order_id=str(row["orderId"]),
            status=status(row["status"]),
            side=SIDES[row["side"]],
            qty=number(row["origQty"]),
            filled_qty=number(row["executedQty"]),
            price=number(row["price"]),
            reduce_only=False,
            venue_ms=moment(row["updateTime"] if "updateTime" in row else row["transactTime"]),
        )
    except UNREADABLE as error:
        unreadable(names.venue, "order", error)


def fill(row: Raw, orders: Mapping[str, OrderReport], names: Names) -> Fill:
    """One row of myTrades; it has no client id, so `orders` (by venue order id) lends its own."""
    try:
        known = orders.get(str(row["orderId"]))
        client_order_id = known.client_order_id if known else ""
        order_id = known.order_id if known else None
        side = Side.BUY if flag(row["isBuyer"]) else Side.SELL
        qty, price, fee = number(row["qty"]), number(row["price"]), number(row["commission"])
        fee_asset = row.get("commissionAsset") or names.market(row["symbol"]).quote
        fee_leg = Leg(wallet=names.wallet, asset=fee_asset, change=-fee)
        quote_qty = number(row.get("quoteQty") or 0) or qty * price
        return Fill(
            instrument=names.instrument(row["symbol"]),
            trade_id=str(row["id"]),
            venue_order_id=str(row["orderId"]),
            client_order_id=client_order_id,
            order_id=order_id,
            side=side,
            qty=qty,
            price=price,
            fee=fee,
            fee_asset=fee_asset,
            cause=cause_of(client_order_id, ours=order_id is not None),
            legs=spot_legs(
                names, row["symbol"], side=side, qty=qty, quote_qty=quote_qty, fee=fee_leg
            ),
            venue_ms=moment(row["time"]),
        )
    except UNREADABLE as error:
        unreadable(names.venue, "trade", error)


def balances(account: Raw, names: Names) -> tuple[Balance, ...]:
    """Total (free + locked) of the spot account; its time is the account's last change."""
    try:
        venue_ms = moment(account.get("updateTime"))
        return tuple(
            Balance(
                names.wallet, row["asset"], number(row["free"]) + number(row["locked"]), venue_ms
            )
            for row in account["balances"]
        )
    except UNREADABLE as error:
        unreadable(names.venue, "account", error)
