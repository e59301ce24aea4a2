"""The tutorial as its reader runs it: its files, its commands, and what it says they print."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.settings import load
from tests.research.shared_folder import table

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text()
FILE = re.compile(r"^`(\S+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```sh\n(.*?)^```\n\n```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
FRAME = re.compile(r"[━─\s]+")
RECORDED = ("perp_1h", "perp_mark_1h", "perp_funding_8h", "spot_1h")
SPAN = (datetime(2022, 12, 31, tzinfo=UTC), datetime(2023, 7, 2, tzinfo=UTC))


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[str]:
    """The address of a local exchange that tells the hours of which the page speaks."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    for name in RECORDED:
        frame: Any = table(f"binance_1h/BTCUSDT_{name}.parquet")
        inside = frame.filter(frame["date"].is_between(*SPAN))
        inside.write_parquet(folder / f"BTCUSDT_{name}.parquet")
    command = ["sim", "binance", "--bars", str(folder), "--speed", "0.001"]
    with subprocess.Popen(
        [sys.executable, "-m", "hedgebot", *command], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())["rest"]
        child.terminate()


class Text(NamedTuple):
    """What is printed: its words, and its numbers apart."""

    words: str
    numbers: list[float]


def text_of(printed: str) -> Text:
    numbers = [float(each.replace(",", "")) for each in NUMBER.findall(printed)]
    return Text(FRAME.sub(" ", NUMBER.sub("#", printed)).strip(), numbers)


@pytest.mark.timeout(600)  # it compiles what a sweep and a computed band need: 15 s of a processor
def test_the_page_is_what_happens(
    exchange: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILE.findall(PAGE):
        Path(name).write_text(text)
    commands = COMMAND.findall(PAGE)
    assert [command.split()[1] for command, _ in commands] == [
        "download", "history", "backtest", "sweep", "backtest",
    ]  # fmt: skip
    for command, printed in commands:
        words = shlex.split(command.replace("\\\n", " "))[1:]
        words += ["--rest-url", exchange] if words[0] == "download" else []
        found = CliRunner(env={"COLUMNS": "120"}).invoke(app, words)
        assert found.exit_code == 0, found.output
        came, said = text_of(found.stdout), text_of(printed)
        assert came.words == said.words
        assert came.numbers == pytest.approx(said.numbers, rel=0.02, abs=2), command
    assert {"fixed.html", "optimal.html", "sweep"} <= {each.name for each in tmp_path.iterdir()}


def test_its_books_are_dry_runs_that_load(tmp_path: Path) -> None:
    books = {name: text for name, text in FILE.findall(PAGE) if "[[hedges]]" in text}
    assert list(books) == ["book.toml", "optimal.toml"]
    for name, text in books.items():
        (tmp_path / name).write_text(text)
        assert load(tmp_path / name, environ={}).mode.value == "dry-run"
