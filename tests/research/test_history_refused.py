"""What cannot be read for certain is refused: every problem at once, with its file and its mend."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hedgebot.research.history import Fault, HistoryRefused, read_history
from tests.research.histories import BEGIN, HOUR, changed, folder, rates, walk, without


def refusal(path: Path, **frames: Any) -> str:
    with pytest.raises(HistoryRefused) as caught:
        read_history(folder(path, **frames))
    return str(caught.value)


def refused_csv(path: Path, text: str) -> str:
    (path / "BTCUSDT_spot_1h.csv").write_text(text)
    with pytest.raises(HistoryRefused) as caught:
        read_history(path)
    return str(caught.value)


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert refusal(tmp_path) == f"{tmp_path}: holds no .parquet or .csv file"
    with pytest.raises(HistoryRefused):
        read_history(tmp_path / "not there")


def test_missing_columns(tmp_path: Path) -> None:
    told = refusal(tmp_path, BTCUSDT_spot_1h=walk().drop("low", "close"))
    assert told == "BTCUSDT_spot_1h.parquet: lacks low, close; it has date, open, high, volume"
    told = refusal(tmp_path, BTCUSDT_spot_1h=walk().rename({"date": "when"}))
    assert "lacks a time (date); it has when, open" in told


@pytest.mark.parametrize("zone", [None, "Europe/Berlin", "America/New_York"])
def test_a_wrong_time_zone(tmp_path: Path, zone: str | None) -> None:
    dates = (
        pl.col("date").dt.convert_time_zone(zone)
        if zone
        else pl.col("date").dt.replace_time_zone(None)
    )
    told = refusal(tmp_path, BTCUSDT_spot_1h=walk().with_columns(dates))
    assert (
        told == f"BTCUSDT_spot_1h.parquet: its times are in {zone or 'no zone'}: turn them to UTC"
    )


@pytest.mark.parametrize("price", [-1.0, 0.0, float("nan"), float("inf"), None])
def test_prices_that_are_none(tmp_path: Path, price: float | None) -> None:
    told = refusal(tmp_path, BTCUSDT_spot_1h=changed(walk(), 5, low=price))
    mend = "low is not above zero in 1 rows: take the rows out"
    assert told == f"BTCUSDT_spot_1h.parquet: {mend}"


@pytest.mark.parametrize("rate", [float("nan"), None])
def test_rates_that_are_none(tmp_path: Path, rate: float | None) -> None:
    told = refusal(tmp_path, BTCUSDT_perp_funding_8h=changed(rates(), 5, funding_rate=rate))
    assert "funding_rate is no number in 1 rows" in told


def test_overlapping_files(tmp_path: Path) -> None:
    frames = {"X_spot_1h-2023-03": walk().slice(0, 100), "X_spot_1h-2023-04": walk().slice(90)}
    assert refusal(tmp_path, **frames) == (
        "X_spot_1h-2023-03.parquet and X_spot_1h-2023-04.parquet: both hold X_spot_1h from "
        "2023-03-04 18:00 to 2023-03-05 03:00: take one of them away"
    )


@pytest.mark.parametrize("end", [" (1)", "-2", "_copy", ".new", "_2023_03_01_to_05"])
def test_a_copy_of_a_file_overlaps_it(tmp_path: Path, end: str) -> None:
    frames = {"X_perp_funding_8h": rates(), f"X_perp_funding_8h{end}": rates()}
    assert "both hold X_perp_funding_8h from" in refusal(tmp_path, **frames)


def test_a_second_part_goes_on_with_the_first(tmp_path: Path) -> None:
    frames = {"X_spot_1h": walk().slice(0, 100), "X_spot_1h_part2": walk().slice(100)}
    history = read_history(folder(tmp_path, **frames))
    assert history.series["X_spot_1h"].table.height == 200


def test_files_that_only_meet_do_not_overlap(tmp_path: Path) -> None:
    frames = {"X_spot_1h-2023-03": walk().slice(0, 100), "X_spot_1h-2023-04": walk().slice(100)}
    assert read_history(folder(tmp_path, **frames)).findings == ()


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    bad = changed(changed(walk(), 5, low=-1.0), 6, high=0.0)
    told = refusal(tmp_path, A_spot_1h=bad, B_spot_1h=walk().drop("open"))
    lines = told.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "A_spot_1h.parquet", "A_spot_1h.parquet", "B_spot_1h.parquet",
    ]  # fmt: skip


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT_spot_1h.parquet").write_bytes(b"PAR1 and then nothing")
    assert "BTCUSDT_spot_1h.parquet: cannot be read" in refusal(tmp_path)
    (tmp_path / "BTCUSDT_spot_1h.parquet").unlink()
    assert "cannot be read" in refused_csv(tmp_path, "")


HEAD = "date,open,high,low,close,volume\n"
ROW = "{},1.0,2.0,0.5,1.5,3\n"


@pytest.mark.parametrize(
    "time",
    [
        "2023-03-01 00:00",
        "2023-03-01T00:00:00+01:00",
        "2023-03-01T00:00:00-05:00",
        "2023-13-01T00:00:00Z",
        "2023-02-30 00:00Z",
        "yesterday",
    ],
)
def test_times_in_a_text_that_are_not_utc(tmp_path: Path, time: str) -> None:
    told = refused_csv(tmp_path, HEAD + ROW.format("2023-03-01T00:00Z") + ROW.format(time))
    assert told == (
        f"BTCUSDT_spot_1h.csv: its time {time!r} is not UTC: write it as 2021-05-19T13:00:00Z"
    )


@pytest.mark.parametrize("time", ["16776", "1677628800.5", "16776288000"])
def test_numbers_that_are_no_times(tmp_path: Path, time: str) -> None:
    assert "its times cannot be told" in refused_csv(tmp_path, HEAD + ROW.format(time))


def test_seconds_and_milliseconds_in_one_column(tmp_path: Path) -> None:
    rows = ROW.format("1677628800") + ROW.format("1677632400000")
    assert "its times cannot be told" in refused_csv(tmp_path, HEAD + rows)


def test_text_for_a_price(tmp_path: Path) -> None:
    told = refused_csv(tmp_path, HEAD + "2023-03-01T00:00Z,1.0,2.0,none,1.5,3\n")
    assert told == "BTCUSDT_spot_1h.csv: low: not numbers"


@pytest.mark.parametrize("rate", [float("nan"), float("-inf")])
def test_rates_beside_bars_may_be_missing_and_not_absurd(tmp_path: Path, rate: float) -> None:
    fine = walk().with_columns(pl.Series("funding_rate", [1e-4, None] * 100))
    history = read_history(folder(tmp_path, X_perp_1h=fine))
    assert history.series["X_perp_1h"].table["funding_rate"].null_count() == 100
    assert history.findings == ()
    told = refusal(tmp_path, X_perp_1h=changed(fine, 3, funding_rate=rate))
    assert "funding_rate is no number in 1 rows" in told


def test_a_column_of_prices_without_any(tmp_path: Path) -> None:
    told = refusal(tmp_path, X_spot_1h=walk().with_columns(low=pl.lit(None)))
    assert told == "X_spot_1h.parquet: low: not numbers"


def test_no_rows(tmp_path: Path) -> None:
    assert "has no rows" in refused_csv(tmp_path, HEAD)
    assert "has no rows" in refusal(tmp_path, BTCUSDT_spot_1h=walk(0))


WRITTEN = {
    "iso": "2023-03-01T{:02}:00:00Z", "iso_minutes": "2023-03-01 {:02}:00+00:00",
    "iso_utc": "2023-03-01 {:02}:00:00 UTC", "iso_ms": "2023-03-01T{:02}:00:00.000Z",
}  # fmt: skip


@pytest.mark.parametrize("form", WRITTEN.values(), ids=WRITTEN)
def test_times_in_a_text(tmp_path: Path, form: str) -> None:
    rows = "".join(ROW.format(form.format(hour)) for hour in range(5))
    (tmp_path / "BTCUSDT_spot_1h.csv").write_text(HEAD + rows)
    (series,) = read_history(tmp_path).series.values()
    begin = int(BEGIN.timestamp() * 1000)
    assert series.table["at_ms"].to_list() == [begin + n * 3_600_000 for n in range(5)]


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000])
def test_times_in_numbers(tmp_path: Path, scale: int) -> None:
    seconds = [int((BEGIN + n * HOUR).timestamp()) for n in range(5)]
    rows = "".join(ROW.format(each * scale) for each in seconds)
    (tmp_path / "BTCUSDT_spot_1h.csv").write_text(HEAD + rows)
    (series,) = read_history(tmp_path).series.values()
    assert series.table["at_ms"].to_list() == [each * 1000 for each in seconds]


def test_a_table_of_several_series(tmp_path: Path) -> None:
    """Text columns tell series apart; a rate that only some have stays with those."""
    one = walk().with_columns(
        pl.lit("A").alias("venue"), pl.lit(None, pl.Float64).alias("funding rate")
    )
    other = walk().with_columns(pl.lit("B/x").alias("venue"), pl.lit(1e-4).alias("funding rate"))
    history = read_history(folder(tmp_path, all=pl.concat([one, without(other, 9)])))
    assert list(history.series) == ["all/A", "all/Bx"]
    (gap,) = history.findings
    assert (gap.fault, gap.series) == (Fault.GAP, "all/Bx")
    assert history.series["all/Bx"].table["funding_rate"].to_list() == [1e-4] * 199


def test_nothing_is_written(tmp_path: Path) -> None:
    """Reading leaves the folder as it is, refused or not."""
    folder(tmp_path, A_spot_1h=walk(), B_spot_1h=walk(step=timedelta(minutes=1)))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    read_history(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
