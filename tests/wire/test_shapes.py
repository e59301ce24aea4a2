"""What the exchange prints has the fields and JSON types of recorded Binance messages."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.sim.callers import Caller, calling, heard

RECORDED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "recorded_messages"
pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="no recorded messages beside this checkout"
)
NAUTILUS = RECORDED / "nautilus"


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling() as made:
        yield made


def recorded(name: str) -> Any:
    """A recorded message, taken out of its stream or subscription wrapping."""
    found = orjson.loads((NAUTILUS / name).read_bytes())
    if isinstance(found, list):
        return found[0]
    return found.get("data", found.get("event", found))


def public(name: str, symbol: str = "BTCUSDT") -> Any:
    """One symbol's row of a recorded public answer."""
    found = orjson.loads(
        gzip.decompress((RECORDED / "binance_public_rest_202607" / name).read_bytes())
    )
    rows = found["symbols"] if isinstance(found, dict) else found
    return next(row for row in rows if row["symbol"] == symbol)


def kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(type(value).__name__)
    return "number" if isinstance(value, int | float) else type(value).__name__


def differences(ours: Any, theirs: Any, at: str = "") -> list[str]:
    """Fields that are missing here, or of another JSON type than recorded."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        missing = [f"{at}{key} is missing" for key in theirs if key not in ours]
        return missing + [
            text
            for key in theirs
            if key in ours
            for text in differences(ours[key], theirs[key], f"{at}{key}.")
        ]
    if isinstance(theirs, list) and isinstance(ours, list):
        return differences(ours[0], theirs[0], f"{at}0.") if ours and theirs else []
    if None in {ours, theirs} or kind(ours) == kind(theirs):
        return []
    return [f"{at[:-1]} is {kind(ours)}, recorded as {kind(theirs)}"]


def test_the_comparison_sees_what_differs() -> None:
    ours = {"a": 1, "b": [{"c": "1"}], "d": True, "e": None}
    theirs = {"a": "1", "b": [{"c": 1}], "d": 1, "e": "x", "f": 0}
    assert differences(ours, theirs) == [
        "f is missing",
        "a is number, recorded as str",
        "b.0.c is str, recorded as number",
        "d is bool, recorded as number",
    ]


def by_name(events: list[Any]) -> dict[str, Any]:
    return {event["e"]: event for event in events}


async def test_futures_events(caller: Caller) -> None:
    ws = await caller.futures_events()
    await caller.order("one")
    told = by_name(await heard(ws))
    order = recorded("binance_integration/ws_futures_order_update_trade_reduce_only_qty.json")
    for conditional in ("AP", "cr", "W"):
        del order["o"][conditional]
    assert differences(told["ORDER_TRADE_UPDATE"], order) == []
    lite = recorded("binance_integration/ws_futures_trade_lite.json")
    assert differences(told["TRADE_LITE"], lite) == []
    account = recorded("binance/futures/user_data_json/account_update.json")
    assert differences(told["ACCOUNT_UPDATE"], account) == []


async def test_spot_events(caller: Caller) -> None:
    ws = await caller.spot_events()
    await caller.told("deposit", asset="BTC", qty="1")
    await caller.told("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")
    told = by_name(await heard(ws))
    folder = "binance/spot/user_data_json/"
    for event, name in (
        ("executionReport", "execution_report_wrapped.json"),
        ("outboundAccountPosition", "account_position_wrapped.json"),
        ("balanceUpdate", "balance_update_wrapped.json"),
    ):
        assert differences(told[event], recorded(folder + name)) == []


async def test_market_streams(caller: Caller) -> None:
    futures = await caller.http.ws_connect(
        f"{caller.running.ws_url}/fstream/stream?streams=btcusdt@bookTicker/btcusdt@markPrice@1s"
        "/btcusdt@depth@100ms/btcusdt@aggTrade"
    )
    spot = await caller.http.ws_connect(
        f"{caller.running.ws_url}/stream?streams=btcusdt@bookTicker/btcusdt@aggTrade"
    )
    await asyncio.sleep(0.25)
    await caller.told("trade", market="futures", symbol="BTCUSDT", side="BUY", qty="0.1")
    await caller.told("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="0.1")
    told: dict[str, Any] = {}
    while len(told) < 4:
        message = await futures.receive_json(timeout=3)
        told[message["stream"]] = message["data"]
    folder = "binance/futures/market_data_json/"
    for stream, name in (
        ("btcusdt@bookTicker", "book_ticker_stream.json"),
        ("btcusdt@markPrice@1s", "mark_price_stream.json"),
        ("btcusdt@depth@100ms", "depth_update_stream.json"),
        ("btcusdt@aggTrade", "agg_trade_stream.json"),
    ):
        theirs = recorded(folder + name)
        assert set(differences(told[stream], theirs)) <= {"st is missing", "ps is missing"}
    touch = await spot.receive_json(timeout=3)
    theirs = recorded("binance_integration/ws_spot_ticker_book.json")
    assert set(differences(touch["data"], theirs)) == {"T is missing", "E is missing"}


async def test_futures_answers(caller: Caller) -> None:
    await caller.order("one")
    _, account = await caller.call("GET", "/fapi/v2/account")
    assert differences(account, recorded("binance/futures/http_json/account_info_v2.json")) == []
    _, balance = await caller.call("GET", "/fapi/v2/balance")
    assert differences(balance[0], recorded("binance/futures/http_json/balance.json")) == []
    _, risk = await caller.call("GET", "/fapi/v2/positionRisk", symbol="BTCUSDT")
    assert differences(risk[0], recorded("binance/futures/http_json/position_risk.json")) == []
    _, order = await caller.call("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="one")
    assert differences(order, recorded("binance/futures/http_json/order_response.json")) == []
    _, trades = await caller.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    theirs = recorded("binance_integration/http_futures_account_trades.json")
    assert differences(trades[0], theirs) == []
    _, config = await caller.call("GET", "/fapi/v1/symbolConfig", symbol="BTCUSDT")
    theirs = recorded("binance_integration/http_futures_account_symbol_config.json")
    assert differences(config[0], theirs) == []


async def test_spot_answers(caller: Caller) -> None:
    ticket = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    _, placed = await caller.call("POST", "/api/v3/order", newClientOrderId="one", **ticket)
    folder = "binance/spot/http_json/"
    assert differences(placed, recorded(folder + "new_order_full_response.json")) == []
    _, order = await caller.call("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="one")
    assert differences(order, recorded(folder + "order_response.json")) == []
    _, account = await caller.call("GET", "/api/v3/account")
    assert differences(account, recorded(folder + "account_response.json")) == []
    _, trades = await caller.call("GET", "/api/v3/myTrades", symbol="BTCUSDT")
    assert differences(trades[0], recorded(folder + "account_trades_response.json")) == []


async def test_public_answers(caller: Caller) -> None:
    symbol = {"symbol": "BTCUSDT"}
    _, premium = await caller.call("GET", "/fapi/v1/premiumIndex", **symbol)
    assert differences(premium, public("fapi-v1-premiumIndex.json.gz")) == []
    _, ticker = await caller.call("GET", "/fapi/v1/ticker/bookTicker", **symbol)
    assert differences(ticker, public("fapi-v1-ticker-bookTicker-full.json.gz")) == []
    _, ticker = await caller.call("GET", "/api/v3/ticker/bookTicker", **symbol)
    assert differences(ticker, public("api-v3-ticker-bookTicker-full.json.gz")) == []
    _, funding = await caller.call("GET", "/fapi/v1/fundingInfo")
    assert differences(funding[0], public("fapi-v1-fundingInfo.json.gz", "GTCUSDT")) == []


async def test_exchange_info_is_what_binance_published(caller: Caller) -> None:
    _, rules = await caller.call("GET", "/fapi/v1/exchangeInfo")
    ours = {row["symbol"]: row for row in rules["symbols"]}
    for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "1000PEPEUSDT"):
        theirs = public("fapi-v1-exchangeInfo.json.gz", symbol)
        assert differences(ours[symbol], theirs) == []
        steps = {f["filterType"]: f for f in ours[symbol]["filters"]}
        for wanted in theirs["filters"]:
            found = steps[wanted["filterType"]]
            for name in set(wanted) & {"tickSize", "stepSize", "notional", "multiplierUp"}:
                assert float(found[name]) == float(wanted[name]), (symbol, name)
        for name in ("pricePrecision", "quantityPrecision"):
            assert ours[symbol][name] == theirs[name]
