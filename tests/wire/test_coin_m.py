"""COIN-M as unmodified ccxt.pro drives it."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import ccxt
import orjson
import pytest

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.server import Running, serve
from hedgebot.sim.config import SimConfig
from hedgebot.sim.still import move_price
from hedgebot.venue_model import treasury
from tests.wire.clients import coin_client
from tests.wire.test_shapes import differences
from tests.wire.test_streams import soon, watched

D = Decimal
PERP = "BTC/USD:BTC"
BTC = "BTCUSD_PERP"
TICKET = {
    "symbol": "BTCUSD_PERP",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "IOC",
    "quantity": "100",
    "price": "59900.0",
}
TICKS = Path("../shared/data/ticks_binance_20240808")


class Coin(NamedTuple):
    running: Running
    client: Any


@pytest.fixture
async def coin() -> AsyncIterator[Coin]:
    running = await serve(SimConfig(coin_futures={"BTC": D(10), "ETH": D(100)}))
    client = coin_client(running)
    try:
        yield Coin(running, client)
    finally:
        await client.close()
        await running.close()


async def refused(call: Any) -> str:
    with pytest.raises(ccxt.BaseError) as caught:
        await call
    return str(caught.value)


async def test_markets_carry_contract_sizes_and_steps(coin: Coin) -> None:
    markets = await coin.client.load_markets()
    btc, eth = markets[PERP], markets["ETH/USD:ETH"]
    assert (btc["inverse"], btc["active"], btc["settle"]) == (True, True, "BTC")
    assert (btc["contractSize"], eth["contractSize"]) == (100.0, 10.0)
    assert (btc["precision"]["amount"], btc["precision"]["price"]) == (1.0, 0.1)
    assert btc["limits"]["amount"]["min"] == 1.0


async def test_an_order_is_placed_found_and_listed(coin: Coin) -> None:
    client = coin.client
    params = {"timeInForce": "IOC", "newOrderRespType": "RESULT", "newClientOrderId": "one"}
    order = await client.create_order(PERP, "limit", "sell", 600, 59_900, params)
    assert (order["status"], order["filled"], order["clientOrderId"]) == ("closed", 600.0, "one")
    found = await client.fetch_order(None, PERP, {"clientOrderId": "one"})
    assert (found["id"], found["average"]) == (order["id"], 59_997.0)
    assert [each["id"] for each in await client.fetch_orders(PERP)] == [order["id"]]
    (trade,) = await client.fetch_my_trades(PERP)
    assert (trade["amount"], trade["fee"]["currency"]) == (600.0, "BTC")
    assert trade["fee"]["cost"] == pytest.approx(60_000 / 59_997 * 0.0005, abs=1e-8)
    assert trade["info"]["baseQty"] == "1.00005000"
    resting = await client.create_order(PERP, "limit", "sell", 5, 61_000)
    assert [each["id"] for each in await client.fetch_open_orders(PERP)] == [resting["id"]]
    assert (await client.cancel_order(resting["id"], PERP))["status"] == "canceled"


async def test_the_wallet_and_the_position_are_in_coins(coin: Coin) -> None:
    client = coin.client
    await client.create_order(PERP, "market", "sell", 3_000)
    move_price(coin.running.exchange, "BTCUSDT", D(50_000))
    (position,) = await client.fetch_positions([PERP])
    assert (position["side"], position["contracts"]) == ("short", 3_000.0)
    assert position["notional"] == pytest.approx(300_000 / 50_000)
    profit = 300_000 / 50_000 - 300_000 / position["entryPrice"]
    assert position["unrealizedPnl"] == pytest.approx(profit, abs=1e-7)
    assert position["marginMode"] == "cross"
    row = (await client.fetch_balance())["info"]["assets"][0]
    fee = 300_000 / 59_997 * 0.0005
    assert float(row["walletBalance"]) == pytest.approx(10 - fee, abs=1e-8)
    assert float(row["marginBalance"]) == pytest.approx(10 - fee + profit, abs=1e-6)
    (account,) = await client.fetch_account_positions([PERP])
    assert account["contracts"] == 3_000.0


async def test_a_position_that_its_wallet_covers_has_no_liquidation_price(coin: Coin) -> None:
    await coin.client.create_order(PERP, "market", "sell", 5_000)
    (position,) = await coin.client.fetch_positions([PERP])
    assert position["info"]["liquidationPrice"] == "0"
    await coin.client.create_order(PERP, "market", "sell", 15_000)
    (position,) = await coin.client.fetch_positions([PERP])
    assert position["liquidationPrice"] > 60_000


async def test_funding_and_income_are_in_the_coin(coin: Coin) -> None:
    client, venue = coin.client, coin.running.exchange.venue
    await client.create_order(PERP, "market", "sell", 600)
    paid = treasury.pay_funding(venue.coin_futures, "BTCUSD_PERP")
    assert paid == D("0.0001")  # 60,000 / 60,000 x 0.01 %
    (row,) = await client.fetch_funding_history(PERP)
    assert (row["code"], row["amount"]) == ("BTC", 0.0001)
    rate = await client.fetch_funding_rate(PERP)
    assert (rate["markPrice"], rate["fundingRate"]) == (60_000.0, 0.0001)
    assert (await client.fetch_funding_rate_history(PERP))[0]["fundingRate"] == 0.0001


async def test_prices_brackets_and_fees(coin: Coin) -> None:
    client = coin.client
    book = await client.fetch_order_book(PERP)
    assert book["bids"][0][0] < book["asks"][0][0]
    touch = (await client.fetch_bids_asks([PERP]))[PERP]
    assert (touch["bid"], touch["ask"]) == (book["bids"][0][0], book["asks"][0][0])
    tiers = (await client.fetch_leverage_tiers([PERP]))[PERP]
    assert (tiers[0]["maxNotional"], tiers[0]["maxLeverage"]) == (5.0, 125.0)
    assert (await client.fetch_trading_fee(PERP))["taker"] == 0.0005


async def test_the_owner_sets_leverage_and_modes(coin: Coin) -> None:
    client, modes = coin.client, coin.running.exchange.venue.coin_futures.modes
    await client.set_leverage(10, PERP)
    assert modes.leverage == {"BTCUSD_PERP": 10}
    await client.set_margin_mode("isolated", PERP)
    assert modes.isolated == {"BTCUSD_PERP"}
    await client.set_position_mode(True, PERP)
    assert (await client.fetch_position_mode(PERP))["hedged"] is True
    assert coin.running.exchange.venue.futures.modes.dual_side is False


@pytest.mark.parametrize("listing", ["positionRisk", "account"])
async def test_a_position_is_told_whatever_mode_was_forced_on_it(coin: Coin, listing: str) -> None:
    await coin.client.dapiPrivatePostOrder(TICKET)
    coin.running.exchange.venue.coin_futures.modes.dual_side = True
    read = {
        "positionRisk": coin.client.dapiPrivateGetPositionRisk,
        "account": coin.client.dapiPrivateGetAccount,
    }
    told = await read[listing]()
    rows = told if listing == "positionRisk" else told["positions"]
    held = {row["positionSide"]: row["positionAmt"] for row in rows if row["symbol"] == BTC}
    assert held == {"LONG": "0", "SHORT": "0", "BOTH": "-100"}


async def test_hedge_mode_wants_a_side_and_no_reduce_only(coin: Coin) -> None:
    client = coin.client
    await client.load_markets()
    await client.set_position_mode(True, PERP)
    assert "-4061" in await refused(client.dapiPrivatePostOrder(TICKET))
    short = {**TICKET, "positionSide": "SHORT"}
    await client.dapiPrivatePostOrder(short)
    closing = {**short, "side": "BUY", "price": "60100.0", "quantity": "40"}
    assert "-1106" in await refused(client.dapiPrivatePostOrder({**closing, "reduceOnly": "true"}))
    await client.dapiPrivatePostOrder(closing)
    (position,) = await client.fetch_positions([PERP])
    assert (position["side"], position["contracts"], position["hedged"]) == ("short", 60.0, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": "1.5"}, "-1111"),
        ({"quantity": "0"}, "-4003"),
        ({"quantity": "1000001"}, "-4005"),
        ({"price": "59900.05"}, "-4014"),
        ({"price": "50000.0"}, "-4024"),
        ({"symbol": "BTCUSDT"}, "-1121"),
        ({"quantity": "200000"}, "-2019"),
        ({"reduceOnly": "true"}, "-2022"),
        ({"positionSide": "LONG"}, "-4061"),
    ],
)
async def test_orders_are_refused_as_usdt_m_refuses_them(
    coin: Coin, change: dict[str, str], code: str
) -> None:
    assert code in await refused(coin.client.dapiPrivatePostOrder({**TICKET, **change}))
    assert coin.running.exchange.venue.coin_futures.desk.orders.trades == []


async def test_weights_and_order_counts_are_its_own(coin: Coin) -> None:
    client = coin.client
    await client.dapiPublicGetTime()
    before = int(client.last_response_headers["X-MBX-USED-WEIGHT-1M"])
    await client.dapiPrivateGetUserTrades({"symbol": "BTCUSD_PERP"})
    assert int(client.last_response_headers["X-MBX-USED-WEIGHT-1M"]) == before + 20
    await client.dapiPrivatePostOrder(TICKET)
    assert client.last_response_headers["X-MBX-ORDER-COUNT-1M"] == "1"
    assert coin.running.door.limits[Kind.LINEAR].weight.used == 0


async def test_touches_and_marks_are_pushed(coin: Coin) -> None:
    client = coin.client
    await client.load_markets()
    touch = (await soon(client.watch_bids_asks([PERP])))[PERP]
    assert touch["bid"] < 60_000 < touch["ask"]
    mark = await soon(client.watch_mark_price(PERP))
    assert mark["markPrice"] == 60_000.0
    assert mark["info"]["r"] == "0.00010000"
    book = await soon(client.watch_order_book(PERP))
    assert book["bids"][0][0] == touch["bid"]


async def test_orders_trades_positions_and_balances_are_pushed(coin: Coin) -> None:
    client = coin.client
    order = client.create_order(PERP, "limit", "sell", 50, 61_000)
    (pushed,) = await watched(client, "watch_orders", order)
    assert (pushed["status"], pushed["amount"]) == ("open", 50.0)
    taken = client.create_order(PERP, "market", "sell", 25)
    (trade,) = await watched(client, "watch_my_trades", taken)
    assert (trade["amount"], trade["side"], trade["fee"]["currency"]) == (25.0, "sell", "BTC")
    again = client.create_order(PERP, "market", "sell", 25)
    (position,) = await watched(client, "watch_positions", again)
    assert (position["side"], position["contracts"]) == ("short", 50.0)

    async def transfer() -> None:
        treasury.transfer_futures_half(coin.running.exchange.venue.coin_futures, "ETH", D(5), 1)

    balance = await watched(client, "watch_balance", transfer())
    assert balance["ETH"]["total"] == 105.0


async def test_events_name_their_coin_and_come_once(coin: Coin) -> None:
    heard: list[dict[str, Any]] = []
    client = coin.client
    deliver = coin.running.exchange.user_events.deliver

    def listen(kind: Kind, event: dict[str, object]) -> None:
        assert kind is Kind.INVERSE
        heard.append(dict(event))
        deliver(kind, event)

    coin.running.exchange.user_events.deliver = listen
    await client.create_order(PERP, "market", "sell", 25)
    names = [event["e"] for event in heard]
    assert names == ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"]
    assert heard[-1]["o"]["ma"] == "BTC"
    assert heard[1]["a"]["B"][0]["a"] == "BTC"
    assert heard[1]["a"]["P"][0]["pa"] == "-25"


async def test_an_expired_listen_key_is_told(coin: Coin) -> None:
    key = coin.running.door.coin_listen_key
    watching = asyncio.create_task(coin.client.watch_orders(PERP))
    for _ in range(100):
        if key.value:
            break
        await asyncio.sleep(0.02)
    assert coin.running.door.listen_key.value == ""
    assert key.valid(coin.running.exchange.clock.now_ms())
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


def recorded_touch() -> dict[str, Any]:
    """The first book ticker of the recording."""
    with gzip.open(next(TICKS.glob("cm_btcusd_perp*.gz"))) as file:
        messages = (orjson.loads(line.partition(b" ")[2])["data"] for line in file)
        return next(each for each in messages if each.get("e") == "bookTicker")


@pytest.mark.skipif(not TICKS.exists(), reason="the recorded COIN-M messages are not beside this")
async def test_market_messages_have_the_recorded_shape(coin: Coin) -> None:
    recorded = recorded_touch()
    publisher, venue = coin.running.publisher, coin.running.exchange.venue
    touch = venue.coin_futures.desk.books["BTCUSD_PERP"].touch()
    assert touch is not None
    told = publisher.touch_message(Kind.INVERSE, "BTCUSD_PERP", touch)
    assert differences(told, recorded) == []
    assert str(told["b"])[::-1].index(".") == recorded["b"][::-1].index(".")
