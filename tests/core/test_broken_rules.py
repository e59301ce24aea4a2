"""Each safety rule, broken on purpose: the test that stands for it must fail.

The test is imported afresh beside a core that has one line replaced, and run. Beside a sound core
it passes: that is checked too, in the same way.
"""

import importlib
from functools import reduce
from types import ModuleType

import pytest

from tests.afresh import Breakage, Replacement, afresh
from tests.core.breakage import BREAKAGES

AFRESH = ("hedgebot.core", "tests.core")
FAILURES = (AssertionError, ValueError, IndexError, KeyError)


def run(row: Breakage) -> None:
    file, _, path = row.test.partition(":")
    module: ModuleType = importlib.import_module(f"tests.core.test_{file}")
    first, *rest = path.split(".")
    found = reduce(getattr, rest, getattr(module, first)() if rest else getattr(module, first))
    found(**dict(row.case))


@pytest.mark.parametrize("row", BREAKAGES, ids=lambda row: row.rule)
def test_a_broken_rule_is_noticed(row: Breakage) -> None:
    change = Replacement(f"hedgebot.core.{row.module}", row.sound, row.broken)
    with afresh(AFRESH, change), pytest.raises(FAILURES):
        run(row)


def test_a_rule_that_could_not_be_broken_was_not_noticed() -> None:
    gone = Replacement("hedgebot.core.sizing", "a line of another day", "pass")

    with pytest.raises(AssertionError, match="found 0 times"), afresh(AFRESH, gone):
        pytest.fail("the tests of the rule would have run beside a sound core")


def test_beside_a_sound_core_they_all_pass() -> None:
    with afresh(AFRESH):
        for row in BREAKAGES:
            run(row)


def test_every_invariant_of_the_core_is_broken_at_least_once() -> None:
    tests = [row.test for row in BREAKAGES if row.test.startswith("invariant_")]

    assert {test.split("_")[1] for test in tests} >= {
        "1", "1b", "2", "2b", "3", "4", "5", "6", "7", "9", "10",
    }  # fmt: skip
