"""Rows of USDT-M and COIN-M REST answers to domain values, in our own units. Pure.

In hedge mode a row belongs to one side of a position. The net of both is the delta, and the mode
is told beside it, so that the decision can halt by name instead of waiting for a readable answer.
Both sides of an inverse position at once have a delta that their net does not tell: that is named,
as a mode of the instrument, and halts until one of them is closed.
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
from hedgebot.adapters.binance.position_sides import SideHeld, closes, together
from hedgebot.adapters.binance.translate_futures import futures_legs, margin_mode
from hedgebot.domain.events import Balance, ModeName, ModeSeen, Position
from hedgebot.domain.fees import TAKER_FEE_MAX
from hedgebot.domain.instruments import InstrumentId, is_inverse
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
            reduce_only=flag(row.get("reduceOnly") or False)
            or closes(SIDES[row["side"]], row.get("positionSide")),
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

    USDT-M drops flat rows, so their time is unknown: 0.
    """
    found: dict[InstrumentId, list[Position]] = {instrument: [] for instrument in asked}
    for held in sides(rows, names):
        found.setdefault(held.position.instrument, []).append(held.position)
    return tuple(together(each, instrument) for instrument, each in found.items())


def sides(rows: Iterable[Raw], names: Names) -> tuple[SideHeld, ...]:
    """Rows of positionRisk with the side that each is of; BOTH in one-way mode.

    Raises:
        Unsupported: unreadable.
    """
    try:
        return tuple(
            SideHeld(str(row.get("positionSide", "BOTH")), _position(row, names))
            for row in rows
            if row["symbol"] in names.markets
        )
    except UNREADABLE as error:
        unreadable(names.venue, "position", error)


def shown_mode(rows: Iterable[Raw], names: Names) -> tuple[ModeSeen, ...]:
    """The position mode, if rows of positionRisk show another than the settings say; and in hedge
    mode of each inverse instrument whether one side is open or both. A flat row shows nothing.
    """
    open_sides: dict[InstrumentId, set[str]] = {}
    for held in sides(rows, names):
        if held.position.qty:
            open_sides.setdefault(held.position.instrument, set()).add(held.side)
    shown = set().union(*open_sides.values()) if open_sides else set()
    name, venue = ModeName.POSITION_MODE, names.venue
    if not names.two_sided:
        return (ModeSeen(venue, name, "hedge"),) if shown - {"BOTH"} else ()
    inverse = [own for own in sorted(names.named) if is_inverse(own)]
    modes = [ModeSeen(venue, name, _sides_word(open_sides.get(own)), own) for own in inverse]
    return (*((ModeSeen(venue, name, "one-way"),) if "BOTH" in shown else ()), *modes)


def _sides_word(open_sides: set[str] | None) -> str:
    return "hedge with both sides open" if open_sides == {"LONG", "SHORT"} else "hedge"


def _position(row: Raw, names: Names) -> Position:
    qty, entry = names.qty(row["symbol"], row["positionAmt"]), row.get("entryPrice")
    held = names.market(row["symbol"]).held(qty, number(entry or 0))
    return Position(names.instrument(row["symbol"]), *held, moment(row.get("updateTime")))


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


def taker_fee(row: Raw, market_id: str) -> Decimal:
    """Of a fill against a resting order, as a part of its notional: an answer of commissionRate.

    Raises:
        UNREADABLE: it names none that can be read, or none of that market.
    """
    rate = number(row["takerCommissionRate"])
    if row.get("symbol", market_id) != market_id:
        raise ValueError("it is of another market")
    if not 0 <= rate <= TAKER_FEE_MAX:
        raise ValueError(f"{rate} is no fee of a taker")
    return rate


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
