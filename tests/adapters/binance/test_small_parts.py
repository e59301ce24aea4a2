"""Clock offset, history windows, secrecy, moved URLs."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from hedgebot.adapters.binance import exchange
from hedgebot.adapters.binance.options import Credentials, Network, VenueOptions
from hedgebot.adapters.binance.order_memory import ORDERS_MAX, OrderMemory
from hedgebot.adapters.binance.paging import windows
from hedgebot.adapters.binance.secrecy import TEXT_MAX, Scrubber
from hedgebot.adapters.binance.venue_clock import VenueClock
from hedgebot.domain.instruments import InstrumentId, Side
from hedgebot.domain.orders import OrderReport, OrderStatus
from tests.adapters.binance.clocks import FakeClock

OPTIONS = VenueOptions(name="perp", account="main", exchange="binanceusdm", network=Network.MAINNET)


def test_the_quickest_reading_is_believed() -> None:
    clock = VenueClock(FakeClock(1_000))
    clock.read(sent_ms=1_000, received_ms=1_400, trip_ms=400, venue_ms=3_900)
    clock.read(sent_ms=1_000, received_ms=1_010, trip_ms=10, venue_ms=3_005)
    assert (clock.offset_ms, clock.trip_ms, clock.now_ms()) == (2_000, 10, 3_000)
    assert clock.ours(3_000) == 1_000


def test_readings_are_forgotten_in_time() -> None:
    clock = VenueClock(FakeClock())
    clock.read(sent_ms=0, received_ms=0, trip_ms=1, venue_ms=50)
    for _ in range(8):
        clock.read(sent_ms=0, received_ms=0, trip_ms=5, venue_ms=70)
    assert clock.offset_ms == 70
    clock.forget()
    assert (clock.offset_ms, clock.trip_ms) == (0, 0.0)


def test_windows_cover_every_millisecond_once() -> None:
    chance = random.Random(7)
    for _ in range(200):
        since, length, span = chance.randrange(50), chance.randrange(60), chance.randrange(1, 20)
        found = [ms for start, end in windows(since, since + length, span)
                 for ms in range(start, end + 1)]  # fmt: skip
        assert found == list(range(since, since + length + 1))
        assert all(end - start < span for start, end in windows(since, since + length, span))


def test_invariant_11_texts_lose_their_secrets() -> None:
    scrubber = Scrubber(Credentials("the-key", "the-secret"))
    text = (
        "GET https://fapi.binance.com/fapi/v1/order?symbol=BTC&signature=abcdef failed for "
        'the-key, {"apiKey": "other", "signature":"0011"}, listenKey=xyz&a=b the-secret\nline'
    )
    clean = scrubber.clean(text)
    for secret in ("abcdef", "the-key", "the-secret", "other", "0011", "xyz", "\n"):
        assert secret not in clean
    assert "https://fapi.binance.com/fapi/v1/order?(hidden)" in clean
    assert len(scrubber.clean("x" * 5_000)) == TEXT_MAX


def test_invariant_11_reprs_hide() -> None:
    credentials = Credentials("the-key", "the-secret")
    for thing in (credentials, Scrubber(credentials), replace(OPTIONS)):
        assert "the-" not in f"{thing!r} {thing!s}"


@pytest.mark.parametrize(
    ("network", "url"),
    [
        (Network.MAINNET, "https://fapi.binance.com/fapi/v1"),
        (Network.DEMO, "https://demo-fapi.binance.com/fapi/v1"),
    ],
)
def test_each_network_has_its_urls(network: Network, url: str) -> None:
    built = exchange.build(replace(OPTIONS, network=network), None, VenueClock(FakeClock()))
    assert built.urls["api"]["fapiPrivate"] == url


def test_moved_urls_keep_their_paths() -> None:
    options = replace(OPTIONS, rest_url="http://127.0.0.1:81", ws_url="ws://127.0.0.1:82")
    built = exchange.build(options, None, VenueClock(FakeClock()))
    urls = built.urls["api"]
    assert urls["fapiPrivateV3"] == "http://127.0.0.1:81/fapi/v3"
    assert urls["sapi"] == "http://127.0.0.1:81/sapi/v1"
    assert urls["ws"]["ws-api"]["spot"] == "ws://127.0.0.1:82/ws-api/v3"
    assert built.get_ws_url("linear", "market") == "ws://127.0.0.1:82/market/ws"
    assert built.get_private_ws_url("linear", "k") == "ws://127.0.0.1:82/private/ws?listenKey=k"
    flat = [url for url in urls.values() if isinstance(url, str)]
    assert {url.split("/")[2] for url in flat} == {"127.0.0.1:81"}


def test_the_order_memory_forgets_the_oldest() -> None:
    memory, instrument = OrderMemory(), InstrumentId("perp:BTC/USDT:USDT")
    one = Decimal(1)
    report = OrderReport(
        instrument=instrument, order_id=None, client_order_id="c", venue_order_id="0",
        status=OrderStatus.WORKING, side=Side.BUY, qty=one, filled_qty=one, price=one,
        reduce_only=False, venue_ms=1,
    )  # fmt: skip
    for number in range(ORDERS_MAX + 1):
        memory.note(replace(report, venue_order_id=str(number)))
    assert "0" not in memory.of(instrument)
    assert len(memory.of(instrument)) == ORDERS_MAX
    assert memory.of(InstrumentId("perp:ETH/USDT:USDT")) == {}
