"""The report: one file that opens without a network, pictures for a message, every rebalance."""

import re
import struct
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.research.reporting.backtest import html_of, panels_of, pngs_of
from hedgebot.research.reporting.panel import COLUMNS, columns, dates, scene_of, ticks
from hedgebot.research.reporting.png import png_of
from hedgebot.research.reporting.scene import Box, Line, Mark, Scene, Words
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


def test_each_shape_is_where_the_scene_has_it() -> None:
    shapes = (
        Box(10, 10, 20, 20, "#102030"),
        Box(50, 10, 0, 20, "#ff0000"),
        Line(((60, 40), (90, 40)), "#00ff00", 4),
        Mark((80, 15), up=True, colour="#0000ff"),
        Words((8, 60), "profit", "start", "#000000", bold=True),
    )
    with Image.open(BytesIO(png_of(Scene("picture", 100, 80, shapes)))) as picture:
        assert (picture.size, picture.mode) == ((125, 100), "RGB")
        seen = np.asarray(picture).astype(int)

    def within(left: int, top: int, right: int, bottom: int) -> NDArray[np.int64]:
        return seen[
            round(top * 1.25) : round(bottom * 1.25), round(left * 1.25) : round(right * 1.25)
        ]

    assert (within(12, 12, 28, 28) == (0x10, 0x20, 0x30)).all()
    assert within(48, 12, 53, 28)[..., 1].min() < 200, "what is narrow is seen all the same"
    assert (within(65, 39, 85, 41) == (0, 255, 0)).all()
    assert (within(79, 17, 81, 19)[..., 2] > within(79, 17, 81, 19)[..., 0]).all()
    assert within(8, 50, 45, 62).min() < 40
    for empty in (within(0, 0, 9, 45), within(33, 5, 48, 40), within(0, 66, 100, 80)):
        assert (empty == 255).all()


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
