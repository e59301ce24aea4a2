import asyncio

import pytest
from aiohttp import web

from hedgebot.adapters.binance import ids
from hedgebot.adapters.binance.orders import CancelFailed
from hedgebot.domain.actions import LookUp
from hedgebot.domain.events import LookedUp, LookUpFailed
from hedgebot.domain.orders import Cause, OrderStatus
from tests.adapters.binance.entries import BTC, OURS, perp_at_fake
from tests.adapters.binance.fake_binance import Serve, answer, cut, order_row, raw, silence

ORDER, TRADES = "/fapi/v1/order", "/fapi/v1/userTrades"
NAME = ids.encode(OURS)
NOT_FOUND = {"code": -2013, "msg": "Order does not exist."}


def trade(**changes: object) -> dict[str, object]:
    return {
        "id": 5, "orderId": 77, "symbol": "BTCUSDT", "side": "SELL", "price": "60000",
        "qty": "0.01", "realizedPnl": "0",
        "commission": "0.3", "commissionAsset": "USDT", "time": 1_000,
        "positionSide": "BOTH",
    } | changes  # fmt: skip


async def test_a_cancel_names_the_order_and_tells_its_state() -> None:
    async with perp_at_fake() as (fake, venue):
        row = order_row(status="CANCELED", executedQty="0.004", clientOrderId=NAME)
        fake.on("DELETE", ORDER, answer(row))
        report = await venue.cancel(OURS, BTC)
        assert report is not None
        assert (report.status, str(report.filled_qty)) == (OrderStatus.CANCELLED, "0.004")
        assert fake.last("DELETE", ORDER)["origClientOrderId"] == NAME


async def test_a_cancel_of_an_order_that_is_not_open_tells_nothing() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("DELETE", ORDER, answer({"code": -2011, "msg": "Unknown order sent."}, 400))
        assert await venue.cancel(OURS, BTC) is None


@pytest.mark.parametrize("serve", [cut, raw("", 502), answer({"code": -1003, "msg": ""}, 429)])
async def test_invariant_2_a_cancel_is_not_repeated_by_the_transport(serve: Serve) -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("DELETE", ORDER, serve)
        # A kept-alive connection is what aiohttp would repeat on.
        fake.on("GET", ORDER, answer(order_row()))
        await venue.look_up(LookUp(OURS, BTC, 0))
        with pytest.raises(CancelFailed, match="perp: cancel"):
            await venue.cancel(OURS, BTC)
        await asyncio.sleep(0.05)
        assert fake.count("DELETE", ORDER) == 1


async def test_a_look_up_finds_the_order_and_its_trades() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", ORDER, answer(order_row(clientOrderId=NAME, orderId=77)))
        fake.on("GET", TRADES, answer([trade(), trade(id=6, orderId=78)]), answer([]))
        fake.on(
            "GET", ORDER, answer(order_row(clientOrderId=NAME, orderId=77)),
            answer(order_row(clientOrderId="web_1", orderId=78)),
        )  # fmt: skip
        found = await venue.look_up(LookUp(OURS, BTC, 1))
    assert isinstance(found, LookedUp)
    assert found.report is not None
    assert found.report.order_id == OURS
    assert [(fill.order_id, fill.cause) for fill in found.fills] == [
        (OURS, Cause.OURS), (None, Cause.FOREIGN),
    ]  # fmt: skip


async def test_a_trade_tells_of_an_order_that_the_look_up_missed() -> None:
    async with perp_at_fake() as (fake, venue):
        by_id = answer(order_row(clientOrderId=NAME, orderId=77))
        fake.on("GET", ORDER, answer(NOT_FOUND, 400), by_id)
        fake.on("GET", TRADES, answer([trade()]), answer([]))
        found = await venue.look_up(LookUp(OURS, BTC, 1))
        assert fake.last("GET", ORDER)["orderId"] == "77"
    assert isinstance(found, LookedUp)
    assert found.report is None
    assert found.fills[0].order_id == OURS


async def test_a_slow_venue_is_asked_side_by_side() -> None:
    under_way: list[int] = []
    most = 0

    async def slowly(request: web.Request) -> web.StreamResponse:
        nonlocal most
        under_way.append(1)
        most = max(most, len(under_way))
        await asyncio.sleep(0.2)
        under_way.pop()
        number = request.query.get("orderId", "1")
        return await answer(order_row(clientOrderId=f"web_{number}", orderId=int(number)))(request)

    async with perp_at_fake() as (fake, venue):
        fake.on("GET", ORDER, slowly)
        trades = [trade(id=number, orderId=number) for number in range(10, 22)]
        fake.on("GET", TRADES, answer(trades), answer([]))  # the older windows are empty
        found = await venue.look_up(LookUp(OURS, BTC, 1))
    assert isinstance(found, LookedUp)
    assert [fill.client_order_id for fill in found.fills] == [f"web_{n}" for n in range(10, 22)]
    assert most == 12


async def test_an_order_that_the_venue_does_not_know() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", ORDER, answer(NOT_FOUND, 400))
        found = await venue.look_up(LookUp(OURS, BTC, 1))
    assert isinstance(found, LookedUp)
    assert (found.report, found.fills) == (None, ())


async def test_reads_are_tried_again_and_the_last_error_is_told() -> None:
    async with perp_at_fake() as (fake, venue):
        good = answer(order_row(clientOrderId=NAME))
        fake.on("GET", ORDER, cut, raw("", 502), answer({"code": -1007, "msg": ""}, 408), good)
        assert isinstance(await venue.look_up(LookUp(OURS, BTC, 1)), LookedUp)
        assert fake.count("GET", ORDER) == 4
        fake.on("GET", ORDER, answer({"code": -2015, "msg": "Invalid API-key"}, 401))
        failed = await venue.look_up(LookUp(OURS, BTC, 1))
    assert failed == LookUpFailed(
        OURS, "perp: GET fapiPrivate/order was refused, -2015 Invalid API-key"
    )


async def test_a_read_is_bounded_when_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedgebot.adapters.binance.orders.LOOK_UP_S_MAX", 0.3)
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", ORDER, silence)
        assert isinstance(await venue.look_up(LookUp(OURS, BTC, 1)), LookUpFailed)


async def test_a_full_page_is_read_again_in_halves() -> None:
    rows = [trade(id=n, orderId=77, time=n) for n in range(1, 1_500)]

    async def page(request: web.Request) -> web.StreamResponse:
        start, end = int(request.query["startTime"]), int(request.query["endTime"])
        found = [row for row in rows if start <= int(str(row["time"])) <= end]
        return web.json_response(found[:1_000])

    async with perp_at_fake() as (fake, venue):
        fake.on("GET", ORDER, answer(order_row(clientOrderId=NAME, orderId=77)))
        fake.on("GET", TRADES, page)
        assert venue._prepared is not None
        clock = venue._prepared.orders.rest.clock
        clock.forget()
        clock.read(sent_ms=clock.clock.now_ms(), received_ms=clock.clock.now_ms(),
                   trip_ms=0, venue_ms=2_000)  # fmt: skip
        found = await venue.look_up(LookUp(OURS, BTC, 1))
    assert isinstance(found, LookedUp)
    assert [int(fill.trade_id) for fill in found.fills] == list(range(1, 1_500))
