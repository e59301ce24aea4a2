"""The traps of the recorded files, each found and named, and no other."""

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from itertools import chain

import pytest

from hedgebot.research.history import Fault, History, read_history
from tests.research.shared_folder import FOLDER

HOUR_MS = 3_600_000
COINS = pytest.mark.parametrize("coin", ["BTC", "ETH"])


@cache
def history(name: str) -> History:
    return read_history(FOLDER / name)


@pytest.fixture(autouse=True)
def _beside() -> None:
    if not FOLDER.exists():
        pytest.skip("real data is not beside this checkout")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def kinds(name: str) -> dict[tuple[str, Fault], int]:
    return dict(Counter((each.series, each.fault) for each in history(name).findings))


@COINS
def test_spot_lacks_32_hours_and_the_mark_its_first_ones(coin: str) -> None:
    found = history("binance_1h").of(Fault.GAP)
    ours = [each for each in found if each.series == f"{coin}USDT_spot_1h"]
    assert (len(ours), sum(each.rows for each in ours)) == (15, 32)
    (late,) = [each for each in found if each.series == f"{coin}USDT_perp_mark_1h"]
    assert (late.end_ms, late.rows) == (ms("2019-12-23 10:00"), 11)  # it begins at 11:00
    assert len(found) == 2 * (15 + 1)


@COINS
def test_frozen_spot_reads_as_a_false_basis(coin: str) -> None:
    hours = history("binance_1h")
    name = f"{coin}USDT_spot_1h"
    frozen = [ms("2021-02-11 03:00"), ms("2023-03-24 12:00")]
    assert [each.begin_ms for each in hours.of(Fault.FROZEN, name)] == frozen
    assert ms("2023-03-24 13:00") in [each.begin_ms for each in hours.of(Fault.GAP, name)]
    wide = {each.begin_ms: each.text for each in hours.of(Fault.WIDE_BASIS, name)}
    false = {at_ms: text for at_ms, text in wide.items() if "not real" in text}
    before = ms("2023-03-24 11:00")  # trading stopped inside of this hour
    assert {frozen[0], before} <= false.keys() <= {*frozen, before}
    assert f"the perpetual is {'-186' if coin == 'BTC' else '-252'} bps" in false[before]


def test_the_basis_of_march_2020_was_traded() -> None:
    wide = history("binance_1h").of(Fault.WIDE_BASIS, "BTCUSDT_spot_1h")
    texts = {each.begin_ms: each.text for each in wide}
    assert "-257 bps from spot: both traded" in texts[ms("2020-03-13 02:00")]


def test_the_mark_stood_still_for_an_hour() -> None:
    """Nobody wrote this one down: 2020-07-27 20:00, both coins."""
    found = history("binance_1h").of(Fault.FROZEN)
    marks = [each for each in found if "mark" in each.series]
    assert [each.begin_ms for each in marks] == [ms("2020-07-27 20:00")] * 2


def test_the_wick_of_ethereum_that_the_mark_did_not_see() -> None:
    found = history("binance_1h").of(Fault.WICK, "ETHUSDT_perp_1h")
    texts = [each.text for each in found if each.begin_ms == ms("2021-05-19 13:00")]
    assert any("1400.73 is 67% beyond" in text for text in texts)
    assert any("traded at 1400.73, the mark was never below 1764.26" in text for text in texts)
    crash = history("binance_1h").of(Fault.WICK, "BTCUSDT_perp_1h")
    assert [each.text for each in crash if each.begin_ms == ms("2020-03-13 02:00")] == [
        "3621.81 is 12% beyond open and close"
    ]


def test_quarters_of_2023_are_complete_and_without_funding() -> None:
    assert kinds("binance_15m_2023") == {
        (f"{coin}USDT_{market}_15m", fault): 1
        for coin in ("BTC", "ETH")
        for market, fault in (("perp", Fault.MISSING_FUNDING), ("spot", Fault.WIDE_BASIS))
    }
    wide = history("binance_15m_2023").of(Fault.WIDE_BASIS)
    assert {each.begin_ms for each in wide} == {ms("2023-08-17 21:30")}


def test_five_minutes_of_2022_are_complete_and_without_funding() -> None:
    assert kinds("binance_5m_2022") == {
        (f"{coin}USDT_perp_5m", Fault.MISSING_FUNDING): 1 for coin in ("BTC", "ETH")
    }


@COINS
def test_one_outage_of_four_hours_and_three_quarters(coin: str) -> None:
    (found,) = history("binance_spot_1m_2021_05").of(Fault.GAP, f"{coin}USDT_spot_1m")
    begin, end = ms("2021-04-25 04:00"), ms("2021-04-25 08:45")
    assert (found.begin_ms, found.end_ms, found.rows) == (begin + 60_000, end - 60_000, 284)
    assert len(history("binance_spot_1m_2021_05").findings) == 2


def test_inverse_bars_lack_whole_days_and_funding_of_a_year() -> None:
    inverse = history("binance_inverse_1h")
    bars, funding = "BTCUSD_PERP_1h", "BTCUSD_PERP_funding_8h"
    gaps = inverse.of(Fault.GAP, bars)
    days = [each.begin_ms for each in gaps if each.rows >= 24]
    assert days == [ms(f"{day} 00:00") for day in (
        "2023-05-10", "2023-09-20", "2023-11-03", "2023-12-11", "2023-12-19", "2023-12-21",
    )]  # fmt: skip
    assert sum(each.rows for each in gaps) == 212
    (before,) = inverse.of(Fault.MISSING_FUNDING)
    assert (before.series, before.begin_ms) == (bars, ms("2020-08-11 08:00"))
    assert before.end_ms < ms("2021-07-01 00:00") == inverse.series[funding].table["at_ms"][0]
    (unit,) = inverse.of(Fault.VOLUME_UNIT)
    assert unit.series == bars
    assert inverse.series[bars].table["volume"][0] == 191.02861558  # coins, not 22,443


def test_settlements_are_missing_where_clocks_changed() -> None:
    found = history("binance_inverse_1h").of(Fault.DAYLIGHT_SAVING)
    assert {each.series for each in found} == {"BTCUSD_PERP_funding_8h"}
    assert [each.begin_ms for each in found] == [
        ms(f"{day} 00:00") for day in ("2021-10-31", "2022-10-30", "2023-10-29")
    ]


def test_minutes_of_bitmex_are_complete() -> None:
    minutes = history("bitmex_inverse_1m_2018_06")
    name = "XBTUSD_1m"
    assert minutes.series[name].table.height == 525_600
    assert kinds("bitmex_inverse_1m_2018_06") == {
        (name, Fault.FROZEN): 19, (name, Fault.OUTSIDE): 1, (name, Fault.VOLUME_UNIT): 1,
    }  # fmt: skip
    (opens,) = minutes.of(Fault.OUTSIDE)
    assert opens.rows == 8_397


def test_hours_of_bitmex() -> None:
    hours = history("bitmex_inverse_1h")
    assert [each.begin_ms for each in hours.of(Fault.GAP)] == [
        ms("2015-10-04 23:00"), ms("2015-10-11 23:00"),
    ]  # fmt: skip
    assert len(hours.of(Fault.VOLUME_UNIT)) == 1
    assert hours.of(Fault.OUTSIDE)[0].rows == 4_528


@COINS
def test_three_of_ten_hours_of_hyperliquid_are_missing(coin: str) -> None:
    hours = history("hyperliquid_2024")
    name = f"{coin}_funding_1h"
    missing = sum(each.rows for each in hours.of(Fault.MISSING_FUNDING, name))
    there = hours.series[name].table.height
    assert (there, there + missing) == (6_144, 366 * 24)
    (beside,) = hours.of(Fault.OFF_GRID, name)
    assert beside.rows == 6_111  # milliseconds after the hour


def test_three_venues_lost_the_night_in_which_clocks_changed() -> None:
    found = history("multi_exchange_8h_2023").of(Fault.DAYLIGHT_SAVING)
    assert len(found) == 18
    assert {(each.begin_ms, each.rows) for each in found} == {(ms("2023-10-29 00:00"), 1)}


def test_two_of_three_venues_are_of_another_clock() -> None:
    """Nobody wrote this one down: bars of Bybit and OKX begin four hours before their stamps."""
    venues = history("multi_exchange_8h_2023")
    found = venues.of(Fault.UNALIGNED)
    assert Counter(each.series.split("/")[1] for each in found) == {"bybit": 6, "okx": 6}
    fine = history("binance_15m_2023").series["BTCUSDT_spot_15m"].table
    truth = dict(zip(fine["at_ms"], fine["open"], strict=True))
    for venue, hours in (("binance", 0), ("bybit", -4), ("okx", -4)):
        table = venues.series[f"all/{venue}/bitcoin/BTCUSDT/spot"].table
        apart = sorted(
            abs(price / truth[at_ms + hours * HOUR_MS] - 1)
            for at_ms, price in zip(table["at_ms"], table["open"], strict=True)
            if at_ms + hours * HOUR_MS in truth
        )
        assert len(apart) > 800
        assert apart[len(apart) // 2] < 1e-4


def test_every_finding_is_a_sentence() -> None:
    names = ("binance_1h", "hyperliquid_2024", "multi_exchange_8h_2023", "binance_inverse_1h")
    for each in chain.from_iterable(history(name).findings for name in names):
        assert str(each).startswith(f"{each.series}: {each.fault}, 20")
        assert each.begin_ms <= each.end_ms
        assert each.rows >= 1
