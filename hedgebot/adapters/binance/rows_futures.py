"""Rows of USDT-M and COIN-M REST answers to domain values, in our own units. Pure.

In hedge mode a row belongs to one side of a position. The net of both is the delta, and the mode
is told beside it, so that the decision can halt by name instead of waiting for a readable answer.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

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
from hedgebot.adapters.binance.translate_futures import futures_legs, margin_mode
from hedgebot.domain.events import Balance, ModeName, ModeSeen, Position
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Fill, Leg, OrderReport

ZERO = Decimal(0)


def order(row: Raw, names: Names) -> OrderReport:
    """One order: answers of POST, DELETE and GET order, and rows of openOrders and allOrders.

    Raises:
        Unsupported: an unknown market, or unreadable.
    """
    try:
        client_order_id = str(row["clientOrderId"])
        return OrderReport(
            instrument=names.instrument(row["symbol"]),
            order_id=names.order_id(client_order_id),
            client_order_id=client_order_id,
            venue_order_id=str(row["orderId"]),
            status=status(row["status"]),
            side=SIDES[row["side"]],
            qty=names.qty(row["symbol"], row["origQty"]),
            filled_qty=names.qty(row["symbol"], row["executedQty"]),
            price=number(row["price"]),
            reduce_only=flag(row.get("reduceOnly") or False),
            venue_ms=moment(row["updateTime"]),
        )
    except UNREADABLE as error:
        unreadable(names.venue, "order", error)


def fill(row: Raw, orders: Mapping[str, OrderReport], names: Names) -> Fill:
    """One row of userTrades; it has no client id, so `orders` (by venue order id) lends its own."""
    try:
        known = orders.get(str(row["orderId"]))
        client_order_id = known.client_order_id if known else ""
        order_id = known.order_id if known else None
        settle = row.get("marginAsset") or names.market(row["symbol"]).settle
        fee, realized = number(row["commission"]), number(row.get("realizedPnl") or 0)
        fee_asset = row.get("commissionAsset") or settle
        fee_leg = Leg(wallet=names.wallet, asset=fee_asset, change=-fee)
        return Fill(
            instrument=names.instrument(row["symbol"]),
            trade_id=str(row["id"]),
            venue_order_id=str(row["orderId"]),
            client_order_id=client_order_id,
            order_id=order_id,
            side=SIDES[row["side"]],
            qty=names.qty(row["symbol"], row["qty"]),
            price=number(row["price"]),
            fee=fee,
            fee_asset=fee_asset,
            realized_pnl=realized,
            cause=cause_of(client_order_id, ours=order_id is not None),
            legs=futures_legs(names, settle=settle, realized=realized, fee=fee_leg),
            venue_ms=moment(row["time"]),
        )
    except UNREADABLE as error:
        unreadable(names.venue, "trade", error)


def positions(
    rows: Iterable[Raw], asked: Iterable[InstrumentId], names: Names
) -> tuple[Position, ...]:
    """Rows of positionRisk, and a flat position for each asked-for instrument without one.

    v3 drops flat rows, so their time is unknown: 0.
    """
    net = {instrument: Position(instrument, ZERO, ZERO, 0) for instrument in asked}
    try:
        for row in rows:
            if row["symbol"] in names.markets:
                side = _position(row, names)
                net[side.instrument] = _together(net.get(side.instrument), side)
    except UNREADABLE as error:
        unreadable(names.venue, "position", error)
    return tuple(net.values())


def two_sided(rows: Iterable[Raw], names: Names) -> tuple[ModeSeen, ...]:
    """Hedge mode, if any row of v3 positionRisk shows it; a flat row of one side shows nothing."""
    if all(row.get("positionSide", "BOTH") == "BOTH" or not _qty(row) for row in rows):
        return ()
    return (ModeSeen(names.venue, ModeName.POSITION_MODE, "hedge"),)


def _qty(row: Raw) -> Decimal:
    return number(row["positionAmt"])


def _position(row: Raw, names: Names) -> Position:
    qty, entry = names.qty(row["symbol"], row["positionAmt"]), row.get("entryPrice")
    held = names.market(row["symbol"]).held(qty, number(entry or 0))
    return Position(names.instrument(row["symbol"]), *held, moment(row.get("updateTime")))


def _together(other: Position | None, side: Position) -> Position:
    if other is None or not other.qty:
        return side
    return Position(
        side.instrument,
        other.qty + side.qty,
        max(other, side, key=lambda each: abs(each.qty)).entry_price,
        max(other.venue_ms, side.venue_ms),
    )


def balances(account: Raw, names: Names) -> tuple[Balance, ...]:
    """Wallet balances, without unrealised profit, of v3 account."""
    try:
        return tuple(
            Balance(
                names.wallet,
                row["asset"],
                number(row["walletBalance"]),
                moment(row.get("updateTime")),
            )
            for row in account["assets"]
        )
    except UNREADABLE as error:
        unreadable(names.venue, "account", error)


def taker_fee(row: Raw) -> Decimal:
    """Of a fill against a resting order, as a part of its notional: an answer of commissionRate.

    Raises:
        KeyError, ValueError: it names none that can be read.
    """
    return number(row["takerCommissionRate"])


def position_mode(answer: Raw, names: Names) -> tuple[ModeSeen, ...]:
    """Answer of positionSide/dual."""
    try:
        value = "hedge" if flag(answer["dualSidePosition"]) else "one-way"
    except UNREADABLE as error:
        unreadable(names.venue, "positionSide/dual", error)
    return (ModeSeen(names.venue, ModeName.POSITION_MODE, value),)


def assets_mode(answer: Raw, names: Names) -> tuple[ModeSeen, ...]:
    """Answer of multiAssetsMargin."""
    try:
        value = "multi" if flag(answer["multiAssetsMargin"]) else "single"
    except UNREADABLE as error:
        unreadable(names.venue, "multiAssetsMargin", error)
    return (ModeSeen(names.venue, ModeName.ASSETS_MODE, value),)


def symbol_modes(answer: Raw | Iterable[Raw], names: Names) -> tuple[ModeSeen, ...]:
    """Rows of symbolConfig (of COIN-M: positionRisk), or the only one: margin mode and leverage of
    the instruments that the settings name.
    """
    try:
        return tuple(
            seen
            for row in ([answer] if isinstance(answer, Mapping) else answer)
            if row["symbol"] in names.markets and names.instrument(row["symbol"]) in names.named
            for seen in _symbol_modes(row, names)
        )
    except UNREADABLE as error:
        unreadable(names.venue, "symbolConfig", error)


def _symbol_modes(row: Raw, names: Names) -> tuple[ModeSeen, ...]:
    instrument = names.instrument(row["symbol"])
    margin, leverage = margin_mode(row["marginType"]), str(int(row["leverage"]))
    return (
        ModeSeen(names.venue, ModeName.MARGIN_MODE, margin, instrument),
        ModeSeen(names.venue, ModeName.LEVERAGE, leverage, instrument),
    )
