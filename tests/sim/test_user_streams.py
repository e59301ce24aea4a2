"""User streams: order of events, faults on their way, keys that end, silence."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.sim.callers import Caller, heard, names


async def test_a_futures_fill_tells_order_account_trade(caller: Caller) -> None:
    ws = await caller.futures_events()
    await caller.order("one")
    events = await heard(ws)
    assert names(events) == [
        "ORDER_TRADE_UPDATE",
        "TRADE_LITE",
        "ACCOUNT_UPDATE",
        "ORDER_TRADE_UPDATE",
    ]
    assert (events[0]["o"]["x"], events[3]["o"]["x"]) == ("NEW", "TRADE")
    assert events[2]["a"]["P"][0]["pa"] == "-0.1"
    assert events[3]["o"]["i"] == events[0]["o"]["i"]


async def test_a_spot_fill_tells_order_trade_balance(caller: Caller) -> None:
    ws = await caller.spot_events()
    await caller.told("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")
    events = await heard(ws)
    assert names(events) == ["executionReport", "executionReport", "outboundAccountPosition"]
    assert (events[1]["N"], events[1]["n"]) == ("BTC", "0.00100000")
    assert events[2]["B"][0] == {"a": "BTC", "f": "10.99900000", "l": "0.00000000"}


async def test_deposits_and_withdrawals_name_the_change(caller: Caller) -> None:
    ws = await caller.spot_events()
    await caller.told("deposit", asset="BTC", qty="1.5")
    await caller.told("withdraw", asset="BTC", qty="0.5")
    events = await heard(ws)
    assert names(events) == ["balanceUpdate", "outboundAccountPosition"] * 2
    assert [e["d"] for e in events[::2]] == ["1.50000000", "-0.50000000"]
    status, rows = await caller.call("GET", "/sapi/v1/capital/withdraw/history")
    assert (status, [(r["coin"], r["amount"]) for r in rows]) == (200, [("BTC", "0.5")])


@pytest.mark.parametrize("first", ["spot", "futures"])
async def test_a_transfer_has_two_halves_in_either_order(caller: Caller, first: str) -> None:
    spot, futures = await caller.spot_events(), await caller.futures_events()
    fields = {"asset": "USDT", "qty": "100", "to": "futures", "delay_ms": 300, "first": first}
    await caller.told("transfer", **fields)
    early, late = (spot, futures) if first == "spot" else (futures, spot)
    assert await heard(late, 0.1) == []
    assert await heard(early, 0.1)
    assert await heard(late, 0.4)
    state = await caller.state()
    assert state["futures"]["USDT"] == "1000100"
    assert state["spot"]["USDT"]["total"] == "999900"


async def test_a_transfer_whose_coins_went_elsewhere_meanwhile_was_none(caller: Caller) -> None:
    fields = {"asset": "BTC", "qty": "10", "to": "futures", "delay_ms": 100, "first": "futures"}
    await caller.told("transfer", **fields)
    await caller.told("withdraw", asset="BTC", qty="10")
    await asyncio.sleep(0.3)
    state = await caller.state()
    assert (state["futures"]["BTC"], state["spot"]["BTC"]["total"]) == ("0", "0")


async def test_events_get_lost_doubled_late_and_out_of_order(caller: Caller) -> None:
    ws = await caller.futures_events()
    for kind, count in (("lose", 1), ("duplicate", 1), ("reorder", 2)):
        await caller.told("events", market="futures", kind=kind, count=count)
    await caller.order("one")
    assert names(await heard(ws)) == [
        "TRADE_LITE",
        "TRADE_LITE",
        "ORDER_TRADE_UPDATE",
        "ACCOUNT_UPDATE",
    ]
    await caller.told("events", market="futures", kind="delay", event="ACCOUNT_UPDATE", ms=200)
    await caller.order("two")
    assert names(await heard(ws))[-1] == "ACCOUNT_UPDATE"


async def test_an_expired_key_is_announced_and_then_silent(caller: Caller) -> None:
    ws = await caller.futures_events()
    await caller.told("expire_listen_key")
    await caller.order("unheard")
    assert names(await heard(ws)) == ["listenKeyExpired"]
    url, headers = "/fapi/v1/listenKey", {"X-MBX-APIKEY": "local-key"}
    async with caller.http.put(caller.running.rest_url + url, headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, -1125)
    again = await caller.futures_events()
    await caller.order("heard")
    assert len(await heard(again)) == 4


async def test_an_ended_spot_stream_is_announced_and_then_silent(caller: Caller) -> None:
    ws = await caller.spot_events()
    await caller.told("end_spot_stream")
    await caller.told("deposit", asset="BTC", qty="1")
    assert names(await heard(ws)) == ["eventStreamTerminated"]


async def pong(ws: aiohttp.ClientWebSocketResponse) -> bool:
    await ws.ping(b"there?")
    try:
        return (await ws.receive(timeout=0.3)).type is aiohttp.WSMsgType.PONG
    except TimeoutError:
        return False


@pytest.mark.parametrize("pongs", [True, False])
async def test_a_muted_socket_stays_open(caller: Caller, *, pongs: bool) -> None:
    key = await caller.listen_key()
    url = f"{caller.running.ws_url}/private/ws?listenKey={key}"
    ws = await caller.http.ws_connect(url, autoping=False)
    await caller.told("mute", market="futures", channel="user", pongs=pongs)
    await caller.order("unheard")
    assert await pong(ws) is pongs
    await caller.told("unmute", market="futures", channel="user")
    assert await pong(ws)
    await caller.order("heard")
    assert len(await heard(ws)) == 4


async def test_sockets_are_cut(caller: Caller) -> None:
    ws = await caller.futures_events()
    assert await caller.told("disconnect", market="futures", channel="user") == 1
    message = await ws.receive(timeout=2)
    assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}


async def test_only_the_events_that_were_asked_for(caller: Caller) -> None:
    key = await caller.listen_key()
    address = f"/private/ws?listenKey={key}&events=ACCOUNT_UPDATE"
    ws = await caller.http.ws_connect(caller.running.ws_url + address)
    await caller.order("one")
    assert names(await heard(ws)) == ["ACCOUNT_UPDATE"]


async def test_a_wrong_signature_is_refused_on_the_websocket_api(caller: Caller) -> None:
    ws = await caller.http.ws_connect(f"{caller.running.ws_url}/ws-api/v3")
    now = caller.running.exchange.clock.now_ms()
    for change, code in (
        ({"signature": "00"}, -1022),
        ({"apiKey": "other", "signature": "00"}, -2015),
        ({}, -1102),
    ):
        params = {"apiKey": "local-key", "timestamp": now, **change}
        await ws.send_json(
            {"id": 7, "method": "userDataStream.subscribe.signature", "params": params}
        )
        answer = await ws.receive_json(timeout=2)
        assert (answer["id"], answer["error"]["code"]) == (7, code)


async def acts(caller: Caller, *commands: tuple[str, dict[str, Any]]) -> list[Any]:
    ws = await caller.futures_events()
    for name, fields in commands:
        await caller.told(name, **fields)
    return await heard(ws)


async def test_deleveraging_and_liquidation_carry_their_names(caller: Caller) -> None:
    await caller.order("one")
    events = await acts(
        caller,
        ("adl", {"symbol": "BTCUSDT", "qty": "0.04"}),
        ("adl", {"symbol": "BTCUSDT", "qty": "0.01", "execution": "TRADE"}),
        ("liquidate", {"symbol": "BTCUSDT"}),
    )
    orders = [e["o"] for e in events if e["e"] == "ORDER_TRADE_UPDATE"]
    assert [(o["x"], o["X"], o["l"]) for o in orders] == [
        ("CALCULATED", "FILLED", "0.040"),
        ("TRADE", "FILLED", "0.010"),
        ("CALCULATED", "FILLED", "0.050"),
    ]
    assert orders[0]["c"] == "adl_autoclose"
    assert orders[2]["c"].startswith("autoclose-")
    _, trades = await caller.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert [t["qty"] for t in trades] == ["0.100", "0.040", "0.010", "0.050"]


async def test_changed_settings_are_announced_where_the_venue_does(caller: Caller) -> None:
    events = await acts(
        caller,
        ("leverage", {"symbol": "BTCUSDT", "leverage": 7}),
        ("assets_mode", {"multi": True}),
        ("margin_type", {"symbol": "BTCUSDT", "isolated": True}),
        ("position_mode", {"dual": True}),
    )
    assert [e.get("ac") or e.get("ai") or e["a"]["m"] for e in events] == [
        {"s": "BTCUSDT", "l": 7},
        {"j": True},
        "MARGIN_TYPE_CHANGE",
    ]
    _, answer = await caller.call("GET", "/fapi/v1/positionSide/dual")
    assert answer == {"dualSidePosition": True}


async def test_funding_is_paid_and_listed(caller: Caller) -> None:
    await caller.order("one")
    await caller.told("funding_rate", symbol="BTCUSDT", rate="0.0003")
    events = await acts(caller, ("fund", {"symbol": "BTCUSDT"}))
    assert (events[0]["a"]["m"], events[0]["a"]["P"]) == ("FUNDING_FEE", [])
    assert events[0]["a"]["B"][0]["bc"] == "1.8"
    _, rows = await caller.call("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")
    assert [(r["income"], r["symbol"]) for r in rows] == [("1.80000000", "BTCUSDT")]


async def test_a_foreign_order_rests_and_can_be_cancelled(caller: Caller) -> None:
    ticket = {"market": "futures", "symbol": "BTCUSDT", "side": "BUY", "qty": "1", "price": 59_000}
    made = await caller.told("trade", **ticket, client_id="web_1")
    assert made["status"] == "NEW"
    _, rows = await caller.call("GET", "/fapi/v1/openOrders", symbol="BTCUSDT")
    assert [r["clientOrderId"] for r in rows] == ["web_1"]
    await caller.told("cancel", market="futures", symbol="BTCUSDT", client_id="web_1")
    assert (await caller.call("GET", "/fapi/v1/openOrders"))[1] == []


async def test_a_resting_order_fills_when_the_price_comes(caller: Caller) -> None:
    ws = await caller.futures_events()
    ticket = {"market": "futures", "symbol": "BTCUSDT", "side": "BUY", "qty": "1", "price": 59_000}
    await caller.told("trade", **ticket)
    await caller.told("path", symbol="BTCUSDT", prices=[59_500, 58_900], step_ms=50)
    await asyncio.sleep(0.1)
    events = await heard(ws)
    trade = next(e["o"] for e in events if e.get("o", {}).get("x") == "TRADE")
    assert (trade["m"], trade["L"], trade["X"]) == (True, "59000.00", "FILLED")
