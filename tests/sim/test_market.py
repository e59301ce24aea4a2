"""Where prices come from: the generator, recordings, and streams of them."""

from decimal import Decimal
from pathlib import Path

import pytest

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.pulse import market_of
from hedgebot.sim.binance.server import build
from hedgebot.sim.binance.streams import Dialled, carries, dialled
from hedgebot.sim.config import Generated, Replayed, SimConfig
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.market import Immovable
from hedgebot.sim.recording import both
from tests.sim.callers import Caller, heard

D = Decimal
SPOT, LINEAR, INVERSE = Kind.SPOT, Kind.LINEAR, Kind.INVERSE
TICKS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ticks_binance_20240808"
recorded = pytest.mark.skipif(not TICKS.is_dir(), reason="no recorded ticks beside this checkout")


def made(plan: Generated | Replayed, seed: int = 1) -> Exchange:
    exchange, _ = build(SimConfig(market=plan, seed=seed, wall_ms=lambda: 1_700_000_000_000))
    return exchange


def walked(seed: int, steps: int = 200) -> list[tuple[Decimal, Decimal]]:
    exchange = made(Generated(step_ms=100), seed)
    market, path = market_of(exchange), []
    for step in range(1, steps + 1):
        market.advance(step * 100)
        prices = exchange.venue.futures.prices["BTCUSDT"]
        path.append((prices.mark, prices.index))
    return path


def test_a_seed_repeats_exactly_and_another_does_not() -> None:
    assert walked(7) == walked(7)
    assert walked(7) != walked(8)


def test_the_generated_perpetual_stays_close_to_spot() -> None:
    path = walked(3)
    assert len({mark for mark, _ in path}) > 150
    assert max(abs(mark / index - 1) for mark, index in path) < D("0.0015")
    assert max(abs(index / 60_000 - 1) for _, index in path) < D("0.02")


def test_the_path_does_not_depend_on_how_often_it_is_looked_at() -> None:
    exchange = made(Generated(step_ms=100), 7)
    market_of(exchange).advance(200 * 100)
    prices = exchange.venue.futures.prices["BTCUSDT"]
    assert (prices.mark, prices.index) == walked(7)[-1]


@recorded
def test_recorded_lines_are_merged_by_the_venue_clock() -> None:
    times, kinds = [], set()
    for number, line in enumerate(both(TICKS)):
        times.append(line.venue_ms)
        kinds.add(line.kind)
        if number > 3_000:
            break
    assert times == sorted(times)
    assert kinds == {Kind.SPOT, Kind.LINEAR}
    assert 1_723_161_255_000 < times[0] < 1_723_161_257_000


@recorded
def test_a_recording_moves_both_books_and_never_crosses_them() -> None:
    exchange = made(Replayed(TICKS))
    market, venue = market_of(exchange), exchange.venue
    seen = set()
    for second in range(1, 31):
        market.advance(second * 1_000)
        for desk in (venue.spot, venue.futures.desk):
            touch = desk.books["BTCUSDT"].touch()
            assert touch is not None
            assert touch[0][0] < touch[1][0]
        seen.add(venue.futures.prices["BTCUSDT"].mark)
    assert len(seen) > 20
    assert all(D(61_000) < mark < D(62_500) for mark in seen)
    depth = list(venue.spot.books["BTCUSDT"].bids.levels())
    assert len(depth) > 500


@recorded
def test_speed_is_a_factor_and_the_recording_starts_over() -> None:
    exchanges = [made(Replayed(TICKS, speed=10)), made(Replayed(TICKS))]
    fast, slow = map(market_of, exchanges)
    fast.advance(1_000)
    slow.advance(10_000)
    touches = [e.venue.spot.books["BTCUSDT"].touch() for e in exchanges]
    assert touches[0] == touches[1]
    with pytest.raises(Immovable):
        fast.jump("BTCUSDT", D(1))
    fast.jump("ETHUSDT", D(3_000))
    assert exchanges[0].venue.futures.prices["ETHUSDT"].mark == 3_000


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="spot_btcusdt"):
        market_of(made(Replayed(tmp_path)))


ADDRESSES: list[tuple[str, Dialled]] = [
    ("/ws/0", Dialled(SPOT, "", False, ())),
    ("/ws/btcusdt@bookTicker", Dialled(SPOT, "", False, ("btcusdt@bookTicker",))),
    ("/stream?streams=btcusdt@bookTicker/ethusdt@trade",
     Dialled(SPOT, "", True, ("btcusdt@bookTicker", "ethusdt@trade"))),
    ("/ws/btcusdt@markPrice", Dialled(LINEAR, "", False, ("btcusdt@markPrice",))),
    ("/ws/KEY", Dialled(LINEAR, "", False, ("KEY",))),
    ("/public/ws/0", Dialled(LINEAR, "public", False, ())),
    ("/market/stream?streams=!markPrice@arr@1s",
     Dialled(LINEAR, "market", True, ("!markPrice@arr@1s",))),
    ("/private/ws?listenKey=KEY", Dialled(LINEAR, "private", False, ("KEY",))),
    ("/private/ws?listenKey=KEY&events=A/B",
     Dialled(LINEAR, "private", False, ("KEY",), frozenset("AB"))),
    ("/fstream/ws", Dialled(LINEAR, "", False, ())),
    ("/fstream/stream?streams=KEY", Dialled(LINEAR, "", True, ("KEY",))),
    ("/ws/COIN", Dialled(INVERSE, "", False, ("COIN",))),
    ("/ws/btcusd_perp@markPrice@1s", Dialled(INVERSE, "", False, ("btcusd_perp@markPrice@1s",))),
    ("/dstream/ws", Dialled(INVERSE, "", False, ())),
    ("/fstream/private/ws?listenKey=KEY", Dialled(LINEAR, "private", False, ("KEY",))),
]  # fmt: skip


@pytest.mark.parametrize(("address", "meaning"), ADDRESSES, ids=[a for a, _ in ADDRESSES])
def test_every_address_that_clients_dial_is_understood(address: str, meaning: Dialled) -> None:
    path, _, query = address.partition("?")
    assert dialled(path, query, {"KEY": LINEAR, "COIN": INVERSE}.get) == meaning


def test_routed_endpoints_carry_only_their_streams() -> None:
    assert carries("public", "btcusdt@bookTicker")
    assert carries("market", "btcusdt@markPrice@1s")
    assert carries("market", "btcusdt@aggTrade")
    assert not carries("public", "btcusdt@markPrice@1s")
    assert not carries("market", "btcusdt@depth@100ms")


async def test_streams_are_subscribed_listed_and_left(caller: Caller) -> None:
    ws = await caller.http.ws_connect(f"{caller.running.ws_url}/stream")
    asked = {"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": 1}
    await ws.send_json(asked)
    assert await ws.receive_json(timeout=2) == {"result": None, "id": 1}
    first = await ws.receive_json(timeout=2)
    assert (first["stream"], first["data"]["b"]) == ("btcusdt@bookTicker", "59997.00000000")
    await caller.told("price", symbol="BTCUSDT", price="61000")
    assert (await ws.receive_json(timeout=2))["data"]["b"] == "60996.95000000"
    await ws.send_json({"method": "UNSUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": 2})
    await ws.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 3})
    answers = [m for m in await heard(ws, 0.1) if "id" in m]
    assert answers == [{"result": None, "id": 2}, {"result": [], "id": 3}]
    await ws.send_str("no json")
    assert (await ws.receive_json(timeout=2))["error"]["code"] == 2


async def test_marks_freeze_and_streams_fall_silent(caller: Caller) -> None:
    names = "btcusdt@markPrice@1s/ethusdt@markPrice@1s"
    await caller.told("freeze_mark", symbol="BTCUSDT")
    ws = await caller.http.ws_connect(f"{caller.running.ws_url}/fstream/stream?streams={names}")
    marks = [await ws.receive_json(timeout=2) for _ in range(2)]
    assert {mark["data"]["s"] for mark in marks} == {"ETHUSDT"}
    await caller.told("gap", symbol="ETHUSDT")
    assert await heard(ws, 1.2) == []


async def test_depth_can_be_set_by_hand(caller: Caller) -> None:
    rows = {"bids": [["60000", "1"]], "asks": [["60001", "0.05"], ["60100", "2"]]}
    await caller.told("depth", market="futures", symbol="BTCUSDT", **rows)
    _, order = await caller.order("walks", side="BUY", price="60050")
    assert (order["status"], order["executedQty"]) == ("EXPIRED", "0.050")


async def test_the_mark_may_leave_the_book_and_liquidate(caller: Caller) -> None:
    await caller.order("big", quantity="40")
    await caller.told("mark", symbol="BTCUSDT", mark="90000")
    state = await caller.state()
    assert state["positions"][0]["qty"] == "0.000"
    assert state["ledger"][-1]["cause"] in {"fee", "insurance"}
    assert D(state["futures"]["USDT"]) >= 0


async def test_an_unknown_path_is_a_404_page(caller: Caller) -> None:
    async with caller.http.get(f"{caller.running.rest_url}/api/v3/nothing") as response:
        assert (response.status, response.content_type) == (404, "text/plain")


async def test_a_listen_key_that_is_not_ours_hears_nothing(caller: Caller) -> None:
    ws = await caller.http.ws_connect(f"{caller.running.ws_url}/private/ws?listenKey=stranger")
    await caller.order("unheard")
    with pytest.raises(TimeoutError):
        await ws.receive(timeout=0.2)
