"""Sockets of a Binance that answers less, elsewhere, or in other frames."""

import asyncio
import time
from decimal import Decimal
from typing import Any

import orjson
import pytest
import structlog

from hedgebot.domain.actions import Snapshot
from hedgebot.domain.events import (
    BalanceSeen,
    Channel,
    FeedAlive,
    FeedBack,
    FeedLost,
    MarkSeen,
    Scope,
    SnapshotTaken,
    TouchSeen,
)
from tests.adapters.binance.entries import BTC, PERP_OPTIONS, SPOT_OPTIONS, at, entry
from tests.adapters.binance.fake_binance import FakeBinance, answer, fake_binance
from tests.adapters.binance.test_streams import (
    ACCOUNT,
    CHANGE,
    MARK,
    SPOT_ACCOUNT,
    TOUCH,
    Heard,
    streaming,
)
from tests.adapters.binance.test_translate_futures import order_update

BOOK = "/fapi/v1/ticker/bookTicker"
ROW = {"symbol": "BTCUSDT", "bidPrice": "59999", "bidQty": "1", "askPrice": "60001", "askQty": "2"}
STREAM_TOUCH = {"e": "bookTicker", "s": "BTCUSDT", "b": "1", "B": "2", "a": "3", "A": "4"}


def questions(fake: FakeBinance) -> list[str]:
    return [hello["method"] for hello in fake.hellos if hello["method"] != "SUBSCRIBE"]


async def heard_at(fake: FakeBinance, heard: Heard) -> Any:
    venue = entry(at(PERP_OPTIONS, fake.port))
    await venue.prepare()
    return venue, asyncio.create_task(venue.run(heard.events.append))


async def ended(venue: Any, work: "asyncio.Task[None]") -> None:
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await venue.close()


async def test_a_book_that_stays_quiet_is_read_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hedgebot.adapters.binance.touches.EVERY_S", 0.05)
    async with streaming() as (fake, _venue, heard):
        fake.on("GET", BOOK, answer(ROW))
        await heard.until(lambda: len(heard.of(TouchSeen)) >= 3)
        for _ in range(20):
            await fake.say(TOUCH, STREAM_TOUCH)
            await asyncio.sleep(0.01)
        busy = [touch.bid for touch in heard.of(TouchSeen)[-15:]]
    assert busy == [1.0] * 15


async def test_the_touch_of_a_quiet_book_is_read_at_each_connection() -> None:
    async with fake_binance() as fake:
        fake.on("GET", BOOK, answer(ROW))
        heard = Heard()
        venue, work = await heard_at(fake, heard)
        await heard.until(lambda: heard.of(TouchSeen))
        assert (heard.of(TouchSeen)[0].bid, heard.of(TouchSeen)[0].ask_qty) == (59999.0, 2.0)
        for open_socket in list(fake.sockets[TOUCH]):
            await open_socket.close()
        await heard.until(lambda: len(heard.of(TouchSeen)) == 2)
        assert fake.last("GET", BOOK) == {"symbol": "BTCUSDT"}
        await ended(venue, work)


async def test_the_stream_s_own_touch_is_newer_than_the_reading() -> None:
    async with streaming() as (fake, _venue, heard):
        await heard.until(lambda: fake.count("GET", BOOK))
        released = asyncio.Event()

        async def late(_request: Any) -> Any:
            await released.wait()
            return await answer(ROW)(_request)

        fake.on("GET", BOOK, late)
        for open_socket in list(fake.sockets[TOUCH]):
            await open_socket.close()
        await heard.until(lambda: fake.count("GET", BOOK) == 2)
        await fake.say(TOUCH, STREAM_TOUCH)
        await heard.until(lambda: heard.of(TouchSeen))
        released.set()
        await asyncio.sleep(0.05)
        assert [touch.bid for touch in heard.of(TouchSeen)] == [1.0]


async def test_a_venue_without_pongs_proves_itself_by_its_answers() -> None:
    async with streaming() as (fake, _venue, heard):
        fake.no_pongs |= {ACCOUNT, MARK, TOUCH}
        await heard.until(lambda: len(heard.of(FeedAlive, Channel.ACCOUNT)) >= 2)
        assert heard.of(FeedLost) == []
        assert set(questions(fake)) == {"LIST_SUBSCRIPTIONS"}


async def test_traffic_after_a_ping_is_proof_enough() -> None:
    async with streaming() as (fake, _venue, heard):
        fake.mute.add(ACCOUNT)
        for _ in range(30):
            await fake.say(ACCOUNT, order_update())
            await asyncio.sleep(0.02)
        assert heard.of(FeedLost) == []


async def test_a_venue_that_never_answered_is_given_up_twice_and_then_believed() -> None:
    with structlog.testing.capture_logs() as logs:
        async with fake_binance() as fake:
            fake.mute.add(ACCOUNT)
            heard = Heard()
            venue, work = await heard_at(fake, heard)
            await heard.until(lambda: len(heard.of(FeedAlive, Channel.ACCOUNT)) >= 2, 5.0)
            assert len(heard.of(FeedLost, Channel.ACCOUNT)) == 2
            assert len(heard.of(FeedBack, Channel.ACCOUNT)) == 3
            await ended(venue, work)
    (told,) = [line for line in logs if line["event"] == "stream answers nothing"]
    assert (told["venue"], told["channel"], told["log_level"]) == ("perp", "account", "warning")


async def test_a_message_in_a_binary_frame_is_a_message() -> None:
    async with streaming() as (fake, _venue, heard):
        mark = {"e": "markPriceUpdate", "E": 1, "s": "BTCUSDT", "p": "60000"}
        for open_socket in fake.sockets[MARK]:
            await open_socket.send_bytes(orjson.dumps(mark))
        await heard.until(lambda: heard.of(MarkSeen))
        assert heard.of(FeedLost) == []


async def test_an_event_of_a_market_listed_since_the_start_is_doubted_once() -> None:
    async with streaming() as (fake, _venue, heard):
        for _ in range(3):
            await fake.say(ACCOUNT, order_update(s="NEWUSDT"))
        await heard.until(lambda: len(heard.of(FeedBack, Channel.ACCOUNT)) == 2)
        await asyncio.sleep(0.05)
        assert "NEWUSDT is not known" in heard.of(FeedLost)[0].reason
        assert len(heard.of(FeedBack, Channel.ACCOUNT)) == 2
        assert len(fake.sockets[ACCOUNT]) == 1


@pytest.mark.parametrize(
    ("unserved", "served"),
    [
        ({MARK}, "/market/stream"),
        ({MARK, "/market/stream"}, "/ws/0"),
        ({MARK, "/market/stream", "/ws/0"}, "/stream"),
        ({ACCOUNT}, "/private/ws/first-key"),
        ({ACCOUNT, "/private/ws/first-key"}, "/ws/first-key"),
    ],
)
async def test_where_an_address_is_not_served_the_next_one_is_dialled(
    unserved: set[str], served: str
) -> None:
    async with fake_binance() as fake:
        fake.unserved = unserved
        heard = Heard()
        venue, work = await heard_at(fake, heard)
        await heard.until(lambda: len(heard.of(FeedBack)) >= 3)
        assert fake.sockets[served]
        await ended(venue, work)


async def test_an_undated_wallet_read_after_a_notice_is_as_new_as_the_notice() -> None:
    async with streaming(SPOT_OPTIONS, channels=1) as (fake, _venue, heard):
        coins = [{"asset": "BTC", "free": "1.5", "locked": "0.5"}]
        fake.on("GET", "/api/v3/account", answer({"updateTime": 0, "balances": coins}))
        await fake.say(SPOT_ACCOUNT, CHANGE)
        await heard.until(lambda: heard.of(BalanceSeen))
        (seen,) = heard.of(BalanceSeen)
        assert (seen.balance.total, seen.balance.venue_ms) == (Decimal("2.0"), CHANGE["T"])


async def test_rows_of_a_venue_that_is_behind_are_listed_from_its_own_time_on() -> None:
    async with fake_binance() as fake:
        venue = entry(at(PERP_OPTIONS, fake.port))
        await venue.prepare()  # the fake's clock begins with the loop: decades behind
        now_ms = time.time_ns() // 1_000_000
        asked = Snapshot("perp", Scope.FULL, 1, ((BTC, now_ms - 60_000),))
        assert isinstance(await venue.snapshot(asked), SnapshotTaken)
        window = fake.last("GET", "/fapi/v1/userTrades")
        venue_ms = int(asyncio.get_running_loop().time() * 1000)
        assert abs(int(window["startTime"]) - (venue_ms - 60_000)) < 5_000
        assert int(window["endTime"]) > venue_ms
        await venue.close()
