"""Spot messages to events. Pure: no clock, no input or output."""

from decimal import Decimal

from hedgebot.adapters.binance import prices
from hedgebot.adapters.binance.causes import EXECUTIONS, cause_of
from hedgebot.adapters.binance.messages import (
    StreamEnded,
    Told,
    Vocabulary,
    WalletStale,
)
from hedgebot.adapters.binance.messages import (
    translate as translate_any,
)
from hedgebot.adapters.binance.names import SIDES, Names, Raw, moment, number, status
from hedgebot.domain.events import Balance, BalanceSeen, FillSeen, OrderSeen
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Fill, Leg, OrderReport


def client_order_id_of(row: Raw) -> str:
    """The order's own client id: `c` of a cancel is the cancel's, the order's is in `C`."""
    original = row.get("C")
    return str(row["c"]) if original in {None, "", "null"} else str(original)


def spot_legs(
    names: Names, market_id: str, *, side: Side, qty: Decimal, quote_qty: Decimal, fee: Leg
) -> tuple[Leg, ...]:
    """What a spot fill does to the wallet, one leg an asset, the fee in its own coin."""
    market = names.market(market_id)
    changes = {market.base: qty * side.value, market.quote: -quote_qty * side.value}
    if fee.change:
        changes[fee.asset] = changes.get(fee.asset, Decimal(0)) + fee.change
    return tuple(
        Leg(wallet=names.wallet, asset=asset, change=change) for asset, change in changes.items()
    )


def _execution_report(message: Raw, names: Names) -> tuple[Told, ...]:
    report = _report(message, names)
    if message["x"] not in EXECUTIONS or not number(message["l"]):
        return (OrderSeen(report),)
    return FillSeen(_fill(message, report, names)), OrderSeen(report)


def _report(row: Raw, names: Names) -> OrderReport:
    client_order_id = client_order_id_of(row)
    reason = row.get("r", "NONE")
    return OrderReport(
        instrument=names.instrument(row["s"]),
        order_id=names.order_id(client_order_id),
        client_order_id=client_order_id,
        venue_order_id=str(row["i"]),
        status=status(row["X"]),
        side=SIDES[row["S"]],
        qty=number(row["q"]),
        filled_qty=number(row["z"]),
        price=number(row["p"]),
        reduce_only=False,
        venue_ms=moment(row["T"]),
        reject_reason="" if reason == "NONE" else str(reason),
    )


def _fill(row: Raw, report: OrderReport, names: Names) -> Fill:
    qty, price = number(row["l"]), number(row["L"])
    if price <= 0:
        raise ValueError("a fill has no price")
    # Y is what the venue moved, rounded as it rounds; older messages have none.
    quote_qty = number(row.get("Y") or 0) or qty * price
    fee = number(row.get("n") or 0)
    fee_asset = row.get("N") or names.market(row["s"]).quote
    fee_leg = Leg(wallet=names.wallet, asset=fee_asset, change=-fee)
    return Fill(
        instrument=report.instrument,
        trade_id=str(row["t"]),
        venue_order_id=report.venue_order_id,
        client_order_id=report.client_order_id,
        order_id=report.order_id,
        side=report.side,
        qty=qty,
        price=price,
        fee=fee,
        fee_asset=fee_asset,
        cause=cause_of(
            report.client_order_id,
            ours=report.order_id is not None,
            calculated=row["x"] == "CALCULATED",
        ),
        legs=spot_legs(
            names, row["s"], side=report.side, qty=qty, quote_qty=quote_qty, fee=fee_leg
        ),
        venue_ms=report.venue_ms,
    )


def _account_position(message: Raw, names: Names) -> tuple[Told, ...]:
    venue_ms = moment(message.get("u") or message["E"])
    return tuple(
        BalanceSeen(Balance(names.wallet, row["a"], number(row["f"]) + number(row["l"]), venue_ms))
        for row in message["B"]
    )


def _balance_update(message: Raw, _names: Names) -> tuple[Told, ...]:
    # Only the change is told. The total usually follows by outboundAccountPosition; the wallet is
    # read all the same, because nothing promises it.
    return (WalletStale(message["a"], moment(message["T"]), "balanceUpdate"),)


def _external_lock(message: Raw, _names: Names) -> tuple[Told, ...]:
    return (WalletStale(message["a"], moment(message["T"]), "externalLockUpdate"),)


def _terminated(_message: Raw, _names: Names) -> tuple[Told, ...]:
    return (StreamEnded("the venue ended the account stream"),)


VOCABULARY = Vocabulary(
    readers={
        "executionReport": _execution_report,
        "outboundAccountPosition": _account_position,
        "balanceUpdate": _balance_update,
        "externalLockUpdate": _external_lock,
        "eventStreamTerminated": _terminated,
        "bookTicker": prices.touch,
    },
    ignored={
        "listStatus": "its orders come by executionReport",
        "serverShutdown": "the socket closes by itself and is dialled again",
        "24hrTicker": "not subscribed",
        "aggTrade": "not subscribed",
        "trade": "not subscribed",
    },
)


def translate(message: Raw, names: Names) -> tuple[Told, ...]:
    """What one spot message says; see `messages.translate`."""
    return translate_any(message, names, VOCABULARY)
