"""Every REST call that the daemon uses, made by unmodified ccxt."""

import asyncio
from typing import Any

import ccxt
import pytest

from tests.wire.conftest import Market

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"


async def test_markets_carry_the_steps_and_minimums(market: Market) -> None:
    perp = (await market.futures.load_markets())[PERP]
    assert (perp["precision"], perp["limits"]["cost"]["min"]) == (
        {**perp["precision"], "amount": 0.001, "price": 0.1},
        50.0,
    )
    assert (perp["linear"], perp["active"], perp["contractSize"]) == (True, True, 1.0)
    spot = (await market.spot.load_markets())[SPOT]
    assert (spot["precision"]["amount"], spot["precision"]["price"]) == (1e-05, 0.01)
    assert spot["limits"]["cost"]["min"] == 5.0
    assert "1000PEPE/USDT:USDT" in market.futures.markets


async def test_time_is_close(market: Market) -> None:
    for client in (market.spot, market.futures):
        assert abs(await client.fetch_time() - client.milliseconds()) < 500
        await client.load_time_difference()
        assert abs(client.options["timeDifference"]) < 500


async def test_an_ioc_comes_back_with_its_result(market: Market) -> None:
    order = await market.futures.create_order(
        PERP,
        "limit",
        "sell",
        0.5,
        59_900,
        {"timeInForce": "IOC", "newOrderRespType": "RESULT", "newClientOrderId": "one"},
    )
    assert (order["status"], order["filled"], order["clientOrderId"]) == ("closed", 0.5, "one")
    found = await market.futures.fetch_order(None, PERP, {"clientOrderId": "one"})
    assert (found["id"], found["average"]) == (order["id"], order["average"])
    assert int(order["id"]) > 2**53


async def test_the_implicit_call_acknowledges_unless_asked_for_the_result(market: Market) -> None:
    ticket = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "LIMIT",
        "timeInForce": "IOC",
        "quantity": "0.010",
        "price": "59900.0",
    }
    bare = await market.futures.fapiPrivatePostOrder({**ticket, "newClientOrderId": "ack"})
    assert (bare["status"], bare["executedQty"]) == ("NEW", "0.000")
    full = await market.futures.fapiPrivatePostOrder(
        {**ticket, "newClientOrderId": "full", "newOrderRespType": "RESULT"}
    )
    assert (full["status"], full["executedQty"]) == ("FILLED", "0.010")


async def test_an_order_rests_is_listed_and_cancelled(market: Market) -> None:
    for client, symbol in ((market.futures, PERP), (market.spot, SPOT)):
        order = await client.create_order(symbol, "limit", "buy", 0.1, 59_000)
        assert [o["id"] for o in await client.fetch_open_orders(symbol)] == [order["id"]]
        await client.cancel_order(order["id"], symbol)
        assert await client.fetch_open_orders(symbol) == []
        again = await client.fetch_order(order["id"], symbol)
        assert again["status"] == "canceled"


async def test_trades_and_orders_are_listed(market: Market) -> None:
    for client, symbol in ((market.futures, PERP), (market.spot, SPOT)):
        order = await client.create_order(
            symbol, "limit", "buy", 0.1, 60_100, {"timeInForce": "IOC"}
        )
        trades = await client.fetch_my_trades(symbol)
        assert [(t["order"], t["amount"]) for t in trades] == [(order["id"], 0.1)]
        orders = await client.fetch_orders(symbol)
        assert [o["id"] for o in orders] == [order["id"]]


async def test_positions_and_balances_follow(market: Market) -> None:
    assert await market.futures.fetch_positions() == []
    await market.futures.create_order(PERP, "market", "sell", 2)
    await market.spot.create_order(SPOT, "market", "buy", 1)
    (position,) = await market.futures.fetch_positions([PERP])
    assert (position["side"], position["contracts"]) == ("short", 2.0)
    assert position["liquidationPrice"] > 400_000
    futures, spot = await market.futures.fetch_balance(), await market.spot.fetch_balance()
    wallet = futures["info"]["assets"][0]["walletBalance"]  # ccxt's total adds unrealised profit
    assert float(wallet) == pytest.approx(1_000_000 - 2 * 59_997 * 0.0005)
    assert spot["total"]["BTC"] == pytest.approx(10.999)


async def test_reading_by_every_version_agrees(market: Market) -> None:
    await market.futures.create_order(PERP, "market", "sell", 2)
    client = market.futures
    v2, v3 = (
        await client.fapiPrivateV2GetPositionRisk(),
        await client.fapiPrivateV3GetPositionRisk(),
    )
    assert [r["symbol"] for r in v3] == ["BTCUSDT"]
    held = next(r for r in v2 if r["symbol"] == "BTCUSDT")
    assert held["positionAmt"] == v3[0]["positionAmt"] == "-2.000"
    accounts = await client.fapiPrivateV2GetAccount(), await client.fapiPrivateV3GetAccount()
    assert accounts[0]["totalMarginBalance"] == accounts[1]["totalMarginBalance"]
    balances = await client.fapiPrivateV2GetBalance(), await client.fapiPrivateV3GetBalance()
    assert balances[0][0]["balance"] == balances[1][0]["balance"]


async def test_modes_and_leverage_are_read_and_set(market: Market) -> None:
    client = market.futures
    assert (await client.fetch_position_mode())["hedged"] is False
    await client.set_leverage(3, PERP)
    (config,) = await client.fapiPrivateGetSymbolConfig({"symbol": "BTCUSDT"})
    assert (config["leverage"], config["marginType"]) == (3, "CROSSED")
    with pytest.raises(ccxt.MarginModeAlreadySet):
        await client.set_margin_mode("cross", PERP)
    await client.set_position_mode(True)
    assert (await client.fapiPrivateGetAccountConfig())["dualSidePosition"] is True
    assert (await client.fapiPrivateGetMultiAssetsMargin())["multiAssetsMargin"] is False


async def test_funding_brackets_and_fees_are_read(market: Market) -> None:
    client = market.futures
    rate = await client.fetch_funding_rate(PERP)
    assert (rate["fundingRate"], rate["markPrice"]) == (0.0001, 60_000.0)
    intervals = await client.fetch_funding_intervals()
    assert intervals["1000PEPE/USDT:USDT"]["interval"] == "4h"
    tiers = await client.fetch_market_leverage_tiers(PERP)
    assert tiers[0]["maxLeverage"] == 125
    fee = await client.fapiPrivateGetCommissionRate({"symbol": "BTCUSDT"})
    assert fee["takerCommissionRate"] == "0.0005"
    assert await client.fetch_funding_history(PERP) == []


async def test_the_dead_man_switch_cancels(market: Market) -> None:
    client: Any = market.futures
    await client.create_order(PERP, "limit", "buy", 0.1, 59_000)
    await client.fapiPrivatePostCountdownCancelAll({"symbol": "BTCUSDT", "countdownTime": 100})
    for _ in range(30):
        await asyncio.sleep(0.1)
        if not await client.fetch_open_orders(PERP):
            return
    pytest.fail("the order is still open")


async def test_key_permissions_are_told(market: Market) -> None:
    rights = await market.spot.sapiGetAccountApiRestrictions()
    assert (rights["enableFutures"], rights["enableWithdrawals"]) == (True, False)


async def test_budgets_are_told_in_headers(market: Market) -> None:
    await market.futures.fetch_positions()
    before = int(market.futures.last_response_headers["X-MBX-USED-WEIGHT-1M"])
    await market.futures.fetch_balance()
    after = int(market.futures.last_response_headers["X-MBX-USED-WEIGHT-1M"])
    assert after - before == 5
    await market.futures.create_order(PERP, "market", "sell", 0.01)
    assert market.futures.last_response_headers["X-MBX-ORDER-COUNT-10S"] == "1"
