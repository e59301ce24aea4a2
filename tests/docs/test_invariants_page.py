"""docs/invariants.md: every rule has its tests, at the core and through real processes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "invariants.md").read_text()
RULES = ["1", "1b", "2", "2b", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
ROWS = re.findall(r"^\| (\d+b?) \|(.*?)\|(?:(.*)\|)?$", PAGE, re.MULTILINE)
SHOWN = {number: (core, processes) for number, core, processes in ROWS if processes}
NAMED = re.compile(r"`(test_[\w*]+\.py)`")


def named(number: str, folder: str) -> list[Path]:
    """The files in a rule's cell; each pattern must find some."""
    patterns = NAMED.findall(SHOWN[number][folder == "process"])
    found = {pattern: sorted((ROOT / "tests" / folder).glob(pattern)) for pattern in patterns}
    assert [pattern for pattern, paths in found.items() if not paths] == [], "no such file"
    return [path for paths in found.values() for path in paths]


def shows(path: Path, number: str) -> bool:
    """Whether the file has tests, and it or one of them is named by the number."""
    name = f"test_invariant_{number}_"
    text = path.read_text()
    return f"def {name}" in text or (path.name.startswith(name) and "def test_" in text)


def test_every_rule_is_told_and_has_a_row_of_tests() -> None:
    assert [number for number, _core, _processes in ROWS] == RULES + RULES


@pytest.mark.parametrize("folder", ["core", "process"])
@pytest.mark.parametrize("number", RULES)
def test_each_rule_is_shown_at_the_core_and_through_real_processes(
    number: str, folder: str
) -> None:
    assert any(shows(path, number) for path in named(number, folder))


def test_a_file_that_has_no_test_of_a_rule_does_not_show_it() -> None:
    assert not shows(Path(__file__), "3")
    assert shows(ROOT / "tests" / "process" / "test_faults.py", "3")
    assert not shows(ROOT / "tests" / "process" / "test_faults.py", "9")
