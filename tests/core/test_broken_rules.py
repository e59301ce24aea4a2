"""Each safety rule, broken on purpose: the test that stands for it must fail.

The test is imported afresh beside a core that has one line replaced, and run. Beside a sound core
it passes: that is checked too, in the same way.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from types import ModuleType

import pytest

from tests.core.breakage import BREAKAGES, Breakage

CORE = Path(__file__).resolve().parents[2] / "hedgebot" / "core"
AFRESH = ("hedgebot.core", "tests.core")
FAILURES = (AssertionError, ValueError, IndexError, KeyError)


@contextmanager
def fresh_core(module: str = "", sound: str = "", broken: str = "") -> Iterator[None]:
    """`hedgebot.core` and its tests are imported anew inside, one module with a replacement."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(AFRESH)}
    roots = {root: dict(vars(sys.modules[root])) for root in ("hedgebot", "tests")}
    try:
        if module:
            _load(module, sound, broken)
        yield
    finally:
        for name in [name for name in sys.modules if name.startswith(AFRESH)]:
            del sys.modules[name]
        sys.modules.update(kept)
        for root, names in roots.items():
            vars(sys.modules[root])["core"] = names.get("core")


def _load(name: str, sound: str, broken: str) -> None:
    path = CORE / f"{name}.py"
    source = path.read_text()
    assert source.count(sound) == 1, f"{name}: found {source.count(sound)} times: {sound}"
    spec = importlib.util.spec_from_loader(f"hedgebot.core.{name}", loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    importlib.import_module("hedgebot.core")
    sys.modules[spec.name] = module
    exec(compile(source.replace(sound, broken), str(path), "exec"), vars(module))


def run(row: Breakage) -> None:
    file, _, path = row.test.partition(":")
    module: ModuleType = importlib.import_module(f"tests.core.test_{file}")
    first, *rest = path.split(".")
    found = reduce(getattr, rest, getattr(module, first)() if rest else getattr(module, first))
    found(**dict(row.case))


@pytest.mark.parametrize("row", BREAKAGES, ids=lambda row: row.rule)
def test_a_broken_rule_is_noticed(row: Breakage) -> None:
    with fresh_core(row.module, row.sound, row.broken), pytest.raises(FAILURES):
        run(row)


def test_beside_a_sound_core_they_all_pass() -> None:
    with fresh_core():
        for row in BREAKAGES:
            run(row)


def test_every_invariant_of_the_core_is_broken_at_least_once() -> None:
    tests = [row.test for row in BREAKAGES if row.test.startswith("invariant_")]

    assert {test.split("_")[1] for test in tests} >= {
        "1", "1b", "2", "2b", "3", "4", "5", "6", "7", "9", "10",
    }  # fmt: skip
