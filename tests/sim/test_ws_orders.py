"""Orders over the websocket API of USDT-M futures, as unmodified ccxt sends them."""

from collections.abc import AsyncIterator
from typing import Any

import ccxt.pro
import orjson
import pytest

from hedgebot.sim.binance.auth import sign
from tests.sim.callers import Caller

SYMBOL = "BTC/USDT:USDT"
IOC = {"timeInForce": "IOC", "newClientOrderId": "mine"}


@pytest.fixture
async def venue(caller: Caller) -> AsyncIterator[Any]:
    exchange = ccxt.pro.binanceusdm(
        {
            "apiKey": "local-key",
            "secret": "local-secret",
            "options": {"fetchMarkets": {"types": ["linear"]}, "fetchCurrencies": False},
        }
    )
    rest, ws = caller.running.rest_url, caller.running.ws_url
    hosts = exchange.urls["api"]
    moved = {key: f"{rest}/{u.split('/', 3)[3]}" for key, u in hosts.items() if key != "ws"}
    exchange.urls["api"] = {**moved, "ws": {"ws-api": {"linear": f"{ws}/ws-fapi/v1"}}}
    yield exchange
    await exchange.close()


async def test_ccxt_places_an_order_over_the_websocket(caller: Caller, venue: Any) -> None:
    order = await venue.create_order_ws(SYMBOL, "limit", "sell", 0.1, 59_900, IOC)
    assert (order["status"], order["filled"], order["clientOrderId"]) == ("closed", 0.1, "mine")
    state = await caller.state()
    assert state["positions"][0]["qty"] == "-0.1"
    assert state["requests"]["WS order.place"] == 1
    _, found = await caller.call(
        "GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="mine"
    )
    assert found["executedQty"] == "0.100"


async def test_a_refusal_comes_with_the_venues_code(venue: Any) -> None:
    with pytest.raises(ccxt.ExchangeError, match="-4024"):
        await venue.create_order_ws(SYMBOL, "limit", "sell", 0.001, 40_000, IOC)


async def placed(caller: Caller, **change: object) -> Any:
    """The answer to an order whose parameters are signed, unless a change says otherwise."""
    params: dict[str, object] = {
        "apiKey": "local-key",
        "newOrderRespType": "RESULT",
        "price": "59900",
        "quantity": "0.1",
        "side": "SELL",
        "symbol": "BTCUSDT",
        "timeInForce": "IOC",
        "timestamp": caller.running.exchange.clock.now_ms(),
        "type": "LIMIT",
    } | change
    payload = "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "signature")
    params.setdefault("signature", sign("local-secret", payload))
    return await answered(caller, {"id": "7", "method": "order.place", "params": params})


async def answered(caller: Caller, asked: object) -> Any:
    async with caller.http.ws_connect(f"{caller.running.ws_url}/ws-fapi/v1") as ws:
        await ws.send_str(asked if isinstance(asked, str) else orjson.dumps(asked).decode())
        return await ws.receive_json(timeout=3)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"signature": "00"}, 400, -1022),
        ({"apiKey": "other"}, 401, -2015),
        ({"timestamp": 1_000}, 400, -1021),
        ({"symbol": "DOGEUSDT"}, 400, -1121),
        ({"quantity": "0.1001"}, 400, -1111),
    ],
)
async def test_what_rest_refuses_is_refused_here(
    caller: Caller, change: dict[str, object], status: int, code: int
) -> None:
    answer = await placed(caller, **change)
    assert (answer["id"], answer["status"], answer["error"]["code"]) == ("7", status, code)
    assert not any((await caller.state())["orders"].values())


async def test_what_was_used_is_told_unless_unwanted(caller: Caller) -> None:
    rows = (await placed(caller))["rateLimits"]
    assert [row["count"] for row in rows if row["rateLimitType"] == "ORDERS"] == [1, 1]
    assert "rateLimits" not in await placed(caller, returnRateLimits="false")


@pytest.mark.parametrize("asked", ["no json", "[]", {"id": 1, "method": "order.cancel"}])
async def test_what_it_does_not_know_is_an_error(caller: Caller, asked: object) -> None:
    answer = await answered(caller, asked)
    assert (answer["status"], answer["error"]["code"]) == (400, -1000)
