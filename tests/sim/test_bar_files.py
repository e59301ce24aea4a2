"""Bar files that cannot be replayed: what is wrong is said, and nothing begins."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import ccxt.async_support
import pytest

from hedgebot.sim.unusable import Unusable
from tests.sim.bar_files import MINUTE, NOON, dump_lines, flat, minutes, replay, write

ROOT = Path(__file__).resolve().parents[2]
GOOD = dump_lines(flat(4, 50_000))


def changed(number: int, line: str) -> list[str]:
    """Four good lines, one of them replaced."""
    return [*GOOD[:number], line, *GOOD[number + 1 :]]


WRONG = {
    "empty": ([], "it holds no rows"),
    "header only": (["date,open,high,low,close"], "it holds no rows"),
    "missing columns": (
        ["date,open,close", "2021-05-03 12:00,1,1"],
        "no column high, low; its columns are date, open, close",
    ),
    "no header": (["a,b,c", *GOOD], "no column open_time, open, high, low, close; its columns are"),
    "short line": (changed(2, GOOD[2][:25]), "line 3 has 3 columns: too few"),
    "no number": (
        changed(2, f"{NOON + 2 * MINUTE},50000,much,50000,50000"),
        "line 3 is no bar: 1620043320000, 50000, much",
    ),
    "not a number": (
        changed(2, f"{NOON + 2 * MINUTE},50000,nan,50000,50000"),
        "line 3 has a price that is not above zero",
    ),
    "no time": (changed(2, "12:02,50000,50000,50000,50000"), "line 3 is no bar: 12:02"),
    "odd time": (changed(2, "16200433,50000,50000,50000,50000"), "line 3 is no bar: 16200433"),
    "negative": (
        changed(2, f"{NOON + 2 * MINUTE},50000,50000,-1,50000"),
        "line 3 has a price that is not above zero",
    ),
    "zero": (
        changed(1, f"{NOON + MINUTE},0,50000,0,50000"),
        "line 2 has a price that is not above zero",
    ),
    "low above open": (
        changed(1, f"{NOON + MINUTE},50000,50000,50001,50000"),
        "line 2: open and close are not between low and high",
    ),
    "disorder": (
        [GOOD[0], GOOD[2], GOOD[1]],
        "line 3 is out of order: 2021-05-03 12:01 after 2021-05-03 12:02",
    ),
    "twice": ([*GOOD, GOOD[3]], "line 5 is out of order: 2021-05-03 12:03 once more"),
    "one bar": (GOOD[:1], "a single bar does not tell its length"),
    "off the grid": (
        dump_lines(flat(3, 50_000), NOON + 7_000),
        "2021-05-03 12:00:07 is no beginning of a bar of 1 min",
    ),
}


def refused(folder: Path, text: str | None = None) -> str:
    """What is said of files that cannot be replayed; it matches `text`, if given."""
    with pytest.raises(Unusable, match=text) as caught:
        replay(folder)
    return str(caught.value)


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_no_good_is_refused_by_name_and_line(tmp_path: Path, case: str) -> None:
    lines, text = WRONG[case]
    write(tmp_path / "BTCUSDT_spot_1m.csv", lines)
    told = refused(tmp_path)
    assert "BTCUSDT" in told
    assert text in told


NAMES = {
    "BTCUSDT-1m-2021-05.csv": "does not say whether it is spot or perpetual",
    "spot/BTCUSDT_perp_1m.csv": "does not say whether it is spot or perpetual",
    "BTCUSDT_spot_mark_1m.csv": "does not say whether it is spot or perpetual",
    "XBTUSD_perp_1m.csv": "its name tells no listed linear market; there are 1000PEPEUSDT, BNBUSDT",
    "DOGEUSDT_spot_1m.csv": "its name tells no listed spot market; there are BNBUSDT, BTCUSDT",
    "futures/um/premiumIndexKlines/BTCUSDT-1h.csv": "premium bars are not replayed",
    "BTCUSDT_mark_index_1m.csv": "several of mark, index and funding",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_says_too_little_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, GOOD)
    told = refused(tmp_path)
    assert f"{name}: " in told
    assert NAMES[name] in told


RATES = {
    "date,rate\n2021-05-03 12:00,0.5": "line 2: no funding rate is 0.5 of the notional",
    "date,rate\n2021-05-03 12:00,?": "line 2 is no funding rate: 2021-05-03 12:00, ?",
    "date,yield\n2021-05-03 12:00,0.0001": "no column funding_rate; its columns are date, yield",
    "date,rate\n2021-05-03 12:00,0\n2021-05-03 04:00,0": "line 3 is out of order",
}


@pytest.mark.parametrize("text", RATES)
def test_funding_that_is_no_good_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path / "BTCUSDT_perp_1m.csv", GOOD)
    write(tmp_path / "BTCUSDT_funding.csv", text.splitlines())
    told = refused(tmp_path)
    assert "BTCUSDT_funding.csv: " in told
    assert RATES[text] in told


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("none")
    refused(tmp_path, f"no bar files in {tmp_path}: looked for .csv, .csv.gz, .zip, .parquet")


def test_funding_alone_is_no_market(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT_funding.csv", ["date,rate", "2021-05-03 12:00,0.0001"])
    refused(tmp_path, "holds funding only, and no bars")


def test_files_that_overlap_are_named_with_the_time(tmp_path: Path) -> None:
    minutes(tmp_path / "spot" / "BTCUSDT-1m-2021-05.csv", *flat(4, 50_000))
    minutes(tmp_path / "spot" / "BTCUSDT-1m-2021-05-03.csv", *flat(9, 50_000), begin=NOON + MINUTE)
    text = (
        "BTCUSDT spot bars: spot/BTCUSDT-1m-2021-05.csv and spot/BTCUSDT-1m-2021-05-03.csv "
        "overlap: 2021-05-03 12:01 to 2021-05-03 12:03"
    )
    refused(tmp_path, text)


def test_files_that_share_no_time_are_refused(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_spot_1m.csv", *flat(4, 50_000))
    minutes(tmp_path / "BTCUSDT_perp_1m.csv", *flat(4, 50_000), begin=NOON + 4 * MINUTE)
    refused(tmp_path, "BTCUSDT spot bars ends 2021-05-03 12:04, BTCUSDT linear bars begins")


def test_bars_of_one_coin_have_one_length(tmp_path: Path) -> None:
    minutes(tmp_path / "BTCUSDT_spot_1m.csv", *flat(10, 50_000))
    lines = dump_lines(flat(10, 50_000))
    write(tmp_path / "BTCUSDT_perp_5m.csv", lines[::5])
    refused(tmp_path, "bars of BTCUSDT have several lengths: .* of 5 min, .* of 1 min")


def test_every_bad_file_of_a_folder_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT_spot_1m.csv", GOOD)
    write(tmp_path / "ETHUSDT_spot_1m.csv", [])
    (tmp_path / "BTCUSDT_perp_1m.csv.gz").write_bytes(b"\x1f\x8b not really")
    (tmp_path / "ETHUSDT_perp_1m.zip").write_bytes(b"PK not really")
    (tmp_path / "BNBUSDT_perp_1m.csv").write_bytes(b"date,open\n\xff\xfe,1\n")
    told = refused(tmp_path)
    names = ("BNBUSDT_perp_1m.csv", "BTCUSDT_perp_1m.csv.gz", "ETHUSDT_perp_1m.zip", "ETHUSDT_spot")
    assert [told.count(name) for name in names] == [1, 1, 1, 1]
    assert len(told.splitlines()) == 1 + len(names)


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "hedgebot", "sim", "binance", *options]


BAD_OPTIONS = {
    "--ticks . --bars .": "exclude each other",
    "--still --bars .": "exclude each other",
    "--speed 2": "goes with --ticks or --bars",
    "--bars . --speed 0": "a speed is above zero, not 0",
    "--ticks . --speed nan": "a speed is above zero, not nan",
    "--bars .": "no bar files in",
    "--bars nowhere": "does not exist",
}


@pytest.mark.process
@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_what_cannot_be_replayed_never_answers(tmp_path: Path, options: str) -> None:
    child = subprocess.run(
        command(*options.split()), cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        text=True, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert (child.returncode, child.stdout) == (2, "")
    assert BAD_OPTIONS[options] in child.stderr
    assert "Traceback" not in child.stderr


@pytest.mark.process
def test_ccxt_sees_the_prices_of_the_files(tmp_path: Path) -> None:
    minutes(tmp_path / "spot" / "BTCUSDT-1m-2021-05.zip", *flat(60, 57_000))
    minutes(tmp_path / "futures" / "um" / "BTCUSDT-1m-2021-05.zip", *flat(60, 57_100))
    child = subprocess.Popen(
        command("--bars", str(tmp_path), "--speed", "10"), cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with child:
        assert child.stdout is not None
        rest = json.loads(child.stdout.readline())["rest"]
        found = asyncio.run(asked(rest))
        child.terminate()
        assert child.wait(10) == 0
        assert child.stderr is not None
        assert child.stderr.read() == ""
    assert found == {"spot": (56_997.15, 57_002.85), "linear": (57_097.1, 57_102.9), "mark": 57_100}


async def asked(rest: str) -> dict[str, object]:
    """Touches and mark as unmodified ccxt reads them."""
    found: dict[str, object] = {}
    for name, kind, symbol in (
        ("binance", "spot", "BTC/USDT"),
        ("binanceusdm", "linear", "BTC/USDT:USDT"),
    ):
        options = {"fetchMarkets": {"types": [kind]}, "fetchCurrencies": False}
        venue = getattr(ccxt.async_support, name)({"options": options})
        paths = {key: url.split("/", 3)[3] for key, url in venue.urls["api"].items()}
        venue.urls["api"] = {key: f"{rest}/{path}" for key, path in paths.items()}
        try:
            book = await venue.fetch_order_book(symbol)
            found[kind] = (book["bids"][0][0], book["asks"][0][0])
            if kind == "linear":
                found["mark"] = (await venue.fetch_funding_rate(symbol))["markPrice"]
        finally:
            await venue.close()
    return found
