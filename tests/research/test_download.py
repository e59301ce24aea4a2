"""Downloads from the local exchange: what came is what was recorded, whatever befell it."""

import resource
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import polars as pl
import pytest

from hedgebot.domain.instruments import Kind
from hedgebot.errors import HedgebotError
from hedgebot.research.download import DownloadFailed, Gap
from hedgebot.research.download.shelf import PARTIAL, ShelfError, writing
from hedgebot.research.history import Fault, read_history
from hedgebot.research.history.names import NAME
from hedgebot.research.history.reading import SUFFIXES
from hedgebot.research.writing import NotWritten, write_whole
from hedgebot.sim.bars.folder import opened
from hedgebot.sim.bars.naming import series_of
from hedgebot.sim.bars.rows import SUFFIXES as BAR_SUFFIXES
from hedgebot.sim.faults import CutEarly, DropReply, FailBefore, RequestFault, Rule, Throttle
from tests.research.histories import BEGIN, HOUR, rates, walk, without
from tests.research.middleman import Rows
from tests.research.past_town import (
    BEGIN_MS,
    HOURS,
    INVERSE,
    LINEAR,
    PERP,
    SPOT,
    past_town,
    recorded,
    spot_only,
)

HOUR_MS = 3_600_000
EVERYTHING = (SPOT, LINEAR, INVERSE)
LISTED = {
    Kind.SPOT: ("BTCUSDT", "ETHUSDT"),
    Kind.LINEAR: ("BTCUSDT", "ETHUSDT"),
    Kind.INVERSE: ("BTCUSD_PERP",),
}


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


async def test_what_came_is_what_was_recorded(tmp_path: Path) -> None:
    out = tmp_path / "out"
    async with past_town(recorded(tmp_path / "in")) as town:
        reports = await town.bring(out, *EVERYTHING)
        assert files(out) == files(town.source)
        assert all(town.same(out, name) for name in reports)
        assert not any(report.gaps for report in reports.values())
        assert town.told.said == []


async def test_what_came_is_read_by_research_and_by_the_exchange(tmp_path: Path) -> None:
    out = tmp_path / "out"
    async with past_town(recorded(tmp_path / "in")) as town:
        reports = await town.bring(out, *EVERYTHING)
    history = read_history(out)
    assert set(history.series) == set(reports)
    assert not history.of(Fault.GAP) + history.of(Fault.MISSING_FUNDING)
    library = opened(out, LISTED)
    assert {(track.series, track.gaps) for track in library.tracks} == {
        (series_of(PurePath(f"{name}.parquet"), LISTED), ()) for name in reports
    }
    assert len(library.tracks) == 9


@pytest.mark.parametrize("what", ["", "mark", "index", "funding"])
def test_a_name_says_what_it_is(what: str) -> None:
    for name in (f"BTCUSDT_perp_{what}_1h", f"BTCUSD_PERP_{what}_1h"):
        said = NAME.match(name.replace("__", "_"))
        assert said is not None
        assert (said["what"] or "") == what


async def test_a_second_run_asks_for_the_new_bars_only(tmp_path: Path) -> None:
    out = tmp_path / "out"
    async with past_town(spot_only(tmp_path / "in")) as town:
        first = await town.bring(out, SPOT, end=BEGIN_MS + 1_000 * HOUR_MS)
        town.man.counts.clear()
        second = await town.bring(out, SPOT)
        assert (first["BTCUSDT_spot_1h"].rows, second["BTCUSDT_spot_1h"].added) == (1_000, 300)
        assert town.man.counts["klines"] <= 12  # the ends of the file, one page, the empty rest
        assert town.same(out, "BTCUSDT_spot_1h")


async def test_earlier_bars_are_put_before_those_that_are_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    async with past_town(recorded(tmp_path / "in")) as town:
        await town.bring(out, begin=BEGIN_MS + 1_000 * HOUR_MS)
        reports = await town.bring(out, begin=BEGIN_MS - 10_000 * HOUR_MS)
        assert all(town.same(out, name) for name in reports)


async def test_missing_bars_are_named_and_asked_for_by_themselves(tmp_path: Path) -> None:
    torn = without(walk(HOURS, seed=2), 20, 3)
    source, out, spans = recorded(tmp_path / "in", BTCUSDT_perp_1h=torn), tmp_path / "out", set()

    def heard(rows: Rows, asked: dict[str, str]) -> Rows:
        spans.add((int(asked["startTime"]), int(asked["endTime"])))
        return rows

    async with past_town(source) as town:
        town.man.alter["klines"] = heard
        reports = await town.bring(out)
        gap = Gap(BEGIN_MS + 20 * HOUR_MS, BEGIN_MS + 22 * HOUR_MS, 3)
        assert reports[PERP].gaps == (gap,)
        assert (gap.begin_ms, gap.end_ms + HOUR_MS - 1) in spans
        assert str(gap) == "3 missing, 2023-03-01 20:00 to 2023-03-01 22:00"
        assert town.same(out, PERP)


def oldest(rows: Rows, _: dict[str, str]) -> Rows:
    return rows[:77]


def newest(rows: Rows, _: dict[str, str]) -> Rows:
    return rows[-77:]


@pytest.mark.parametrize("alter", [oldest, newest])
async def test_a_venue_that_gives_fewer_rows_loses_none(
    tmp_path: Path, alter: Callable[[Rows, dict[str, str]], Rows]
) -> None:
    out = tmp_path / "out"
    async with past_town(spot_only(tmp_path / "in")) as town:
        town.man.alter["klines"] = alter
        reports = await town.bring(out, SPOT)
        assert reports["BTCUSDT_spot_1h"].gaps == ()
        assert town.same(out, "BTCUSDT_spot_1h")


def moved(rows: Rows, _: dict[str, str], *, by_ms: int) -> Rows:
    return [[row[0] + by_ms, *row[1:6], row[6] + by_ms, *row[7:]] for row in rows]


WRONG: dict[str, Callable[[Rows, dict[str, str]], Any]] = {
    "a bar twice": lambda rows, _: rows[:5] + rows[4:-1],
    "two of them swapped": lambda rows, _: [*rows[:2], *rows[3:4], *rows[2:3], *rows[4:]],
    "out of order": lambda rows, _: rows[::-1] if len(rows) > 1 else rows,
    "beside the grid": lambda rows, asked: moved(rows, asked, by_ms=60_000),
    "of another time": lambda rows, asked: moved(rows, asked, by_ms=5_000 * HOUR_MS),
    "of another length": lambda rows, _: [[*r[:6], r[0] + 59_999, *r[7:]] for r in rows],
    "no price": lambda rows, _: [[r[0], "0", *r[2:]] for r in rows],
    "a price that is a word": lambda rows, _: [[r[0], "dear", *r[2:]] for r in rows],
    "high below low": lambda rows, _: [[*r[:2], r[3], r[2], *r[4:]] for r in rows],
    "a row cut short": lambda rows, _: [r[:4] for r in rows],
    "no rows at all": lambda _, __: {"bars": "some"},
    "more than asked for": lambda rows, _: rows * 40,
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_wrong_bars_are_refused_whole(tmp_path: Path, wrong: str) -> None:
    out = tmp_path / "out"
    async with past_town(spot_only(tmp_path / "in")) as town:
        town.man.alter["klines"] = WRONG[wrong]
        with pytest.raises(DownloadFailed, match="GET public/klines"):
            await town.bring(out, SPOT)
        assert files(out) == []
        del town.man.alter["klines"]
        await town.bring(out, SPOT)
        assert town.same(out, "BTCUSDT_spot_1h")


async def test_bars_that_were_wrong_once_are_asked_for_again(tmp_path: Path) -> None:
    out, times = tmp_path / "out", [0]

    def once(rows: Rows, asked: dict[str, str]) -> Rows:
        times[0] += 1
        return moved(rows, asked, by_ms=60_000) if times[0] == 2 else rows

    async with past_town(spot_only(tmp_path / "in")) as town:
        town.man.alter["klines"] = once
        await town.bring(out, SPOT)
        assert town.same(out, "BTCUSDT_spot_1h")
        assert "asking again" in town.told.said[0]


@pytest.mark.parametrize(
    "fault",
    [Throttle(429, 1), Throttle(418, 1), DropReply(), CutEarly(5), FailBefore(503)],
    ids=lambda fault: type(fault).__name__,
)
async def test_what_befalls_a_page_costs_time_only(tmp_path: Path, fault: RequestFault) -> None:
    out = tmp_path / "out"
    async with past_town(spot_only(tmp_path / "in")) as town:
        town.man.url = town.man.behind  # a cut connection is cut, not passed on as an error
        rule = Rule(name="f", path="/api/v3/klines", fault=fault, count=2, skip=1)
        town.exchange.faults.add(rule)
        await town.bring(out, SPOT)
        assert town.exchange.faults.rules == {}
        assert town.same(out, "BTCUSDT_spot_1h")


async def test_a_venue_that_stays_away_ends_it_and_what_came_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    async with past_town(spot_only(tmp_path / "in")) as town:
        gone = Rule(name="f", path="/api/v3/klines", fault=FailBefore(), count=99, skip=1)
        town.exchange.faults.add(gone)
        with pytest.raises(DownloadFailed, match="the same command goes on"):
            await town.bring(out, SPOT, within_s=0.1)
        assert [Path(each).suffix for each in files(out)] == ["", "", ".part"]
        with pytest.raises(HedgebotError, match=r"no \.parquet or"):
            read_history(out)
        town.exchange.faults.clear()
        town.man.counts.clear()
        await town.bring(out, SPOT)
        assert town.same(out, "BTCUSDT_spot_1h")
        assert not (out / PARTIAL).exists()


async def test_the_bar_that_is_still_open_is_not_written(tmp_path: Path) -> None:
    source, out = recorded(tmp_path / "in"), tmp_path / "out"
    inside = BEGIN_MS + 100 * HOUR_MS + HOUR_MS // 2
    async with past_town(source, wall_ms=inside) as town:
        reports = await town.bring(out)
        assert {report.last_ms for name, report in reports.items() if "funding" not in name} == {
            BEGIN_MS + 99 * HOUR_MS
        }
        assert reports["BTCUSDT_perp_funding_8h"].last_ms == BEGIN_MS + 96 * HOUR_MS
    async with past_town(source, wall_ms=BEGIN_MS + 101 * HOUR_MS + 5_000) as town:
        await town.bring(out)
    came = pl.read_parquet(out / f"{PERP}.parquet")
    was = walk(HOURS, seed=2).with_columns(pl.col("date").dt.cast_time_unit("ms"))
    assert came.equals(was.head(101))


async def test_an_index_of_no_time_is_said_and_not_written(tmp_path: Path) -> None:
    source, out = recorded(tmp_path / "in"), tmp_path / "out"
    (source / "BTCUSDT_perp_index_1h.parquet").unlink()
    async with past_town(source) as town:
        reports = await town.bring(out)
    assert reports["BTCUSDT_perp_index_1h"].rows == 0
    assert "BTCUSDT_perp_index_1h.parquet" not in files(out)


async def test_each_rate_has_the_interval_that_it_was_of(tmp_path: Path) -> None:
    eight = rates(30)
    four = rates(60, begin=BEGIN + 29 * 8 * HOUR + 4 * HOUR, hours=4)
    changed = without(without(pl.concat([eight, four]), 60, 2), 40)
    source, out = recorded(tmp_path / "in", BTCUSDT_perp_funding_8h=changed), tmp_path / "out"
    async with past_town(source) as town:
        reports = await town.bring(out)
    report = reports["BTCUSDT_perp_funding_4h"]
    came = pl.read_parquet(out / "BTCUSDT_perp_funding_4h.parquet")
    assert came["interval_hours"].to_list() == [8.0] * 30 + [4.0] * 57
    one, two = (BEGIN_MS + (29 * 8 + 4 * row) * HOUR_MS for row in (11, 31))
    assert report.gaps == (Gap(one, one, 1), Gap(two, two + 4 * HOUR_MS, 2))
    assert came["mark_price"].null_count() == 0


async def test_a_file_of_another_history_is_not_gone_on_with(tmp_path: Path) -> None:
    source, out = spot_only(tmp_path / "in"), tmp_path / "out"
    out.mkdir()
    walk(50, seed=9).write_parquet(out / "BTCUSDT_spot_1h.parquet")
    before = (out / "BTCUSDT_spot_1h.parquet").read_bytes()
    async with past_town(source) as town:
        with pytest.raises(DownloadFailed, match="tells 2023-03-01 00:00 otherwise"):
            await town.bring(out, SPOT)
        assert (out / "BTCUSDT_spot_1h.parquet").read_bytes() == before
        walk(50).with_columns(mine=1).write_parquet(out / "BTCUSDT_spot_1h.parquet")
        with pytest.raises(ShelfError, match="was not written by a download"):
            await town.bring(out, SPOT)
        (out / "BTCUSDT_spot_1h.parquet").write_bytes(before[:-40])
        with pytest.raises(ShelfError, match="cannot be read"):
            await town.bring(out, SPOT)


async def test_a_market_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    async with past_town(recorded(tmp_path / "in")) as town:
        with pytest.raises(HedgebotError, match="BTC/USDC:USDC is not a market of binanceusdm"):
            await town.bring(tmp_path / "out", "BTC/USDC:USDC")


async def test_one_download_writes_into_a_folder_at_a_time(tmp_path: Path) -> None:
    out = tmp_path / "out"
    async with past_town(spot_only(tmp_path / "in")) as town:
        with writing(out), pytest.raises(ShelfError, match="another download writes there"):
            await town.bring(out, SPOT)
        await town.bring(out, SPOT)


async def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    out, limits = tmp_path / "out", resource.getrlimit(resource.RLIMIT_FSIZE)
    async with past_town(spot_only(tmp_path / "in")) as town:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, limits[1]))
        try:
            with pytest.raises(NotWritten, match="cannot be written"):
                await town.bring(out, SPOT)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert not [each for each in out.rglob("*") if each.is_file()]
        await town.bring(out, SPOT)
        assert town.same(out, "BTCUSDT_spot_1h")


def test_a_file_that_is_being_written_is_no_history(tmp_path: Path) -> None:
    seen: list[Path] = []

    def write(new: Path) -> None:
        new.write_text("half")
        seen.extend(tmp_path.iterdir())

    write_whole(tmp_path / "BTCUSDT_spot_1h.parquet", write)
    assert [path.suffix in {*SUFFIXES, *BAR_SUFFIXES} for path in seen] == [False]
    assert files(tmp_path) == ["BTCUSDT_spot_1h.parquet"]
