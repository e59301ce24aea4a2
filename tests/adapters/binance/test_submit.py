"""Invariants 2 and 2b at the wire: sent once, and every silence has its right name."""

import asyncio
import socket
import time
from dataclasses import replace

import pytest
from aiohttp import web

from hedgebot.adapters.binance import Budgets
from hedgebot.adapters.binance.allowed import Forbidden
from hedgebot.adapters.binance.orders import CancelFailed
from hedgebot.domain.events import (
    NotSent,
    NotSentReason,
    OutcomeUnknown,
    Refused,
    Submitted,
)
from hedgebot.domain.orders import OrderStatus, Refusal
from tests.adapters.binance import entries, fake_binance
from tests.adapters.binance.entries import OURS, entry, intent, perp_at_fake
from tests.adapters.binance.fake_binance import Serve, answer, cut, order_row, raw, silence

ORDER = "/fapi/v1/order"


def yes() -> None:
    return None


async def test_an_order_goes_out_in_the_venue_s_words_and_comes_back_as_a_report() -> None:
    async with perp_at_fake() as (fake, venue):
        name = "1a2b3c4d-00000a-0000000001-deadbeef"
        fake.on("POST", ORDER, answer(order_row(clientOrderId=name)))
        outcome = await venue.submit(intent(reduce_only=True), yes)
        sent = fake.last("POST", ORDER)
    assert isinstance(outcome, Submitted)
    assert outcome.report.order_id == OURS
    assert outcome.report.status is OrderStatus.FILLED
    assert abs(int(sent.pop("timestamp")) - int(time.monotonic() * 1000)) < 5_000
    assert sent.pop("signature")
    assert sent == {
        "symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "IOC",
        "quantity": "0.010", "price": "59900.0", "newClientOrderId": name,
        "newOrderRespType": "RESULT", "reduceOnly": "true", "recvWindow": "3000",
    }  # fmt: skip


@pytest.mark.parametrize(
    "serve",
    [
        cut,
        silence,
        raw("<html>bad gateway</html>", 502),
        raw("{not json", 200),
        raw("", 200),
        answer({"code": -1007, "msg": "Timeout waiting for response from backend server."}, 408),
        answer({"code": -1006, "msg": "unexpected response"}, 400),
        answer({"unexpected": "shape"}),
        answer([]),
        answer({"code": -4116, "msg": "ClientOrderId is duplicated."}, 400),
        answer(order_row(status="PAUSED")),
        answer(order_row(clientOrderId="another")),
    ],
)
async def test_invariant_2_what_may_have_been_accepted_is_unknown_and_sent_once(
    serve: Serve,
) -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("POST", ORDER, serve)
        started_ms = time.time_ns() // 1_000_000
        outcome = await venue.submit(intent(), yes)
        assert isinstance(outcome, OutcomeUnknown)
        assert outcome.order_id == OURS
        assert 2_900 <= outcome.valid_until_ms - started_ms <= 3_300
        await asyncio.sleep(0.05)
        assert fake.count("POST", ORDER) == 1


async def test_invariant_2_a_redirect_is_not_followed() -> None:
    async def elsewhere(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect("/fapi/v1/order")

    async with perp_at_fake() as (fake, venue):
        fake.on("POST", ORDER, elsewhere)
        assert isinstance(await venue.submit(intent(), yes), OutcomeUnknown)
        assert fake.count("POST", ORDER) == 1


@pytest.mark.parametrize(
    ("serve", "refusal", "code"),
    [
        (answer({"code": -2019, "msg": "Margin is insufficient."}, 400), Refusal.MARGIN, "-2019"),
        (answer({"code": -2022, "msg": "rejected"}, 400), Refusal.REDUCE_ONLY, "-2022"),
        (answer({"code": -1008, "msg": "throttled"}, 503), Refusal.THROTTLED, "-1008"),
        (answer({"code": -2015, "msg": "Invalid API-key"}, 401), Refusal.FATAL, "-2015"),
    ],
)
async def test_a_named_refusal_is_a_refusal(serve: Serve, refusal: Refusal, code: str) -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("POST", ORDER, serve)
        outcome = await venue.submit(intent(), yes)
    assert isinstance(outcome, Refused)
    assert (outcome.refusal, outcome.code) == (refusal, code)


async def test_a_throttled_host_is_left_alone_until_it_said() -> None:
    async with perp_at_fake() as (fake, venue):
        body = {"code": -1003, "msg": "Too many requests"}
        fake.on("POST", ORDER, answer(body, 429, {"Retry-After": "60"}))
        first = await venue.submit(intent(), yes)
        second = await venue.submit(intent(), yes)
        assert fake.count("POST", ORDER) == 1
    assert isinstance(first, Refused)
    assert (first.refusal, first.retry_after_ms) == (Refusal.THROTTLED, 60_000)
    assert second == NotSent(OURS, NotSentReason.BUDGET)


async def test_nothing_but_silence_goes_to_a_host_that_asked_for_it() -> None:
    pace = replace(entries.QUICK, clock_every_ms=20)
    async with perp_at_fake(pace=pace) as (fake, venue):
        body = {"code": -1003, "msg": "Way too many requests; IP banned"}
        fake.on("POST", ORDER, answer(body, 418, {"Retry-After": "60"}))
        assert isinstance(await venue.submit(intent(), yes), Refused)
        before = len(fake.requests)
        streaming = asyncio.create_task(venue.run(lambda _event: None))
        with pytest.raises(CancelFailed, match="budget is spent"):
            await venue.cancel(OURS, entries.BTC)
        await asyncio.sleep(0.2)
        streaming.cancel()
        await asyncio.gather(streaming, return_exceptions=True)
        assert fake.requests[before:] == []


async def test_a_wrong_clock_is_measured_before_the_refusal_is_told() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.skew_ms = 5_000
        body = {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}
        fake.on("POST", ORDER, answer(body, 400), answer(order_row()))
        outcome = await venue.submit(intent(), yes)
        assert isinstance(outcome, Refused)
        assert outcome.refusal is Refusal.CLOCK
        before = int(fake.last("POST", ORDER)["timestamp"])
        assert isinstance(await venue.submit(intent(), yes), Submitted)
        assert 4_900 <= int(fake.last("POST", ORDER)["timestamp"]) - before <= 5_500


async def test_invariant_2b_a_refused_permit_writes_nothing() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("POST", ORDER, answer(order_row()))
        outcome = await venue.submit(intent(), lambda: NotSentReason.WITHDRAWN)
        assert outcome == NotSent(OURS, NotSentReason.WITHDRAWN)
        await asyncio.sleep(0.05)
        assert fake.count("POST", ORDER) == 0
        assert isinstance(await venue.submit(intent(), yes), Submitted)


async def test_invariant_2b_the_permit_is_asked_once() -> None:
    asked: list[float] = []
    async with perp_at_fake() as (fake, venue):
        fake.on("POST", ORDER, answer(order_row()))
        await venue.submit(intent(), lambda: asked.append(time.monotonic()))
        assert len(asked) == 1
        assert fake.count("POST", ORDER) == 1


async def test_a_refused_connection_wrote_no_byte() -> None:
    async with perp_at_fake() as (fake, venue):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            closed = entry(entries.at(entries.PERP_OPTIONS, free.getsockname()[1]))
            closed._prepared = venue._prepared
            assert venue._prepared is not None
            rest = venue._prepared.orders.rest
            rest.exchange.urls["api"]["fapiPrivate"] = (
                f"http://127.0.0.1:{free.getsockname()[1]}/fapi/v1"
            )
        permits: list[int] = []
        outcome = await venue.submit(intent(), lambda: permits.append(1))
        assert outcome == NotSent(OURS, NotSentReason.OFFLINE)
        assert permits == []
        assert fake.count("POST", ORDER) == 0


async def test_an_order_without_room_before_its_approval_ends_is_not_sent() -> None:
    budgets = Budgets()
    async with fake_binance.fake_binance() as fake:
        venue = entry(entries.at(entries.PERP_OPTIONS, fake.port), budgets=budgets)
        await venue.prepare()
        window = budgets.orders_of("main", "binanceusdm").windows["10S"]
        assert window.limit == 300
        window.believe(300, int(asyncio.get_running_loop().time() * 1000))
        outcome = await venue.submit(intent(send_before_ms=0), yes)
        assert outcome == NotSent(OURS, NotSentReason.BUDGET)
        assert fake.count("POST", ORDER) == 0
        await venue.close()


async def test_the_venue_s_headers_fill_the_budgets() -> None:
    budgets = Budgets()
    async with fake_binance.fake_binance() as fake:
        venue = entry(entries.at(entries.PERP_OPTIONS, fake.port), budgets=budgets)
        await venue.prepare()
        headers = {"X-MBX-USED-WEIGHT-1M": "1234", "X-MBX-ORDER-COUNT-10S": "42"}
        fake.on("POST", ORDER, answer(order_row(), 200, headers))
        await venue.submit(intent(), yes)
        assert budgets.weight_of(f"127.0.0.1:{fake.port}", "binanceusdm").window.used >= 1234
        assert budgets.orders_of("main", "binanceusdm").windows["10S"].used >= 42
        await venue.close()


async def test_invariant_11_no_outcome_shows_a_secret() -> None:
    async def echo(request: web.Request) -> web.StreamResponse:
        body = {"code": -1022, "msg": f"{await request.text()} {request.headers['X-MBX-APIKEY']}"}
        return web.json_response(body, status=400)

    async with perp_at_fake() as (fake, venue):
        fake.on("POST", ORDER, echo, cut)
        told = repr(await venue.submit(intent(), yes)) + repr(await venue.submit(intent(), yes))
        signature = fake.last("POST", ORDER)["signature"]
        told += repr(venue) + repr(vars(venue)["_rest"])
    for secret in (fake_binance.KEY, fake_binance.SECRET, signature):
        assert secret not in told


async def test_invariant_12_a_dry_run_signs_no_order() -> None:
    async with perp_at_fake(dry_run=True) as (fake, venue):
        with pytest.raises(Forbidden, match="dry run"):
            await venue.submit(intent(), yes)
        with pytest.raises(Forbidden, match="dry run"):
            await venue.cancel(OURS, entries.BTC)
        assert fake.count("POST", ORDER) + fake.count("DELETE", ORDER) == 0
