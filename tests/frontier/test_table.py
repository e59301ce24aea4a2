"""The whole program on a small file, and the page it writes."""

import sys
from pathlib import Path

import pytest

from bench.frontier import __main__ as program
from bench.frontier.game import Outcome
from bench.frontier.hindsight import Found
from bench.frontier.table import BEGIN, END, held, summary_of, write, written

GOALS = {"median": 1.05, "every": 1.15, "cheaper_than_peers": True}


def outcome(optimal: float, *, peer: float = 130.0, name: str = "w") -> Outcome:
    best = Found(1.0, 2.0, 100.0)
    return Outcome((name, "4bp", "ou"), best, optimal, 110.0, {"threshold": peer}, 30.0)


def test_goals_are_held_or_missed() -> None:
    good = [outcome(100.0), outcome(104.0), outcome(115.0)]
    assert held(good, GOALS)
    assert not held([outcome(100.0), outcome(106.0), outcome(107.0)], GOALS)  # the median
    assert not held([*good, outcome(90.0), outcome(116.0)], GOALS)  # one cell
    assert not held([*good, outcome(100.0, peer=100.0)], GOALS)  # a peer as cheap


def test_the_summary_names_what_is_missed() -> None:
    told = summary_of([outcome(100.0), outcome(116.0, peer=115.0, name="bad")], GOALS)
    assert "largest 1.1600 in bad 4bp ou" in told
    assert "a peer is cheaper: bad 4bp ou;" in told
    assert told.endswith("Goals **missed**.")


def test_the_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nlong gone\n{END}\nbelow\n")
    write(written([outcome(100.0)], GOALS, "a file"), page)
    text = page.read_text()
    assert text.startswith("above\n")
    assert text.endswith(f"{END}\nbelow\n")
    assert "long gone" not in text
    assert "**1.0000** | 1.1000 | 1.3000 |" in text


def small(tmp_path: Path) -> Path:
    """Seeded prices, two seeds, ten days."""
    text = program.CELLS.read_text()
    text = text.replace("binance_1h/", "absent/").replace("1, 2, 3, 4, 5, 6, 7, 8", "1, 2")
    text = text.replace("end = 2020-04-01", "end = 2020-03-11").replace("points = 20", "points = 9")
    file = tmp_path / "cells.toml"
    file.write_text(text)
    return file


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["frontier", *words])
    return program.main()


def test_a_file_of_cells_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(monkeypatch, "--cells", str(small(tmp_path)), "--only", "2020-03", "poisson")
    told = capsys.readouterr().out
    assert "seeded prices (BTCUSDT_perp_1h.parquet is absent)" in told
    assert "3 cells." in told
    # ten days and two seeds are too few for the goals; the code says what the summary says
    assert code == (0 if "Goals held" in told else 1)


def test_an_unknown_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--cells", str(small(tmp_path)), "--only", "2031") == 2
    assert "no window, fee or flow is named 2031" in capsys.readouterr().err
    assert run(monkeypatch, "--cells", str(tmp_path / "none.toml")) == 2
