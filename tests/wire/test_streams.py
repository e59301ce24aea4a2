"""Every stream that the daemon uses, watched by unmodified ccxt.pro."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from hedgebot.sim.config import Generated
from hedgebot.venue_model import treasury
from tests.wire.clients import trading
from tests.wire.conftest import Market

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
Result = TypeVar("Result")


async def soon(call: Awaitable[Result]) -> Result:
    return await asyncio.wait_for(call, 5)


@pytest.fixture
async def moving() -> AsyncIterator[Market]:
    async with trading(market=Generated(step_ms=100)) as (running, spot, futures):
        yield Market(running, spot, futures)


async def test_touches_arrive_and_move(moving: Market) -> None:
    for client, symbol in ((moving.futures, PERP), (moving.spot, SPOT)):
        first = (await soon(client.watch_bids_asks([symbol])))[symbol]
        second = (await soon(client.watch_bids_asks([symbol])))[symbol]
        assert first["bid"] < first["ask"]
        assert (first["bid"], first["bidVolume"]) != (second["bid"], second["bidVolume"])


async def test_marks_arrive_each_second_with_the_funding_rate(moving: Market) -> None:
    one = await soon(moving.futures.watch_mark_price(PERP))
    assert one["info"]["r"] == "0.00010000"
    many = await soon(moving.futures.watch_mark_prices([PERP, "ETH/USDT:USDT"]))
    assert set(many) <= {PERP, "ETH/USDT:USDT"}
    assert one["markPrice"] == pytest.approx(60_000, rel=0.05)


async def test_order_books_can_be_followed(moving: Market) -> None:
    for client, symbol in ((moving.futures, PERP), (moving.spot, SPOT)):
        for _ in range(3):
            book = await soon(client.watch_order_book(symbol))
        assert book["bids"][0][0] < book["asks"][0][0]
        live = moving.running.exchange.venue
        desk = live.spot if client is moving.spot else live.futures.desk
        touch = desk.books["BTCUSDT"].touch()
        assert touch is not None
        assert book["bids"][0][0] == pytest.approx(float(touch[0][0]), rel=0.001)


async def test_public_trades_arrive(market: Market) -> None:
    for client, symbol in ((market.futures, PERP), (market.spot, SPOT)):
        watching = asyncio.create_task(client.watch_trades(symbol))
        await asyncio.sleep(0.3)
        await client.create_order(symbol, "market", "buy", 0.2)
        (trade,) = await soon(watching)
        assert (trade["side"], trade["amount"]) == ("buy", 0.2)


async def watched(client: Any, name: str, act: Awaitable[Any], *args: Any) -> Any:
    """What a watch call yields once something happens."""
    await client.load_markets()
    watching = asyncio.create_task(getattr(client, name)(*args))
    await asyncio.sleep(0.3)
    await act
    return await soon(watching)


async def test_futures_orders_and_trades_are_pushed(market: Market) -> None:
    client = market.futures
    order = client.create_order(PERP, "limit", "sell", 0.5, 61_000)
    (pushed,) = await watched(client, "watch_orders", order)
    assert (pushed["status"], pushed["amount"]) == ("open", 0.5)
    taken = client.create_order(PERP, "market", "sell", 0.25)
    (trade,) = await watched(client, "watch_my_trades", taken)
    assert (trade["amount"], trade["side"], trade["takerOrMaker"]) == (0.25, "sell", "taker")


async def test_positions_are_pushed(market: Market) -> None:
    client = market.futures
    assert await soon(client.watch_positions()) == []
    sold = client.create_order(PERP, "market", "sell", 0.25)
    (position,) = await watched(client, "watch_positions", sold)
    assert (position["side"], position["contracts"]) == ("short", 0.25)


async def test_futures_balances_are_pushed(market: Market) -> None:
    futures = market.running.exchange.venue.futures

    async def transfer() -> None:
        treasury.transfer_futures_half(futures, "USDT", Decimal(5), 1)

    balance = await watched(market.futures, "watch_balance", transfer())
    assert balance["USDT"]["total"] == 1_000_005


async def test_spot_events_are_pushed(market: Market) -> None:
    client = market.spot
    bought = client.create_order(SPOT, "market", "buy", 1)
    balance = await watched(client, "watch_balance", bought)
    assert balance["BTC"]["total"] == pytest.approx(10.999)
    order = client.create_order(SPOT, "limit", "buy", 1, 59_000)
    pushed = (await watched(client, "watch_orders", order))[-1]
    assert (pushed["status"], pushed["price"]) == ("open", 59_000)
    sold = client.create_order(SPOT, "market", "sell", 0.5)
    trade = (await watched(client, "watch_my_trades", sold))[-1]
    assert (trade["amount"], trade["fee"]["currency"]) == (0.5, "USDT")


async def test_deposits_are_pushed_to_the_spot_stream(market: Market) -> None:
    async def arrive() -> None:
        treasury.deposit(market.running.exchange.venue, "BTC", Decimal(2), 1)

    await watched(market.spot, "watch_balance", arrive())
    for _ in range(50):  # the change comes in a frame of its own, before the total
        if market.spot.balance["spot"]["BTC"]["total"] == 12.0:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"no total of 12 BTC in {market.spot.balance}")


async def test_both_sides_share_one_account_but_not_their_events(market: Market) -> None:
    spot, futures = market.spot, market.futures
    await spot.load_markets()
    quiet = asyncio.create_task(spot.watch_orders())
    bought = futures.create_order(PERP, "market", "buy", 0.1)
    await watched(futures, "watch_my_trades", bought)
    await asyncio.sleep(0.2)
    assert not quiet.done()
    quiet.cancel()
    with pytest.raises(asyncio.CancelledError):
        await quiet
