"""What cannot be played is refused: every problem with its mend, exit code 2, nothing written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.research.backtest import BacktestRefused, flows_of, read_flows
from tests.research.backtest.stages import BEGIN_MS, coin, linear, played
from tests.research.histories import changed, folder, rates, walk

CONFIG = "config/local.toml"


def told(*arguments: object) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["backtest", CONFIG, *map(str, arguments)])
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.output


def plain(path: Path, **frames: Any) -> Path:
    return folder(path, **{"BTCUSDT_perp_1h": walk(), "BTCUSDT_perp_funding_8h": rates(), **frames})


def zoned() -> Any:
    return walk().with_columns(pl.col("date").dt.convert_time_zone("Europe/Berlin"))


CASES: dict[str, Callable[[Path], object]] = {
    "no rows": lambda path: path,
    "lacks": lambda path: plain(path, BTCUSDT_perp_1h=walk().drop("low")),
    "turn them to UTC": lambda path: plain(path, BTCUSDT_perp_1h=zoned()),
    "take one of them away": lambda path: plain(path, **{"BTCUSDT_perp_1h-2023-03": walk(50)}),
    "not above zero": lambda path: plain(path, BTCUSDT_perp_1h=changed(walk(), 7, low=-1.0)),
    "no funding of": lambda path: folder(path, BTCUSDT_perp_1h=walk()),
    "no prices of it": lambda path: folder(path, BTCUSDT_spot_1h=walk()),
}


@pytest.mark.parametrize("words", CASES)
def test_a_folder_that_cannot_be_played(words: str, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    CASES[words](source)
    out = tmp_path / "out.json"
    code, text = told("--data", source, "--json", out, "--html", tmp_path / "out.html")
    assert code == 2
    assert ("holds no .parquet" if words == "no rows" else words) in text
    assert "Traceback" not in text
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "2030-01-01"], "fewer than two bars in the window"),
        (["--from", "yesterday"], "write 2021-05-19"),
        (["--flows", "tides:high=2"], "there are ou, poisson, lump"),
        (["--flows", "ou:deviation=2"], "lacks days"),
        (["--flows", "ou:deviation=2,days=-1"], "not understood"),
        (["--flows", "poisson:per_day=1e9,median=1"], "times, at most 5,000,000"),
        (["--flows", "ou:deviation=2,days=1,minutes=0.0001"], "times, at most 5,000,000"),
        (["--flows", "lump:per_day=2,days=1,minutes=0.0001"], "times, at most 5,000,000"),
        (["--flows", "poisson:per_day=1,median=1@DOGE"], "the settings hedge BTC"),
        (["--assume", "luck=1"], "there are fee_bp"),
        (["--assume", "latency_ms=5000"], "from 0 to 400"),
        (["--assume", "fee_bp=much"], "is no number"),
        (["--wallet", "moon:spot/BTC=1"], "no such wallet"),
        (["--wallet", "spot:spot/BTC=-1"], "less than nothing"),
        (["--series", "BTC=nothing"], "there is no series nothing"),
        (["--series", "tide=BTCUSDT_spot_1h"], "there is no such role"),
    ],
)
def test_an_option_that_is_not_understood(arguments: list[str], words: str, tmp_path: Path) -> None:
    path = linear(tmp_path)
    code, text = told("--data", path, "--json", tmp_path / "out.json", *arguments)
    assert code == 2
    assert words in " ".join(text.replace("│", " ").split())
    assert not (tmp_path / "out.json").exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    code, text = told("--data", tmp_path / "nowhere")
    assert code == 2
    assert "no such folder" in text


def test_flows_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "flows.csv"
    path.write_text("time,asset,qty,how\n2023-03-02T10:00:00Z,BTC,0.1,trade\n"
                    "2023-03-01T10:00:00Z,BTC,-2,transfer\n")  # fmt: skip
    found = read_flows(path)
    assert [str(each.qty) for each in found] == ["-2.0", "0.1"]
    assert found[0].at_ms == BEGIN_MS + 10 * 3_600_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("asset,qty\nBTC,1\n", "lacks time"),
        ("time,asset,qty\n2023-03-01T10:00:00,BTC,1\n", "is not UTC"),
        ("time,asset,qty\n2023-03-01T10:00:00Z,BTC,much\n", "line 2: qty"),
        ("time,asset,qty,how\n2023-03-01T10:00:00Z,BTC,1,gift\n", "write transfer or trade"),
        ("", "cannot be read"),
    ],
)
def test_flows_that_cannot_be_read(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "flows.csv"
    path.write_text(text)
    with pytest.raises(BacktestRefused, match=words):
        read_flows(path)


def test_a_seed_repeats_its_flows() -> None:
    span = (BEGIN_MS, BEGIN_MS + 30 * 86_400_000)
    for spec in ("ou:deviation=200,days=1", "poisson:per_day=2,median=3", "lump:per_day=10,days=7"):
        one, same, other = (flows_of(f"{spec},seed={n}", "BTC", *span) for n in (1, 1, 2))
        assert one == same != other
        assert all(span[0] < each.at_ms <= span[1] for each in one)
    lump = [float(each.qty) for each in flows_of("lump:per_day=10,days=7", "BTC", *span)]
    assert max(lump) == pytest.approx(10 / 24)
    assert sum(each < -50 for each in lump) >= 3


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    linear(source)
    (out / "r.html").mkdir()
    code, text = told("--data", source, "--json", out / "r.json", "--html", out / "r.html")
    assert code == 1
    assert "cannot be written" in text
    assert [each.name for each in out.iterdir()] == ["r.html"]


def test_flows_outside_of_the_window_are_counted(tmp_path: Path) -> None:
    found = played(linear(tmp_path), [coin(-5, "1"), coin(10, "1"), coin(900, "1")])
    assert "2 flows are outside of the window, and left out" in found.summary()["assumptions"]
