"""Sockets: epochs only grow, silence is noticed, keys are renewed, totals are read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import BinanceVenue
from hedgebot.adapters.binance.touches import Touches
from hedgebot.domain.events import (
    BalanceSeen,
    Channel,
    Event,
    FeedAlive,
    FeedBack,
    FeedLost,
    MarkSeen,
    OrderSeen,
    TouchSeen,
)
from tests.adapters.binance.entries import PERP_OPTIONS, QUICK, SPOT_OPTIONS, at, entry
from tests.adapters.binance.fake_binance import KEY, FakeBinance, answer, fake_binance
from tests.adapters.binance.test_translate_futures import BALANCE, account_update, order_update

ACCOUNT, MARK, TOUCH = "/private/ws", "/market/ws/0", "/public/ws/0"
SPOT_ACCOUNT = "/ws-api/v3"
LISTEN_KEY = "/fapi/v1/listenKey"


@dataclass
class Heard:
    """Everything a venue emitted."""

    events: list[Event] = field(default_factory=list)

    def of(self, kind: type[Any], channel: Channel | None = None) -> list[Any]:
        return [
            event
            for event in self.events
            if isinstance(event, kind) and channel in {None, getattr(event, "channel", None)}
        ]

    async def until(self, good: Callable[[], object], within_s: float = 3.0) -> None:
        async with asyncio.timeout(within_s):
            while not good():  # noqa: ASYNC110 - any condition at all: nothing tells of it
                await asyncio.sleep(0.005)

    async def begun(self, channel: Channel, epochs: int) -> None:
        await self.until(lambda: len(self.of(FeedBack, channel)) == epochs)


@asynccontextmanager
async def streaming(
    options: Any = PERP_OPTIONS, channels: int = 3, **changes: Any
) -> AsyncIterator[tuple[FakeBinance, BinanceVenue, Heard]]:
    async with fake_binance() as fake:
        venue, heard = entry(at(options, fake.port, **changes)), Heard()
        await venue.prepare()
        work = asyncio.create_task(venue.run(heard.events.append))
        try:
            await heard.until(lambda: len(heard.of(FeedBack)) >= channels)
            yield fake, venue, heard
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await venue.close()


async def test_every_channel_is_subscribed_as_ccxt_would() -> None:
    async with streaming() as (fake, _venue, heard):
        assert {event.channel for event in heard.of(FeedBack)} == set(Channel)
        assert sorted(fake.sockets) == [TOUCH.replace("public", "market"), ACCOUNT, TOUCH]
        assert sorted(hello["params"][0] for hello in fake.hellos) == [
            "btcusdt@bookTicker", "btcusdt@markPrice@1s",
        ]  # fmt: skip
        mark = {"e": "markPriceUpdate", "E": 1, "s": "BTCUSDT", "p": "60000", "i": "1", "r": ""}
        await fake.say(MARK, mark)
        touch = {"e": "bookTicker", "s": "BTCUSDT", "b": "1", "B": "2", "a": "3", "A": "4"}
        await fake.say(TOUCH, touch)
        await fake.say(ACCOUNT, order_update())
        await heard.until(
            lambda: heard.of(MarkSeen) and heard.of(TouchSeen) and heard.of(OrderSeen)
        )


async def test_a_burst_is_heard_whole_and_in_order() -> None:
    async with streaming() as (fake, _venue, heard):
        for number in range(50):
            await fake.say(
                ACCOUNT, account_update("ORDER", B=[BALANCE | {"wb": str(number)}], P=[])
            )
        await heard.until(lambda: len(heard.of(BalanceSeen)) == 50)
        totals = [event.balance.total for event in heard.of(BalanceSeen)]
        assert totals == [Decimal(number) for number in range(50)]


async def test_a_dropped_socket_comes_back_with_the_next_epoch() -> None:
    async with streaming() as (fake, _venue, heard):
        for epoch in (1, 2):
            for open_socket in list(fake.sockets[ACCOUNT]):
                await open_socket.close()
            await heard.begun(Channel.ACCOUNT, epoch + 1)
        assert [event.epoch for event in heard.of(FeedBack, Channel.ACCOUNT)] == [1, 2, 3]
        assert [event.epoch for event in heard.of(FeedLost, Channel.ACCOUNT)] == [1, 2]
        assert "closed by the other side" in heard.of(FeedLost)[0].reason
        assert heard.of(FeedLost, Channel.MARK) == []


async def test_invariant_5_a_silent_socket_is_lost_by_its_missing_pong() -> None:
    async with streaming() as (fake, _venue, heard):
        fake.mute.add(ACCOUNT)
        await heard.until(lambda: heard.of(FeedLost, Channel.ACCOUNT))
        assert heard.of(FeedLost)[0].reason == "no pong within 120 ms"
        fake.mute.clear()
        await heard.until(lambda: len(heard.of(FeedBack, Channel.ACCOUNT)) >= 2)


async def test_invariant_5_a_quiet_socket_proves_itself_by_its_pongs() -> None:
    async with streaming() as (_fake, _venue, heard):
        await heard.until(lambda: len(heard.of(FeedAlive, Channel.ACCOUNT)) >= 2)
        assert heard.of(FeedLost) == []
        assert {event.epoch for event in heard.of(FeedAlive)} == {1}


async def test_an_expired_listen_key_is_replaced() -> None:
    async with streaming() as (fake, _venue, heard):
        fake.on("POST", LISTEN_KEY, answer({"listenKey": "second-key"}))
        await fake.say(ACCOUNT, {"e": "listenKeyExpired", "E": 1, "listenKey": "first-key"})
        await heard.until(lambda: len(heard.of(FeedBack, Channel.ACCOUNT)) == 2)
        assert heard.of(FeedLost)[0].reason == "the listen key expired"
        assert fake.count("POST", LISTEN_KEY) == 2


async def test_the_listen_key_is_renewed_and_replaced_when_it_is_gone() -> None:
    pace = replace(QUICK, listen_key_renew_ms=50)
    async with streaming(pace=pace) as (fake, _venue, heard):
        await heard.until(lambda: fake.count("PUT", LISTEN_KEY) >= 2)
        assert fake.last("PUT", LISTEN_KEY)["listenKey"] == "first-key"
        assert fake.count("POST", LISTEN_KEY) == 1
        gone = {"code": -1125, "msg": "This listenKey does not exist."}
        fake.on("PUT", LISTEN_KEY, answer(gone, 400), answer({}))
        await heard.until(lambda: len(heard.of(FeedBack, Channel.ACCOUNT)) == 2)
        assert heard.of(FeedLost, Channel.ACCOUNT)[0].reason == "the listen key is gone"
        assert fake.count("POST", LISTEN_KEY) == 2


async def test_a_message_that_cannot_be_read_may_have_been_missed() -> None:
    async with streaming() as (fake, _venue, heard):
        await fake.say(ACCOUNT, order_update(ps="SHORT"))
        await heard.until(lambda: len(heard.of(FeedBack, Channel.ACCOUNT)) == 2)
        assert "hedge mode" in heard.of(FeedLost)[0].reason


async def test_an_unknown_message_is_doubted_once_on_the_same_socket() -> None:
    async with streaming() as (fake, _venue, heard):
        for _ in range(5):
            await fake.say(ACCOUNT, {"e": "BRAND_NEW", "E": 1})
        await fake.say(ACCOUNT, order_update())
        await heard.until(lambda: heard.of(OrderSeen))
        assert [event.epoch for event in heard.of(FeedBack, Channel.ACCOUNT)] == [1, 2]
        assert len(fake.sockets[ACCOUNT]) == 1


async def test_a_refused_subscription_is_told_once_without_secrets_and_tried_again() -> None:
    async with fake_binance() as fake:
        fake.refuse.add(SPOT_ACCOUNT)
        venue, heard = entry(at(SPOT_OPTIONS, fake.port)), Heard()
        await venue.prepare()
        work = asyncio.create_task(venue.run(heard.events.append))
        await heard.until(lambda: len(fake.hellos) >= 3)
        assert heard.of(FeedBack) == []
        (lost,) = heard.of(FeedLost)
        assert "refused" in lost.reason
        assert KEY not in lost.reason
        fake.refuse.clear()
        await heard.until(lambda: heard.of(FeedBack))
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await venue.close()


async def test_a_banned_handshake_is_not_tried_again_before_its_time() -> None:
    async with streaming() as (fake, _venue, heard):
        fake.banned.add(MARK)
        for open_socket in list(fake.sockets[MARK]):
            await open_socket.close()
        await heard.until(lambda: len(heard.of(FeedLost, Channel.MARK)) == 2)
        assert heard.of(FeedLost, Channel.MARK)[1].reason.endswith("HTTP 429")
        fake.banned.clear()
        await asyncio.sleep(0.3)
        assert len(heard.of(FeedBack, Channel.MARK)) == 1


async def test_a_spot_entry_subscribes_with_a_signature() -> None:
    async with streaming(SPOT_OPTIONS, channels=1) as (fake, _venue, _heard):
        (hello,) = fake.hellos
        assert hello["method"] == "userDataStream.subscribe.signature"
        assert {"apiKey", "timestamp", "recvWindow", "signature"} == set(hello["params"])
        assert list(fake.sockets) == [SPOT_ACCOUNT]


CHANGE = {"e": "balanceUpdate", "E": 2, "a": "BTC", "d": "0.5", "T": 6}


async def test_a_change_without_its_total_reads_the_wallet() -> None:
    async with streaming(SPOT_OPTIONS, channels=1) as (fake, _venue, heard):
        await fake.say(SPOT_ACCOUNT, {"subscriptionId": 0, "event": CHANGE})
        await heard.until(lambda: heard.of(BalanceSeen))
        (seen,) = heard.of(BalanceSeen)
        assert (seen.balance.total, seen.balance.venue_ms) == (Decimal("2.0"), 7)
        assert seen.reason == "balanceUpdate"


async def test_a_wallet_that_cannot_be_read_is_read_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedgebot.adapters.binance.wallet.RETRY_S", 0.01)
    async with streaming(SPOT_OPTIONS, channels=1) as (fake, _venue, heard):
        good = fake.serves["GET", "/api/v3/account"][0]
        fake.on("GET", "/api/v3/account", answer({"code": -2015, "msg": ""}, 401), good)
        await fake.say(SPOT_ACCOUNT, CHANGE)
        await heard.until(lambda: heard.of(BalanceSeen))
        assert fake.count("GET", "/api/v3/account") == 2


async def test_a_total_that_follows_by_itself_needs_no_read() -> None:
    async with streaming(SPOT_OPTIONS, channels=1) as (fake, _venue, heard):
        await fake.say(SPOT_ACCOUNT, CHANGE)
        total = {"e": "outboundAccountPosition", "E": 2, "u": 6,
                 "B": [{"a": "BTC", "f": "3", "l": "0"}]}  # fmt: skip
        await fake.say(SPOT_ACCOUNT, total)
        await heard.until(lambda: heard.of(BalanceSeen))
        await asyncio.sleep(0.35)
        assert fake.count("GET", "/api/v3/account") == 0
        assert len(heard.of(BalanceSeen)) == 1


async def test_a_bug_of_our_own_is_not_swallowed() -> None:
    async with fake_binance() as fake:
        venue = entry(at(PERP_OPTIONS, fake.port))
        await venue.prepare()

        def broken(event: Event) -> None:
            if isinstance(event, OrderSeen):
                raise ZeroDivisionError

        work = asyncio.create_task(venue.run(broken))
        await Heard().until(lambda: fake.sockets.get(ACCOUNT))
        await fake.say(ACCOUNT, order_update(X="NEW", x="NEW"))
        with pytest.raises(ExceptionGroup) as caught:
            await asyncio.wait_for(work, 3)
        assert caught.group_contains(ZeroDivisionError)
        await venue.close()


async def test_a_bug_beside_a_lost_connection_is_not_taken_for_the_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Invariant 8: both come out of one group of tasks."""

    async def failing(_touches: Touches) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Touches, "run", failing)
    async with fake_binance() as fake:
        venue, heard = entry(at(PERP_OPTIONS, fake.port)), Heard()
        await venue.prepare()
        work = asyncio.create_task(venue.run(heard.events.append))
        await heard.until(lambda: len(heard.of(FeedBack)) == 3)
        for open_socket in list(fake.sockets[TOUCH]):
            await open_socket.close()
        ended, _ = await asyncio.wait({work}, timeout=3)
        await venue.close()
        assert ended, "the error was taken for a loss"
        error = work.exception()
        assert isinstance(error, ExceptionGroup)
        assert error.subgroup(ZeroDivisionError)
