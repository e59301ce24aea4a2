"""Every fault of a history, made on purpose: found, named, and nothing mended but the order."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hedgebot.research.history import Fault, Finding, History, read_history
from tests.research.histories import BEGIN, HOUR, changed, folder, rates, walk, without

SPOT, PERP = "BTCUSDT_spot_1h", "BTCUSDT_perp_1h"


def ms(hours: float, begin: datetime = BEGIN) -> int:
    return int((begin + hours * HOUR).timestamp() * 1000)


def read(path: Path, **frames: Any) -> History:
    return read_history(folder(path, **frames))


def only(history: History) -> Finding:
    (found,) = history.findings
    return found


def spans(found: list[Finding]) -> list[tuple[int, int, int]]:
    return [(each.begin_ms, each.end_ms, each.rows) for each in found]


def test_an_honest_folder_has_no_finding(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        BTCUSDT_spot_1h=walk(),
        BTCUSDT_perp_1h=walk(),
        BTCUSDT_perp_mark_1h=walk().drop("volume"),
        BTCUSDT_perp_funding_8h=rates(),
    )
    assert history.findings == ()
    assert history.series[SPOT].step_ms == 3_600_000
    assert history.series["BTCUSDT_perp_funding_8h"].step_ms == 8 * 3_600_000
    table = history.series[SPOT].table
    assert table.columns == ["at_ms", "open", "high", "low", "close", "volume"]
    assert table["at_ms"][5] == ms(5)
    assert table["close"].to_list() == walk()["close"].to_list()


def test_missing_bars_are_a_gap_and_stay_missing(tmp_path: Path) -> None:
    history = read(tmp_path, BTCUSDT_spot_1h=without(without(walk(), 50, 3), 10))
    found = history.of(Fault.GAP, SPOT)
    assert spans(found) == [(ms(10), ms(10), 1), (ms(50), ms(52), 3)]
    assert history.series[SPOT].table.height == 196
    assert str(found[1]) == f"{SPOT}: gap, 2023-03-03 02:00 to 2023-03-03 04:00, 3 rows: missing"


def test_a_price_that_stood_still_is_frozen_and_its_basis_not_real(tmp_path: Path) -> None:
    still = walk()
    for row in (20, 21):
        still = changed(still, row, open=2e4, high=2e4, low=2e4, close=2e4, volume=0.0)
    perp = changed(walk(), 21, open=2.05e4, high=2.06e4, low=2.04e4, close=2.05e4)
    history = read(tmp_path, BTCUSDT_spot_1h=still, BTCUSDT_perp_1h=perp,
                   BTCUSDT_perp_funding_8h=rates())  # fmt: skip
    assert spans(history.of(Fault.FROZEN)) == [(ms(20), ms(21), 2)]
    basis = history.of(Fault.WIDE_BASIS)
    assert ms(21) in [each.begin_ms for each in basis]
    assert all("not real" in each.text for each in basis if each.begin_ms == ms(21))


@pytest.mark.parametrize(("factor", "bps"), [(1.02, "+200"), (0.98, "-200")])
def test_the_close_before_an_outage_is_of_before(tmp_path: Path, factor: float, bps: str) -> None:
    """Trading stopped inside of the bar: its close is as old as the frozen bar's."""
    last = walk()["close"][20]
    still = changed(walk(), 21, open=last, high=last, low=last, close=last, volume=0.0)
    away = walk().with_columns(
        (pl.col(each) * pl.when(pl.int_range(pl.len()) == 20).then(factor).otherwise(1.0)).alias(
            each
        )
        for each in ("open", "high", "low", "close")
    )
    history = read(tmp_path, BTCUSDT_spot_1h=still, BTCUSDT_perp_1h=away,
                   BTCUSDT_perp_funding_8h=rates())  # fmt: skip
    (basis,) = history.of(Fault.WIDE_BASIS)
    assert basis.begin_ms == ms(20)
    assert basis.text == f"the perpetual is {bps} bps from spot: not real, one of them stood still"


def test_a_price_that_moved_to_one_level_is_not_frozen(tmp_path: Path) -> None:
    """Venues whose bars open at the close before: the open tells that the price moved."""
    moved = changed(walk(), 20, high=2e4, low=2e4, close=2e4, volume=0.0)
    assert read(tmp_path, BTCUSDT_spot_1h=moved).of(Fault.FROZEN) == []


def test_a_flat_bar_that_traded_is_not_frozen(tmp_path: Path) -> None:
    calm = changed(walk(), 20, open=2e4, high=2e4, low=2e4, close=2e4)
    assert read(tmp_path, BTCUSDT_spot_1h=calm).of(Fault.FROZEN) == []


def test_a_mark_has_no_volume_and_freezes_too(tmp_path: Path) -> None:
    still = changed(walk().drop("volume"), 20, open=2e4, high=2e4, low=2e4, close=2e4)
    found = read(tmp_path, BTCUSDT_perp_mark_1h=still).of(Fault.FROZEN)
    assert spans(found) == [(ms(20), ms(20), 1)]


@pytest.mark.parametrize(("column", "factor"), [("high", 1.2), ("low", 0.8)])
def test_a_price_far_beyond_its_bar_is_a_wick(tmp_path: Path, column: str, factor: float) -> None:
    price = walk()["close"][30] * factor
    found = only(read(tmp_path, BTCUSDT_spot_1h=changed(walk(), 30, **{column: price})))
    assert (found.fault, found.begin_ms) == (Fault.WICK, ms(30))
    assert f"{price:g}" in found.text


@pytest.mark.parametrize(
    ("column", "factor", "word"), [("high", 1.11, "above"), ("low", 0.88, "below")]
)
def test_trades_beyond_the_mark_are_a_wick(
    tmp_path: Path, column: str, factor: float, word: str
) -> None:
    calm = walk()
    price = calm["close"][30] * factor
    wild = changed(calm, 30, open=price, close=price, **{column: price})
    other = {"high": "low", "low": "high"}[column]
    wild = changed(wild, 30, **{other: price})
    history = read(tmp_path, BTCUSDT_perp_1h=wild, BTCUSDT_perp_mark_1h=calm.drop("volume"),
                   BTCUSDT_perp_funding_8h=rates())  # fmt: skip
    found = only(history)
    assert (found.fault, found.series, found.begin_ms) == (Fault.WICK, PERP, ms(30))
    assert f"never {word}" in found.text


@pytest.mark.parametrize(
    ("column", "beyond", "by"), [("open", "high", 1.0), ("close", "low", -1.0)]
)
def test_an_open_or_close_outside_of_its_bar(
    tmp_path: Path, column: str, beyond: str, by: float
) -> None:
    odd = changed(walk(), 7, **{column: walk()[beyond][7] + by})
    found = only(read(tmp_path, BTCUSDT_spot_1h=odd))
    assert (found.fault, found.begin_ms, found.rows) == (Fault.OUTSIDE, ms(7), 1)


def test_rows_out_of_order_are_put_in_order_and_said(tmp_path: Path) -> None:
    calm = walk()
    torn = pl.concat([calm.slice(0, 50), calm.slice(60), calm.slice(50, 10)])
    history = read(tmp_path, BTCUSDT_spot_1h=torn)
    assert spans(history.of(Fault.DISORDER)) == [(ms(50), ms(50), 1)]
    assert history.series[SPOT].table["close"].to_list() == calm["close"].to_list()
    assert len(history.findings) == 1


def test_equal_rows_of_one_time_are_one(tmp_path: Path) -> None:
    calm = walk()
    twice = pl.concat([calm.slice(0, 50), calm.slice(48)])
    history = read(tmp_path, BTCUSDT_spot_1h=twice)
    assert spans(history.of(Fault.REPEATED)) == [(ms(48), ms(49), 2)]
    assert history.series[SPOT].table.height == 200


def test_rows_of_one_time_that_differ_are_none(tmp_path: Path) -> None:
    calm = walk()
    other = changed(calm.slice(48, 1), 0, close=calm["close"][48] + 1.0)
    history = read(tmp_path, BTCUSDT_spot_1h=pl.concat([calm.slice(0, 49), other, calm.slice(49)]))
    (found,) = history.of(Fault.REPEATED)
    assert (found.begin_ms, found.text) == (ms(48), "rows differ, and none is taken")
    assert spans(history.of(Fault.GAP)) == [(ms(48), ms(48), 1)]
    assert history.series[SPOT].table.height == 199


CHANGES = {
    "London in spring": "2023-03-26 01:00",
    "Berlin in spring": "2023-03-26 02:00",
    "Berlin in autumn, turned back": "2023-10-29 00:00",
    "Berlin in autumn": "2023-10-29 02:00",
    "New York in spring": "2023-03-12 02:00",
    "New York in autumn": "2023-11-05 01:00",
    "New York in autumn, turned back": "2023-11-05 06:00",
}
ELSEWHERE = (
    "2023-03-26 00:00", "2023-03-26 03:00", "2023-03-25 01:00",
    "2023-10-29 03:00", "2023-10-22 01:00", "2023-03-12 03:00",
    "2023-11-05 02:00", "2023-11-05 07:00", "2023-11-12 01:00",
)  # fmt: skip


@pytest.mark.parametrize("when", CHANGES.values(), ids=CHANGES)
def test_an_hour_missing_where_clocks_change_is_named_so(tmp_path: Path, when: str) -> None:
    at = datetime.fromisoformat(when).replace(tzinfo=UTC)
    begin = at - 48 * HOUR
    found = only(read(tmp_path, BTCUSDT_spot_1h=without(walk(begin=begin), 48)))
    assert (found.fault, found.begin_ms, found.rows) == (Fault.DAYLIGHT_SAVING, ms(0, at), 1)


@pytest.mark.parametrize("when", ELSEWHERE)
def test_an_hour_missing_elsewhere_is_a_gap(tmp_path: Path, when: str) -> None:
    at = datetime.fromisoformat(when).replace(tzinfo=UTC)
    history = read(tmp_path, BTCUSDT_spot_1h=without(walk(begin=at - 48 * HOUR), 48))
    assert [each.fault for each in history.findings] == [Fault.GAP]


def test_an_hour_that_is_there_twice_where_clocks_change(tmp_path: Path) -> None:
    """Local time in autumn: 02:00 of Berlin comes twice, and which is which nobody can tell."""
    begin = datetime(2023, 10, 27, 2, tzinfo=UTC)
    calm = walk(begin=begin)
    late = calm.slice(49).with_columns(pl.col("date") - HOUR)
    history = read(tmp_path, BTCUSDT_spot_1h=pl.concat([calm.slice(0, 49), late]))
    kinds = [each.fault for each in history.findings]
    assert kinds == [Fault.DAYLIGHT_SAVING, Fault.DAYLIGHT_SAVING]
    assert {each.begin_ms for each in history.findings} == {ms(48, begin)}


def test_repeated_rows_of_a_change_and_others_are_told_apart(tmp_path: Path) -> None:
    begin = datetime(2023, 10, 27, 2, tzinfo=UTC)
    calm = walk(begin=begin)
    twice = pl.concat([calm.slice(0, 49), calm.slice(48, 52), calm.slice(99)])
    history = read(tmp_path, BTCUSDT_spot_1h=twice)
    assert spans(history.of(Fault.DAYLIGHT_SAVING)) == [(ms(48, begin), ms(48, begin), 1)]
    assert spans(history.of(Fault.REPEATED)) == [(ms(99, begin), ms(99, begin), 1)]
    assert history.series[SPOT].table.height == 200


def test_settlements_that_are_missing(tmp_path: Path) -> None:
    history = read(tmp_path, BTCUSDT_perp_1h=walk(), BTCUSDT_perp_funding_8h=without(rates(), 5, 2))
    found = only(history)
    assert (found.fault, found.begin_ms, found.end_ms) == (Fault.MISSING_FUNDING, ms(40), ms(48))


def test_a_perpetual_before_its_first_settlement_and_after_its_last(tmp_path: Path) -> None:
    some = rates().slice(10, 5)
    found = read(tmp_path, BTCUSDT_perp_1h=walk(), BTCUSDT_perp_funding_8h=some).findings
    assert {each.fault for each in found} == {Fault.MISSING_FUNDING}
    assert spans(list(found)) == [(ms(0), ms(72), 10), (ms(120), ms(199), 10)]


def test_a_mark_that_begins_later_and_ends_sooner(tmp_path: Path) -> None:
    mark = walk().drop("volume").slice(11, 180)
    history = read(tmp_path, BTCUSDT_perp_1h=walk(), BTCUSDT_perp_mark_1h=mark,
                   BTCUSDT_perp_funding_8h=rates())  # fmt: skip
    assert spans(history.of(Fault.GAP)) == [(ms(0), ms(10), 11), (ms(191), ms(199), 9)]
    assert len(history.findings) == 2


@pytest.mark.parametrize("hours", [1, 2, 4, 8])
def test_the_interval_of_funding_is_read_not_assumed(tmp_path: Path, hours: int) -> None:
    history = read(tmp_path, BTCUSDT_perp_1h=walk(),
                   BTCUSDT_perp_funding_8h=rates(200 // hours, hours=hours))  # fmt: skip
    assert history.findings == ()
    assert history.series["BTCUSDT_perp_funding_8h"].step_ms == hours * 3_600_000


def test_a_perpetual_without_any_funding(tmp_path: Path) -> None:
    found = only(read(tmp_path, BTCUSDT_perp_1h=walk()))
    assert (found.fault, found.series) == (Fault.MISSING_FUNDING, PERP)


def test_volume_that_may_count_contracts(tmp_path: Path) -> None:
    whole = walk().with_columns(pl.col("volume").round().cast(pl.Int64))
    both = walk().rename({"volume": "volume_base"}).with_columns(volume_contracts=pl.lit(7))
    history = read(tmp_path, XBTUSD_1h=whole, BTCUSD_PERP_1h=both,
                   BTCUSD_PERP_funding_8h=rates())  # fmt: skip
    assert {each.series for each in history.of(Fault.VOLUME_UNIT)} == {
        "XBTUSD_1h",
        "BTCUSD_PERP_1h",
    }
    assert history.series["BTCUSD_PERP_1h"].table["volume"].to_list() == walk()["volume"].to_list()


def test_stamps_beside_the_others(tmp_path: Path) -> None:
    odd = changed(walk(), 9, date=BEGIN + 9 * HOUR + timedelta(milliseconds=151))
    found = only(read(tmp_path, BTCUSDT_spot_1h=odd))
    assert (found.fault, found.begin_ms, found.rows) == (Fault.OFF_GRID, ms(9) + 151, 1)


@pytest.mark.parametrize("late_ms", [-400, 400])
def test_stamps_that_are_a_little_off_miscount_no_gap(tmp_path: Path, late_ms: int) -> None:
    odd = changed(walk(), 13, date=BEGIN + 13 * HOUR + timedelta(milliseconds=late_ms))
    history = read(tmp_path, BTCUSDT_spot_1h=without(odd, 10, 3))
    (found,) = history.of(Fault.GAP)
    assert found.rows == 3


def test_bars_of_another_clock(tmp_path: Path) -> None:
    """Of one walk, two series of four-hour bars whose true beginnings are two hours apart."""
    fine = walk(2_000)
    wide = {
        name: fine.slice(skip).group_by_dynamic("date", every="4h", offset=f"{skip}h").agg(
            pl.col("open").first(), pl.col("high").max(), pl.col("low").min(),
            pl.col("close").last(), pl.col("volume").sum(),
        )
        for name, skip in (("here_4h", 0), ("there_4h", 2))
    }  # fmt: skip
    wide["there_4h"] = wide["there_4h"].with_columns(pl.col("date") + 2 * HOUR)
    found = only(read(tmp_path, **wide))
    assert (found.fault, found.series) == (Fault.UNALIGNED, "there_4h")
    assert "follows here_4h" in found.text


def test_files_of_one_series_are_joined_by_time(tmp_path: Path) -> None:
    calm = walk()
    frames = {
        "BTCUSDT_spot_1h-2023-03-02": calm.slice(24),
        "BTCUSDT_spot_1h-2023-03-01": calm.slice(0, 24),
    }
    history = read(tmp_path, **frames)
    assert list(history.series) == [SPOT]
    assert history.findings == ()
    assert history.series[SPOT].table["close"].to_list() == calm["close"].to_list()


def test_rates_in_per_cent(tmp_path: Path) -> None:
    frame = rates().with_columns(pl.col("funding_rate") * 100)
    (found,) = read_history(folder(tmp_path, X_perp_funding_8h=frame)).findings
    assert found.fault is Fault.FUNDING_UNIT
    assert found.rows == 25
    assert "half of the rates are 1.0% and more" in found.text


def test_a_rate_that_no_venue_takes(tmp_path: Path) -> None:
    frame = changed(changed(rates(), 5, funding_rate=-0.041), 9, funding_rate=0.04)
    (found,) = read_history(folder(tmp_path, X_perp_funding_8h=frame)).findings
    assert found.fault is Fault.FUNDING_UNIT
    assert found.rows == 1
    assert found.text == "up to 4.1% for one settlement: no venue takes so much"
