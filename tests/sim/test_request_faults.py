"""What befalls requests, and what the venue then knows."""

import asyncio
import time

import aiohttp
import pytest
from yarl import URL

from tests.sim.callers import Caller

ORDER = "/fapi/v1/order"


async def held(caller: Caller) -> str:
    positions = (await caller.state())["positions"]
    return str(positions[0]["qty"]) if positions else "0"


async def test_a_dropped_reply_was_accepted(caller: Caller) -> None:
    await caller.told("fault", path=ORDER, verb="POST", kind="drop_reply")
    with pytest.raises(aiohttp.ClientError):
        await caller.order("lost")
    assert await held(caller) == "-0.100"
    status, order = await caller.call("GET", ORDER, symbol="BTCUSDT", origClientOrderId="lost")
    assert (status, order["status"]) == (200, "FILLED")


async def test_an_error_after_accepting_leaves_the_order(caller: Caller) -> None:
    await caller.told("fault", path=ORDER, kind="fail_after")
    status, body = await caller.order("unknown")
    assert (status, body["code"], await held(caller)) == (503, -1007, "-0.100")


async def test_an_error_before_accepting_leaves_nothing(caller: Caller) -> None:
    await caller.told("fault", path=ORDER, kind="fail_before", status=502, code=-1001)
    status, body = await caller.order("refused")
    assert (status, body["code"], await held(caller)) == (502, -1001, "0")


async def test_a_late_reply_was_accepted_at_once(caller: Caller) -> None:
    await caller.told("fault", path=ORDER, kind="delay_reply", ms=300)
    sending = asyncio.create_task(caller.order("late"))
    await asyncio.sleep(0.15)
    assert (await held(caller), sending.done()) == ("-0.100", False)
    assert (await sending)[0] == 200


async def test_a_late_request_is_accepted_late(caller: Caller) -> None:
    await caller.told("fault", path=ORDER, kind="delay_request", ms=300)
    sending = asyncio.create_task(caller.order("late"))
    await asyncio.sleep(0.15)
    assert await held(caller) == "0"
    assert (await sending)[0] == 200
    assert await held(caller) == "-0.100"


async def test_a_request_may_arrive_after_its_connection_broke(caller: Caller) -> None:
    await caller.told("fault", path=ORDER, kind="cut_early", ms=300)
    with pytest.raises(aiohttp.ClientError):
        await caller.order("orphan")
    assert await held(caller) == "0"
    await asyncio.sleep(0.5)
    assert await held(caller) == "-0.100"


async def test_a_request_later_than_its_window_is_refused(caller: Caller) -> None:
    await caller.told("fault", path=ORDER, kind="delay_request", ms=150)
    status, body = await caller.order("too late", recvWindow=50)
    assert (status, body["code"], await held(caller)) == (400, -1021, "0")


async def test_an_order_fills_in_part_and_expires(caller: Caller) -> None:
    await caller.told("fault", path=ORDER, kind="partial_fill", share="0.3")
    _, order = await caller.order("part")
    assert (order["status"], order["executedQty"]) == ("EXPIRED", "0.030")


async def test_a_rule_counts_and_skips(caller: Caller) -> None:
    await caller.told("fault", path="/fapi/v1/or*", kind="throttle", skip=1, count=2)
    statuses = [(await caller.order(f"order{n}"))[0] for n in range(4)]
    assert statuses == [200, 429, 429, 200]
    assert (await caller.state())["faults"] == []


async def test_rules_are_lifted_by_name(caller: Caller) -> None:
    await caller.told("fault", name="a", path=ORDER, kind="throttle", count=99)
    await caller.told("clear", name="a")
    assert (await caller.order("fine"))[0] == 200


async def test_maintenance_refuses_everything_and_cuts_sockets(caller: Caller) -> None:
    ws = await caller.futures_events()
    await caller.told("maintenance")
    status, body = await caller.order("closed")
    assert (status, body["msg"]) == (503, "System is under maintenance.")
    assert (await ws.receive(timeout=2)).type is not aiohttp.WSMsgType.TEXT
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await caller.futures_events("any")
    await caller.told("maintenance", on=False)
    assert (await caller.order("open"))[0] == 200


async def test_stale_rest_tells_the_past(caller: Caller) -> None:
    await caller.order("one")
    await asyncio.sleep(0.2)
    await caller.order("two")
    await caller.told("stale", ms=150)
    _, rows = await caller.call("GET", "/fapi/v3/positionRisk")
    assert [row["positionAmt"] for row in rows] == ["-0.100"]
    await caller.told("stale", ms=0)
    _, rows = await caller.call("GET", "/fapi/v3/positionRisk")
    assert [row["positionAmt"] for row in rows] == ["-0.200"]


async def test_stale_rest_is_no_older_because_the_venues_clock_jumped(caller: Caller) -> None:
    await caller.order("one")
    await asyncio.sleep(0.2)
    await caller.order("two")
    await asyncio.sleep(0.2)
    await caller.told("skew", ms=-60_000)
    await caller.told("stale", ms=150)
    _, rows = await caller.call("GET", "/fapi/v3/positionRisk")
    assert [row["positionAmt"] for row in rows] == ["-0.200"]


@pytest.mark.parametrize("redated", [False, True])
async def test_an_old_position_may_be_dated_as_if_it_were_new(
    caller: Caller, *, redated: bool
) -> None:
    await caller.order("one")
    changed_ms = (await caller.state())["positions"][0]["updated_ms"]
    await asyncio.sleep(0.2)
    await caller.order("two")
    await caller.told("stale", ms=150, redated=redated)
    _, (row,) = await caller.call("GET", "/fapi/v3/positionRisk")
    assert row["positionAmt"] == "-0.100"
    assert (row["updateTime"] > changed_ms + 150) is redated


@pytest.mark.parametrize("redated", [False, True])
async def test_a_wallet_is_dated_when_it_last_changed_or_as_if_it_were_new(
    caller: Caller, *, redated: bool
) -> None:
    begun_ms = caller.running.exchange.clock.now_ms()
    await asyncio.sleep(0.2)
    await caller.order("pays a fee")
    await caller.told("stale", ms=150, redated=redated)
    asked_ms = caller.running.exchange.clock.now_ms()
    _, futures = await caller.call("GET", "/fapi/v3/account")
    _, spot = await caller.call("GET", "/api/v3/account")
    (usdt,) = [row for row in futures["assets"] if row["asset"] == "USDT"]
    for dated_ms in (usdt["updateTime"], spot["updateTime"]):
        assert (dated_ms >= asked_ms) is redated
        assert redated or 0 < dated_ms <= begun_ms

    await caller.told("stale", ms=0)
    _, futures = await caller.call("GET", "/fapi/v3/account")
    (usdt,) = [row for row in futures["assets"] if row["asset"] == "USDT"]
    assert begun_ms + 200 <= usdt["updateTime"] <= asked_ms


async def test_who_leaves_before_the_handshake_is_no_error(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    server = URL(caller.running.rest_url)
    assert server.host is not None
    for _ in range(20):
        _, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(
            b"GET /ws/btcusdt@bookTicker HTTP/1.1\r\nHost: venue\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n"
        )
        writer.transport.abort()
    await asyncio.sleep(0.1)
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []
    assert (await caller.call("GET", "/api/v3/ping"))[0] == 200


async def test_requests_are_counted_by_verb_and_path(caller: Caller) -> None:
    await caller.order("one")
    await caller.call("GET", "/fapi/v1/openOrders")
    requests = (await caller.state())["requests"]
    assert requests == {"POST /fapi/v1/order": 1, "GET /fapi/v1/openOrders": 1}


async def test_moments_tell_what_was_sent_and_when_orders_came(caller: Caller) -> None:
    ws = await caller.futures_events()
    before = time.monotonic_ns()
    await caller.order("one")
    await ws.receive(timeout=2)
    await asyncio.sleep(0.1)
    async with caller.http.get(f"{caller.running.rest_url}/_control/moments") as response:
        moments = await response.json()
    assert [label for label, _ in moments] == [
        "order",
        "ORDER_TRADE_UPDATE",
        "TRADE_LITE",
        "ACCOUNT_UPDATE",
        "ORDER_TRADE_UPDATE",
    ]
    assert all(before <= ns <= time.monotonic_ns() for _, ns in moments)


@pytest.mark.parametrize(
    ("command", "fields", "why"),
    [
        ("nothing", {}, "no command nothing"),
        ("price", {"symbol": "BTCUSDT"}, "price is missing"),
        ("price", {"symbol": "BTCUSDT", "price": -1}, "above zero"),
        ("price", {"symbol": "BTCUSDT", "price": 1, "speed": 2}, "unknown fields: speed"),
        ("deposit", {"asset": "BTC", "qty": "many"}, "qty is no number"),
        ("withdraw", {"asset": "BTC", "qty": "11"}, "balance"),
        ("mute", {"market": "moon", "channel": "user"}, "market is moon"),
        ("mute", {"market": "spot", "channel": "radio"}, "not one of user, market"),
        ("fault", {"path": "/x", "kind": "gremlin"}, "kind is none of"),
        ("transfer", {"asset": "USDT", "qty": "1", "to": "moon"}, "to is moon, not one of spot"),
        ("depth", {"market": "spot", "symbol": "BTCUSDT", "bids": [[2, 1]], "asks": [[1, 1]]},
         "not below"),
    ],
)  # fmt: skip
async def test_commands_that_make_no_sense_are_refused_with_the_reason(
    caller: Caller, command: str, fields: dict[str, object], why: str
) -> None:
    before = (await caller.state())["ledger"]
    status, body = await caller.refused(command, **fields)
    assert status in {400, 404}
    assert why in body["error"]
    assert (await caller.state())["ledger"] == before
