"""Every refusal arrives with the venue's own code, through unmodified ccxt."""

from typing import Any

import ccxt
import orjson
import pytest

from hedgebot.domain.instruments import Kind
from hedgebot.sim.faults import Overload, Rule, Throttle
from tests.wire.clients import futures_client
from tests.wire.conftest import Market

PERP = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "IOC",
    "quantity": "0.100",
    "price": "59900.0",
}
SPOT = {**PERP, "quantity": "0.10000", "price": "59900.00"}


def code_of(client: Any) -> int:
    return int(orjson.loads(client.last_http_response)["code"])


async def refused(call: Any, client: Any) -> int:
    with pytest.raises(ccxt.BaseError):
        await call
    return code_of(client)


FUTURES_REFUSALS = [
    (-1102, {"quantity": ""}),
    (-1111, {"quantity": "0.1005"}),
    (-1115, {"timeInForce": "NEVER"}),
    (-1116, {"type": "HOPE"}),
    (-1117, {"side": "BOTH"}),
    (-1121, {"symbol": "NONEUSDT"}),
    (-2019, {"quantity": "400.000", "side": "BUY", "price": "60100.0"}),
    (-2022, {"reduceOnly": "true"}),
    (-4003, {"quantity": "0"}),
    (-4005, {"quantity": "1001"}),
    (-4014, {"price": "59900.05"}),
    (-4016, {"side": "BUY", "price": "63001.0"}),
    (-4024, {"price": "56000.0"}),
    (-4061, {"positionSide": "SHORT"}),
    (-4164, {"symbol": "ETHUSDT", "quantity": "0.007", "price": "2450.00"}),
    (-5021, {"quantity": "200.000", "timeInForce": "FOK"}),
    (-5022, {"timeInForce": "GTX"}),
]
SPOT_REFUSALS = [
    (-1115, {"timeInForce": "GTX"}),
    (-1013, {"quantity": "0.100001"}),
    (-1013, {"price": "59900.001"}),
    (-1013, {"quantity": "0.00001"}),
    (-1013, {"price": "600000.00"}),
    (-1121, {"symbol": "NONEUSDT"}),
    (-2010, {"quantity": "11"}),
    (-2010, {"type": "LIMIT_MAKER"}),
]


async def test_futures_orders_are_refused_by_code(market: Market) -> None:
    client = market.futures
    seen = [
        (await refused(client.fapiPrivatePostOrder({**PERP, **change}), client), change)
        for _, change in FUTURES_REFUSALS
    ]
    assert seen == FUTURES_REFUSALS
    assert market.running.exchange.venue.futures.desk.orders.orders == {}


async def test_spot_orders_are_refused_by_code(market: Market) -> None:
    client = market.spot
    seen = [
        (await refused(client.privatePostOrder({**SPOT, **change}), client), change)
        for _, change in SPOT_REFUSALS
    ]
    assert seen == SPOT_REFUSALS
    assert market.running.exchange.venue.spot.orders.orders == {}


async def test_unknown_orders_are_named(market: Market) -> None:
    client, spot = market.futures, market.spot
    nobody = {"symbol": "BTCUSDT", "origClientOrderId": "nobody"}
    assert await refused(client.fapiPrivateGetOrder(nobody), client) == -2013
    assert await refused(client.fapiPrivateDeleteOrder(nobody), client) == -2011
    assert await refused(spot.privateGetOrder(nobody), spot) == -2013
    assert await refused(spot.privateDeleteOrder(nobody), spot) == -2011


async def test_an_id_is_refused_only_while_its_order_is_open(market: Market) -> None:
    client = market.futures
    resting = {**PERP, "timeInForce": "GTC", "price": "61000.0", "newClientOrderId": "same"}
    first = await client.fapiPrivatePostOrder(resting)
    assert await refused(client.fapiPrivatePostOrder(resting), client) == -4116
    await client.fapiPrivateDeleteOrder({"symbol": "BTCUSDT", "origClientOrderId": "same"})
    second = await client.fapiPrivatePostOrder(resting)
    assert second["orderId"] != first["orderId"]


async def test_the_same_ioc_sent_twice_fills_twice(market: Market) -> None:
    for _ in range(2):
        await market.futures.fapiPrivatePostOrder({**PERP, "newClientOrderId": "twice"})
    (position,) = await market.futures.fetch_positions()
    assert position["contracts"] == 0.2


async def test_wrong_credentials_are_named(market: Market) -> None:
    for code, config in ((-2015, {"apiKey": "someone else's"}), (-1022, {"secret": "wrong"})):
        client = futures_client(market.running, **config)
        try:
            assert await refused(client.fetch_balance(), client) == code
        finally:
            await client.close()


async def test_a_clock_that_is_off_is_refused_until_it_is_measured(market: Market) -> None:
    client = market.futures
    for skew_ms in (-2_500, 60_000):
        market.running.exchange.clock.skew_ms = skew_ms
        assert await refused(client.fapiPrivateGetOpenOrders(), client) == -1021
        await client.load_time_difference()
        assert await client.fapiPrivateGetOpenOrders() == []


async def test_throttles_say_how_long(market: Market) -> None:
    faults = market.running.exchange.faults
    for status in (429, 418):
        faults.add(Rule(name="slow", path="/fapi/v1/order", fault=Throttle(status, 7)))
        with pytest.raises(ccxt.DDoSProtection):
            await market.futures.fapiPrivatePostOrder(PERP)
        assert market.futures.last_response_headers["Retry-After"] == "7"
    assert market.running.exchange.venue.futures.desk.orders.orders == {}


async def test_an_overloaded_venue_still_takes_reduce_only_orders(market: Market) -> None:
    await market.futures.fapiPrivatePostOrder(PERP)
    market.running.exchange.faults.add(
        Rule(name="busy", path="/fapi/v1/order", verb="POST", fault=Overload(), count=2)
    )
    call = market.futures.fapiPrivatePostOrder(PERP)
    assert await refused(call, market.futures) == -1008
    closing = {**PERP, "side": "BUY", "price": "60100.0", "reduceOnly": "true"}
    await market.futures.fapiPrivatePostOrder(closing)
    assert await market.futures.fetch_positions() == []


async def test_a_used_up_budget_is_429_and_then_a_ban(market: Market) -> None:
    weight = market.running.door.limits[Kind.LINEAR].weight
    weight.roll(market.running.exchange.clock.now_ms())
    weight.used = weight.limit
    seen = []
    for _ in range(22):
        with pytest.raises(ccxt.DDoSProtection) as caught:
            await market.futures.fapiPublicGetTime()
        seen.append(str(caught.value).split()[1])
    assert seen == ["429"] * 20 + ["418"] * 2


async def test_windows_of_listings_are_limited_to_a_week(market: Market) -> None:
    client, now = market.futures, market.futures.milliseconds()
    wide = {"symbol": "BTCUSDT", "startTime": now - 8 * 86_400_000, "endTime": now}
    assert await refused(client.fapiPrivateGetUserTrades(wide), client) == -4165
    assert await refused(client.fapiPrivateGetAllOrders(wide), client) == -4165
