"""Bars on their way through the books: every price they tell is shown, at any speed."""

from decimal import Decimal
from pathlib import Path

import pytest

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.bars.replay import BarReplay
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.publisher import Publisher
from hedgebot.sim.binance.pulse import each_second
from hedgebot.sim.market import Immovable
from hedgebot.venue_model import derivatives
from hedgebot.venue_model.margin import PositionKey
from hedgebot.venue_model.orders import OrderType, PositionSide, Ticket, TimeInForce
from hedgebot.venue_model.positions import Position
from tests.sim.bar_files import HEADER, MINUTE, NOON, WALL, dump_lines, flat, minutes, replay, write

D = Decimal
SPOT, LINEAR, INVERSE = Kind.SPOT, Kind.LINEAR, Kind.INVERSE
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
RISING = (50_000, 50_600, 49_900, 50_300)
FALLING = (50_300, 50_400, 49_700, 50_000)


def middle(market: BarReplay, kind: Kind, symbol: str = "BTCUSDT") -> Decimal:
    touch = market.exchange.venue.desk(kind).books[symbol].touch()
    assert touch is not None
    return (touch[0][0] + touch[1][0]) / 2


def marked(market: BarReplay, symbol: str = "BTCUSDT") -> tuple[Decimal | int, Decimal | int]:
    prices = market.exchange.venue.perpetuals_of(symbol).prices[symbol]
    return prices.mark, prices.index


def walked(market: BarReplay, kind: Kind, *seconds: float) -> list[Decimal]:
    found = []
    for each in seconds:
        market.advance(each * 1_000 / market.plan.speed)
        found.append(middle(market, kind))
    return found


DUMP = dump_lines([RISING, FALLING])
LAYOUTS = {
    "spot/BTCUSDT-1m-2021-05.csv": DUMP,
    "spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2021-05.zip": DUMP,
    "spot/daily/BTCUSDT-1m-2021-05-03.csv.gz": [HEADER, *DUMP],
    "BTCUSDT_spot_1m.csv": dump_lines([RISING, FALLING], scale=1_000),
    "BTCUSDT-spot.csv": [
        "Date,Close,Low,High,Open",
        "2021-05-03T12:00:00+00:00,50300,49900,50600,50000",
        "2021-05-03 12:01,50000,49700,50400,50300.0",
    ],
    "btcusdt_spot.csv": [
        "\ufefftimestamp,open,high,low,close",
        "1620043200,50000,50600,49900,50300",
        "1620043260,50300,50400,49700,5e4",
    ],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_tells_the_same(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, LAYOUTS[name])
    market = replay(tmp_path)
    assert market.library.first_ms == NOON
    assert market.library.end_ms == NOON + 2 * MINUTE
    found = [middle(market, SPOT), *walked(market, SPOT, 20, 40, 60, 80, 100, 120)]
    assert found == [50_000, 49_900, 50_600, 50_300, 50_400, 49_700, 50_000]


def test_on_the_way_from_corner_to_corner_prices_go_straight(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_spot_1m.csv", RISING, FALLING)
    market = replay(tmp_path)
    assert walked(market, SPOT, 10, 30, 50, 70) == [49_950, 50_250, 50_450, 50_350]


def test_one_side_says_which_extreme_comes_first_for_both(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_spot_1m.csv", (50_000, 50_600, 49_400, 50_010), RISING)
    minutes(tmp_path / "BTCUSDT_perp_1m.csv", (50_000, 50_600, 49_400, 49_990), RISING)
    market = replay(tmp_path)
    for at_s in (10, 20, 30, 40):
        market.advance(at_s * 1_000)
        assert middle(market, SPOT) == middle(market, LINEAR)
    assert middle(market, SPOT) == 50_600


def test_a_wick_of_the_perpetual_does_not_move_a_mark_that_no_file_tells(tmp_path: Path) -> None:
    minutes(tmp_path / "ETHUSDT_spot_1m.csv", *flat(2, 2_000))
    minutes(tmp_path / "ETHUSDT_perp_1m.csv", (2_010, 2_010, 1_400, 2_004), *flat(1, 2_004))
    market = replay(tmp_path)
    market.advance(20_000)
    assert middle(market, LINEAR, "ETHUSDT") == 1_400
    assert marked(market, "ETHUSDT") == (2_010, 2_000)
    market.advance(60_000)
    assert marked(market, "ETHUSDT") == (2_004, 2_000)


def test_mark_and_index_come_from_their_files(tmp_path: Path) -> None:
    um = tmp_path / "futures" / "um" / "monthly"
    for folder, price in (("klines", 50_000), ("markPriceKlines", 50_100)):
        minutes(um / folder / "BTCUSDT" / "1m" / "BTCUSDT-1m-2021-05.zip", *flat(2, price))
    minutes(um / "indexPriceKlines" / "BTCUSDT-1m-2021-05.csv", *flat(2, 50_200))
    market = replay(tmp_path)
    assert marked(market) == (50_100, 50_200)
    assert marked(market, "BTCUSD_PERP") == (50_100, 50_200)
    assert [middle(market, LINEAR), middle(market, SPOT)] == [50_000, 50_200]


@pytest.mark.parametrize(
    ("name", "coin", "price"),
    [
        ("BTCUSDT_spot_1m.csv", "BTC", 50_000),
        ("BTCUSDT_perp_1m.csv", "BTC", 50_000),
        ("futures/cm/BTCUSD_PERP-1m-2021-05-03.csv", "BTC", 50_000),
        ("ETHUSDT_spot_1m.csv", "ETH", 3_000),
    ],
)
def test_the_other_books_of_the_coin_follow(
    tmp_path: Path, name: str, coin: str, price: int
) -> None:
    minutes(tmp_path / name, *flat(2, price))
    market = replay(tmp_path)
    for kind, symbol in (
        (SPOT, f"{coin}USDT"),
        (LINEAR, f"{coin}USDT"),
        (INVERSE, f"{coin}USD_PERP"),
    ):
        assert middle(market, kind, symbol) == price
        assert kind is SPOT or marked(market, symbol) == (price, price)


def test_a_perpetual_of_a_thousand_coins_follows_its_spot_pair(tmp_path: Path) -> None:
    minutes(tmp_path / "PEPEUSDT_spot_1m.csv", *flat(2, "0.00001"))
    market = replay(tmp_path)
    assert marked(market, "1000PEPEUSDT") == (D("0.01"), D("0.01"))
    assert middle(market, LINEAR, "1000PEPEUSDT") == D("0.01")


def resting(market: BarReplay, side: Side, price: int) -> None:
    ticket = Ticket(
        symbol="BTCUSDT",
        side=side,
        type=OrderType.LIMIT,
        tif=TimeInForce.GTC,
        qty=D("0.1"),
        price=D(price),
        client_id=f"{side.name}{price}",
    )
    derivatives.place(market.exchange.venue.futures, ticket)


def held(market: BarReplay, symbol: str = "BTCUSDT") -> Decimal:
    return market.exchange.venue.perpetuals_of(symbol).position(symbol).qty


def test_however_fast_every_extreme_is_shown(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_perp_1m.csv", *flat(3, 50_000), RISING, FALLING, *flat(3, 50_000))
    market = replay(tmp_path, speed=3_600)
    resting(market, Side.BUY, 49_750)
    market.advance(8 * 60_000 / 3_600)
    assert held(market) == D("0.1"), "the low of one bar in the middle of one beat"


def test_a_speed_that_is_too_great_falls_behind_and_loses_nothing(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_perp_1m.csv", *flat(100, 50_000), RISING, *flat(100, 51_000))
    market = replay(tmp_path, speed=1e9)
    beats = 0
    while middle(market, LINEAR) != 51_000:
        beats += 1
        market.advance(beats * 50)
    assert beats > 5, "not all at once"


def test_a_speed_is_a_factor(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_spot_1m.csv", RISING, FALLING)
    market = replay(tmp_path, speed=60)
    market.advance(2_000 / 3)
    assert middle(market, SPOT) == 50_600


def test_in_a_gap_the_price_stands_and_the_gap_is_told(tmp_path: Path) -> None:
    lines = dump_lines([RISING, *flat(4, 50_000), FALLING])
    write(tmp_path / "BTCUSDT_spot_1m.csv", lines[:1] + lines[4:])
    market = replay(tmp_path)
    assert walked(market, SPOT, 60, 100, 235) == [50_300] * 3
    assert walked(market, SPOT, 240) == [50_000]
    told = "gaps in BTCUSDT spot bars, where the price stands: 3 bars from 2021-05-03 12:01"
    assert market.exchange.remarks == [told]


def test_a_price_that_stands_in_a_gap_makes_no_basis_for_the_mark(tmp_path: Path) -> None:
    lines = dump_lines(flat(4, 50_000))
    write(tmp_path / "BTCUSDT_spot_1m.csv", [*lines[:2], lines[3]])
    minutes(tmp_path / "BTCUSDT_perp_1m.csv", *flat(2, 50_050), *flat(2, 51_051))
    market = replay(tmp_path)
    market.advance(150_000)
    assert middle(market, LINEAR) == 51_051
    assert marked(market) == (50_050, 50_000)


def test_only_the_time_that_all_bars_share_is_replayed(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_spot_1m.csv", *flat(9, 50_000))
    bars = [(price,) * 4 for price in (3_000, 3_100, 3_200)]
    minutes(tmp_path / "ETHUSDT_perp_1m.csv", *bars, begin=NOON + 7 * MINUTE)
    market = replay(tmp_path)
    assert market.library.first_ms == NOON + 7 * MINUTE
    assert market.library.end_ms == NOON + 9 * MINUTE
    market.advance(61_000)
    assert middle(market, LINEAR, "ETHUSDT") == 3_100


@pytest.mark.parametrize(("loop", "price"), [(True, 50_000), (False, 50_900)])
def test_at_its_end_it_starts_over_or_stands(tmp_path: Path, *, loop: bool, price: int) -> None:
    minutes(tmp_path / "BTCUSDT_spot_1m.csv", *flat(1, 50_000), *flat(1, 50_900))
    market = replay(tmp_path, loop=loop)
    market.advance(120_000)
    assert middle(market, SPOT) == 50_900
    market.advance(150_000)
    assert middle(market, SPOT) == price


def test_what_is_replayed_cannot_be_moved_by_hand(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_spot_1m.csv", *flat(2, 50_000))
    market = replay(tmp_path)
    for symbol in ("BTCUSDT", "BTCUSD_PERP"):
        with pytest.raises(Immovable):
            market.jump(symbol, D(1))
    market.jump("ETHUSDT", D(3_000))
    assert marked(market, "ETHUSDT") == (3_000, 3_000)


FUNDING = [
    "calc_time,funding_interval_hours,last_funding_rate",
    f"{NOON - MINUTE},8,0.009",
    f"{NOON + MINUTE},8,0.0002",
    f"{NOON + 3 * MINUTE},8,-0.0004",
]


@pytest.mark.parametrize(
    ("bars", "rates", "symbol"),
    [
        (
            "BTCUSDT_perp_1m.csv",
            "futures/um/fundingRate/BTCUSDT-fundingRate-2021-05.zip",
            "BTCUSDT",
        ),
        ("BTCUSD_PERP_1m.csv", "BTCUSD_PERP_funding_8h.csv", "BTCUSD_PERP"),
    ],
)
def test_funding_is_paid_at_its_recorded_times(
    tmp_path: Path, bars: str, rates: str, symbol: str
) -> None:
    minutes(tmp_path / bars, *flat(1, 49_000), *flat(4, 50_000))
    write(tmp_path / rates, FUNDING)
    market = replay(tmp_path, speed=2)
    futures = market.exchange.venue.perpetuals_of(symbol)
    unit = 1 if symbol == "BTCUSDT" else 1_000
    key: PositionKey = (symbol, PositionSide.BOTH)
    futures.positions[key] = Position(qty=D(-unit), cost=D(0))
    shown = futures.prices[symbol]
    assert (shown.funding_rate, shown.funding_ms) == (D("0.0002"), WALL + MINUTE / 2)
    market.advance(29_999)
    assert futures.income == []
    market.advance(30_000)
    notional = D(50_000) if unit == 1 else D(2)
    assert [each.income for each in futures.income] == [notional * D("0.0002")]
    assert futures.prices[symbol].funding_rate == D("-0.0004")
    market.advance(90_000)
    assert [each.income for each in futures.income][1:] == [notional * D("-0.0004")]


def test_the_venues_clock_leaves_recorded_funding_alone_until_the_file_ends(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_perp_1m.csv", *flat(5, 50_000))
    write(tmp_path / "BTCUSDT_funding.csv", FUNDING)
    market = replay(tmp_path)
    exchange = market.exchange
    assert exchange.funded == {"BTCUSDT"}
    late = [WALL + 10**9]
    futures = exchange.venue.futures
    futures.desk.now = lambda: late[0]
    each_second(exchange, Door(), Publisher(exchange), 1)
    assert "BTCUSDT" not in {symbol for symbol, *_ in futures.funding_rates}
    market.advance(200_000)
    assert exchange.funded == set()
    late[0] += 10**9
    each_second(exchange, Door(), Publisher(exchange), 1)
    assert [s for s, *_ in futures.funding_rates].count("BTCUSDT") == 3


MARCH_14 = 1_584_144_000_000
"""2020, ms."""


@pytest.mark.skipif(not SHARED.is_dir(), reason="no recorded bars beside this checkout")
def test_recorded_hours_reach_the_lows_of_the_march_crash() -> None:
    pytest.importorskip("polars", reason="reading the recorded files needs polars")
    market = replay(SHARED / "binance_1h", speed=1e9)
    lows = {SPOT: D(10_000), LINEAR: D(10_000)}

    def moved(kind: Kind, symbol: str) -> None:
        if symbol == "BTCUSDT":
            lows[kind] = min(lows[kind], middle(market, kind))

    market.exchange.moved.append(moved)
    beat = 0
    while market.round.tapes[0].slot_ms < MARCH_14:
        beat += 1
        market.advance(beat * 50)
    assert lows == {SPOT: D("3782.13"), LINEAR: D("3621.8")}
    rates = [rate for *_, rate, _ in market.exchange.venue.futures.funding_rates]
    assert min(rates) == D("-0.003")
