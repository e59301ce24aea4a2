"""User-stream events as Binance prints them."""

from collections.abc import Iterator
from typing import assert_never

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.wire import average_of, eight, plain, price_of, qty_of, side_of, tif_of
from hedgebot.venue_model.notices import (
    AssetsModeNotice,
    FuturesNotice,
    LeverageNotice,
    Notice,
    OrderNotice,
    PositionView,
    SpotChange,
    SpotNotice,
    TradeNotice,
)
from hedgebot.venue_model.orders import Execution

Wire = dict[str, object]


def encode(notice: Notice) -> Iterator[tuple[Kind, Wire]]:
    """Each event that a notice makes, with the user stream that carries it."""
    match notice:
        case OrderNotice():
            spot = notice.market.kind is Kind.SPOT
            yield notice.market.kind, execution_report(notice) if spot else order_update(notice)
        case TradeNotice():
            if notice.market.kind is Kind.LINEAR:  # COIN-M tells executions once
                yield Kind.LINEAR, trade_lite(notice)
        case SpotNotice():
            yield Kind.SPOT, account_position(notice)
        case SpotChange():
            yield Kind.SPOT, balance_update(notice)
        case FuturesNotice():
            yield notice.kind, account_update(notice)
        case LeverageNotice() | AssetsModeNotice():
            yield notice.kind, config_update(notice)
        case _:
            assert_never(notice)


def execution_report(notice: OrderNotice) -> Wire:
    """Spot `executionReport`."""
    order, trade, ticket = notice.order, notice.trade, notice.order.ticket
    cancelled = notice.execution is Execution.CANCELED
    return {
        "e": "executionReport",
        "E": notice.at_ms,
        "s": ticket.symbol,
        "c": notice.cancel_id if cancelled else ticket.client_id,
        "S": side_of(ticket.side),
        "o": ticket.type.value,
        "f": tif_of(order),
        "q": eight(ticket.qty),
        "p": eight(ticket.price),
        "P": "0.00000000",
        "F": "0.00000000",
        "g": -1,
        "C": ticket.client_id if cancelled else "",
        "x": notice.execution.value,
        "X": order.status.value,
        "r": "NONE",
        "i": order.id,
        "l": eight(trade.qty) if trade else "0.00000000",
        "z": eight(order.filled),
        "L": eight(trade.price) if trade else "0.00000000",
        "n": eight(trade.fee) if trade else "0",
        "N": trade.fee_asset if trade else None,
        "T": notice.at_ms,
        "t": trade.id if trade else -1,
        "I": order.id * 2 + (trade.id if trade else 0),
        "w": order.status.working,
        "m": trade.maker if trade else False,
        "M": bool(trade),
        "O": order.created_ms,
        "Z": eight(order.cost),
        "Y": eight(trade.qty * trade.price) if trade else "0.00000000",
        "Q": "0.00000000",
        "W": order.created_ms,
        "V": "EXPIRE_MAKER",
    }


def account_position(notice: SpotNotice) -> Wire:
    """Spot `outboundAccountPosition`."""
    return {
        "e": "outboundAccountPosition",
        "E": notice.at_ms,
        "u": notice.at_ms,
        "B": [{"a": a, "f": eight(free), "l": eight(held)} for a, free, held in notice.assets],
    }


def balance_update(notice: SpotChange) -> Wire:
    """Spot `balanceUpdate`: deposits, withdrawals, transfers."""
    return {
        "e": "balanceUpdate",
        "E": notice.at_ms,
        "a": notice.asset,
        "d": eight(notice.change),
        "T": notice.at_ms,
    }


def order_update(notice: OrderNotice) -> Wire:
    """Futures `ORDER_TRADE_UPDATE`; COIN-M names the coin of the margin."""
    order, market, ticket = notice.order, notice.market, notice.order.ticket
    prevented = notice.execution is Execution.TRADE_PREVENTION
    body = {
        "s": ticket.symbol,
        "c": ticket.client_id,
        "S": side_of(ticket.side),
        "o": ticket.type.value,
        "f": tif_of(order),
        "q": qty_of(market, ticket.qty),
        "p": price_of(market, ticket.price) if ticket.price else "0",
        "ap": average_of(order.average(market)) if order.filled else "0",
        "sp": "0",
        "x": Execution.EXPIRED.value if prevented else notice.execution.value,
        "X": order.status.value,
        "i": order.id,
        "z": qty_of(market, order.filled),
        "T": notice.at_ms,
        "b": "0",
        "a": "0",
        "R": ticket.reduce_only,
        "ot": ticket.type.value,
        "ps": ticket.position_side.value,
        **last_execution(notice),
        **({"ma": market.settle} if market.kind is Kind.INVERSE else {}),
        **UNUSED,
    }
    return {"e": "ORDER_TRADE_UPDATE", "T": notice.at_ms, "E": notice.at_ms, "o": body}


UNUSED: Wire = {
    "wt": "CONTRACT_PRICE",
    "cp": False,
    "pP": False,
    "si": 0,
    "ss": 0,
    "V": "EXPIRE_MAKER",
    "pm": "NONE",
    "gtd": 0,
    "er": "0",
}
"""What conditional and timed orders would fill."""


def last_execution(notice: OrderNotice) -> Wire:
    """The part of ORDER_TRADE_UPDATE that describes the execution itself."""
    trade, market = notice.trade, notice.market
    if trade is None:
        none: Wire = {"l": "0", "L": "0", "n": "0", "N": market.settle}
        return {**none, "t": 0, "m": False, "rp": "0"}
    return {
        "l": qty_of(market, trade.qty),
        "L": price_of(market, trade.price),
        "n": eight(trade.fee),
        "N": trade.fee_asset,
        "t": trade.id,
        "m": trade.maker,
        "rp": eight(trade.realized_pnl),
    }


def trade_lite(notice: TradeNotice) -> Wire:
    """Futures `TRADE_LITE`: a short notice of the execution, sent before the full one."""
    order, trade, market = notice.order, notice.trade, notice.market
    return {
        "e": "TRADE_LITE",
        "E": trade.at_ms,
        "T": trade.at_ms,
        "s": trade.symbol,
        "q": qty_of(market, order.ticket.qty),
        "p": price_of(market, order.ticket.price),
        "m": trade.maker,
        "c": order.ticket.client_id,
        "S": side_of(trade.side),
        "L": price_of(market, trade.price),
        "l": qty_of(market, trade.qty),
        "t": trade.id,
        "i": order.id,
    }


def account_update(notice: FuturesNotice) -> Wire:
    """Futures `ACCOUNT_UPDATE`."""
    return {
        "e": "ACCOUNT_UPDATE",
        "T": notice.at_ms,
        "E": notice.at_ms,
        "a": {
            "B": [
                {"a": asset, "wb": eight(wallet), "cw": eight(wallet), "bc": plain(change)}
                for asset, wallet, change in notice.balances
            ],
            "P": [position(view) for view in notice.positions],
            "m": notice.occasion.value,
        },
    }


def position(view: PositionView) -> Wire:
    """One position inside an ACCOUNT_UPDATE."""
    return {
        "s": view.symbol,
        "pa": plain(view.qty),
        "ep": plain(round(view.entry, 8)),
        "cr": plain(view.realized),
        "up": eight(view.unrealized),
        "mt": "isolated" if view.isolated else "cross",
        "iw": "0",
        "ps": view.side.value,
        "ma": view.asset,
        "bep": plain(round(view.entry, 8)),
    }


def config_update(notice: LeverageNotice | AssetsModeNotice) -> Wire:
    """Futures `ACCOUNT_CONFIG_UPDATE`: a changed leverage or assets mode."""
    head: Wire = {"e": "ACCOUNT_CONFIG_UPDATE", "E": notice.at_ms, "T": notice.at_ms}
    if isinstance(notice, LeverageNotice):
        return {**head, "ac": {"s": notice.symbol, "l": notice.leverage}}
    return {**head, "ai": {"j": notice.multi}}
