"""The journal against the exchange's own ledger: fills, orders and positions, row by row."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from hedgebot.adapters.journal import reading
from hedgebot.adapters.journal.rows import Rows
from hedgebot.bootstrap.outside import place_of
from hedgebot.domain.instruments import InstrumentId, Side
from hedgebot.domain.records import FillKept
from hedgebot.settings import Settings

EVERY_ROW = 1_000_000
FOREIGN = ("web_", "adl_autoclose", "autoclose-")
"""Begin the client order ids of trades by hand, and of the venue's own."""
COIN = "coin-futures"


class Market(NamedTuple):
    """One market as the exchange names it."""

    side: str
    """`spot`, `futures` or `coin-futures`."""
    symbol: str


class Execution(NamedTuple):
    """What both ledgers say of one trade."""

    side: str
    qty: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str


Ledger = dict[tuple[Market, str], Execution]


def compare(settings: Settings, state: Mapping[str, Any]) -> list[str]:
    """Every difference between the journal and what the exchange calls the truth, in words."""
    with reading.reading(place_of(settings)) as rows:
        kept = _kept_fills(settings, rows)
        orders = {
            line.last.venue_order_id: line.last.filled_qty
            for line in reading.orders(rows, EVERY_ROW)
            if line.last is not None and line.last.venue_order_id
        }
    return [
        *_compare_fills(kept, _true_fills(state)),
        *_compare_orders(orders, _true_orders(state)),
        *_compare_positions(kept, state),
    ]


def _kept_fills(settings: Settings, rows: Rows) -> Ledger:
    kept: Ledger = {}
    for each in reading.fills(rows, EVERY_ROW):
        kept[_market(settings, each.fill.instrument), each.fill.trade_id] = _execution(each)
    return kept


def _market(settings: Settings, instrument: InstrumentId) -> Market:
    entry, _, symbol = instrument.partition(":")
    name = symbol.partition(":")[0].replace("/", "")
    if settings.venues[entry].inverse:
        return Market(COIN, f"{name}_PERP")
    return Market("futures" if settings.venues[entry].derivatives else "spot", name)


def _execution(kept: FillKept) -> Execution:
    fill = kept.fill
    return Execution(fill.side.name, fill.qty, fill.price, fill.fee, fill.fee_asset)


def _true_fills(state: Mapping[str, Any]) -> Ledger:
    return {
        (Market(side, row["symbol"]), str(row["trade_id"])): Execution(
            row["side"],
            _own(state, row["symbol"], row["qty"]),
            Decimal(row["price"]),
            Decimal(row["fee"]),
            row["fee_asset"],
        )
        for side, rows in state["fills"].items()
        for row in rows
    }


def _compare_fills(kept: Ledger, true: Ledger) -> list[str]:
    lost = [f"fill {_name(key)} is not in the journal" for key in true.keys() - kept.keys()]
    invented = [f"fill {_name(key)} is only in the journal" for key in kept.keys() - true.keys()]
    other = [
        f"fill {_name(key)}: {tuple(kept[key])} kept, {tuple(true[key])} true"
        for key in kept.keys() & true.keys()
        if kept[key] != true[key]
    ]
    return sorted([*lost, *invented, *other])


def _own(state: Mapping[str, Any], symbol: str, qty: str) -> Decimal:
    """A quantity in the unit of the journal: of contracts the dollars in them."""
    market = state["prices"][COIN].get(symbol)
    return Decimal(qty) * (Decimal(market["contract"]) if market else 1)


def _true_orders(state: Mapping[str, Any]) -> dict[str, Decimal]:
    return {
        row["order_id"]: _own(state, row["symbol"], row["filled"])
        for side in ("futures", COIN)
        for row in state["orders"][side]
        if not row["client_id"].startswith(FOREIGN)
    }


def _compare_orders(kept: Mapping[str, Decimal], true: Mapping[str, Decimal]) -> list[str]:
    return [
        f"order {name}: filled {kept.get(name)} kept, {true.get(name)} true"
        for name in sorted(kept.keys() | true.keys())
        if kept.get(name) != true.get(name)
    ]


def _compare_positions(kept: Ledger, state: Mapping[str, Any]) -> list[str]:
    sums: dict[str, Decimal] = {}
    for (market, _trade_id), fill in kept.items():
        if market.side != "spot":
            signed = fill.qty * Side[fill.side].value
            sums[market.symbol] = sums.get(market.symbol, Decimal(0)) + signed
    true: dict[str, Decimal] = {}
    for row in state["positions"]:
        signed = _own(state, row["symbol"], row["qty"])
        true[row["symbol"]] = true.get(row["symbol"], Decimal(0)) + signed
    return [
        f"position {symbol}: {sums.get(symbol, 0)} by fills kept, {true.get(symbol, 0)} true"
        for symbol in sorted(sums.keys() | true.keys())
        if sums.get(symbol, 0) != true.get(symbol, 0)
    ]


def _name(key: tuple[Market, str]) -> str:
    market, trade_id = key
    return f"{market.side} {market.symbol} {trade_id}"
