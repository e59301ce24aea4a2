"""docs/pains.md: twenty rows, each with tests that exist; each test of a pain in its row."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "pains.md").read_text()
ROWS = dict(re.findall(r"^\| (\d+) \|(.*)\|$", PAGE, re.MULTILINE))
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def functions_of(path: Path) -> set[str]:
    """Its tests."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = ast.parse(path.read_text()).body if path.is_file() else []
    return {node.name for node in found if isinstance(node, functions) and node.name[:4] == "test"}


def test_every_pain_has_a_row_with_a_test_or_a_reason() -> None:
    assert list(ROWS) == [str(number) for number in range(1, 21)]
    bare = [number for number, row in ROWS.items() if not NAMED.search(row)]
    assert [number for number in bare if "does not apply yet:" not in ROWS[number]] == []


def test_every_test_that_the_page_names_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) >= 20
    assert [(path, name) for path, name in named if name not in functions_of(ROOT / path)] == []


def test_every_test_of_a_pain_stands_in_its_row() -> None:
    absent = [
        name
        for path in sorted((ROOT / "tests" / "pains").glob("test_*.py"))
        for name in functions_of(path)
        if (found := re.match(r"test_pain_(\d\d)_", name))
        and f"`tests/pains/{path.name}::{name}`" not in ROWS[str(int(found[1]))]
    ]
    assert absent == []


def test_a_name_that_does_not_exist_is_found_out() -> None:
    assert "test_pain_21_invented" not in functions_of(Path(__file__))
    assert test_a_name_that_does_not_exist_is_found_out.__name__ in functions_of(Path(__file__))
    assert functions_of(ROOT / "tests" / "pains" / "test_nowhere.py") == set()
