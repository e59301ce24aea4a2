"""The report: one file that opens without a network, pictures for a message, every rebalance."""

import re
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.research.reporting.backtest import html_of, panels_of, pngs_of
from hedgebot.research.reporting.panel import COLUMNS, columns, dates, scene_of, ticks
from hedgebot.research.reporting.png import encoded
from tests.research.backtest.stages import coin, linear, played
from tests.research.histories import walk, without


class Tags(HTMLParser):
    """Every element that a browser would see, and whether they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "polyline", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"polyline", "rect"}:
            assert self.open.pop() == tag


def test_a_page_is_whole_and_fetches_nothing(tmp_path: Path) -> None:
    path = linear(tmp_path, BTCUSDT_perp_1h=without(walk().with_columns(volume=6e4), 90, 4))
    found = played(path, [coin(10.5, "0.5"), coin(50.5, "-0.25")])
    page = html_of(found)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not re.search(r"https?:|src=|href=|<script|@import|url\(", page)
    assert len(page) < 300_000
    assert tags.seen.count("svg") == 5  # no basis: both series are the same prices
    trades = found.played.diary.records
    drawn = tags.seen.count("polygon")
    assert drawn == sum(type(each).__name__ == "Execution" for each in trades) >= 3
    assert "+0.25 at" in page
    for words in (
        "spot",
        "basis",
        "funding",
        "fees",
        "slippage",
        "flows",
        "half spread",
        "gap",
        "to liquidation",
    ):
        assert words in page


def test_pictures_are_pictures(tmp_path: Path) -> None:
    found = pngs_of(played(linear(tmp_path), [coin(10.5, "0.5")]))
    assert set(found) >= {"btc-price.png", "btc-delta.png", "btc-result.png", "btc-margin.png"}
    for body in found.values():
        assert body.startswith(b"\x89PNG\r\n\x1a\n")
        wide, high = struct.unpack(">II", body[16:24])
        assert (wide, high) == (1200, 325)
        assert 3_000 < len(body) < 100_000


def test_a_png_holds_its_pixels() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    body = encoded(pixels)
    at = body.index(b"IDAT")
    (length,) = struct.unpack(">I", body[at - 4 : at])
    rows = zlib.decompress(body[at + 4 : at + 4 + length])
    assert rows == b"\0" + bytes(range(9)) + b"\0" + bytes(range(9, 18))


def test_a_million_points_are_few_and_lose_no_end() -> None:
    times = np.arange(1_000_000, dtype=np.int64)
    values = np.zeros(1_000_000)
    values[123_456], values[654_321] = 7.0, -3.0
    found = list(columns(times, values, 0, 999_999))
    assert len(found) <= 2 * COLUMNS
    assert (123_456.0, 7.0) in found
    assert (654_321.0, -3.0) in found


def test_a_gap_breaks_the_line_and_is_shaded(tmp_path: Path) -> None:
    path = linear(tmp_path, BTCUSDT_perp_1h=without(walk().with_columns(volume=6e4), 90, 40))
    panels = panels_of(played(path))["BTC"]
    delta = next(each for each in panels if each.name == "delta")
    ((begin, end),) = delta.shades
    assert end - begin > 39 * 3_600_000
    assert any(type(each).__name__ == "Box" for each in scene_of(delta).shapes)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.7, 12.9), (29_000.0, 31_500.0)])
def test_axes_have_round_ticks(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 3 <= len(found) <= 7
    assert all(low <= each <= high for each in found)


@pytest.mark.parametrize("days", [0.2, 2, 9, 45, 200, 1_400])
def test_axes_of_time_have_a_few_dates(days: float) -> None:
    begin = 1_577_836_800_000
    found = dates(begin, begin + int(days * 86_400_000))
    assert 2 <= len(found) <= 9


def test_the_command_writes_what_it_says(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    linear(source)
    options = ["--json", out / "r.json", "--html", out / "r.html", "--png", out,
               "--flows", "poisson:per_day=2,median=0.5"]  # fmt: skip
    asked = ["backtest", "config/local.toml", "--data", source, *options]
    found = CliRunner().invoke(app, [str(each) for each in asked])
    assert found.exit_code == 0, found.output
    told = orjson.loads((out / "r.json").read_bytes())
    assert told["total"]["unexplained_usd"] == "0"
    assert told["hedges"]["BTC"]["orders"] > 5
    assert not list(out.glob(".*"))
    assert (out / "btc-price.png").exists()
    assert "out of band" in found.output
