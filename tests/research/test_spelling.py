"""Two functions of the same words are the same compiled: whatever numba reads changes the words."""

from collections.abc import Callable
from math import inf
from types import SimpleNamespace
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from hedgebot.core import band_memory
from hedgebot.research.compiled import computed_band
from hedgebot.research.spelling import Unspelled, spelled
from hedgebot.research.sweep.kernel import play_some

SOURCE = """
def inner(x):
    return x * 2.0

def middle(x):
    return inner(x) + FACTOR

def outer(x, y=1.0):
    return middle(x) * y + sum([held * FACTOR for _ in range(3)])

def enclosing(held):
    def outer(x, y=1.0):
        try:
            return middle(x) * y + held
        except ValueError:
            return 0.0
    return outer
"""


def made(
    source: str = SOURCE, *, name: str = "outer", factor: Any = 3.0, held: float = 1.0,
    **options: Any,
) -> Any:  # fmt: skip
    """A compiled function whose callees are compiled too, made anew."""
    space: dict[str, Any] = {"FACTOR": factor, "held": held}
    exec(source, space)
    enclosing = space["enclosing"]
    for each in ("inner", "middle", "outer"):
        space[each] = numba.njit(**options)(space[each])
    return numba.njit(**options)(enclosing(factor)) if name == "enclosing" else space[name]


def words(*things: Any) -> list[str]:
    return [word for each in things for word in spelled(each)]


def test_the_same_source_is_spelled_alike() -> None:
    assert words(made()) == words(made())
    assert words(made(name="enclosing")) == words(made(name="enclosing"))


@pytest.mark.parametrize(
    ("sound", "other"),
    [
        ("x * 2.0", "x * 2.5"),
        ("x * 2.0", "x / 2.0"),
        ("x * 2.0", "x * 2"),
        ("return inner(x) + FACTOR", "return inner(x) + held"),
        ("y=1.0):\n    return", "y=2.0):\n    return"),
        ("range(3)", "range(4)"),
        ("held * FACTOR", "FACTOR * held"),
    ],
)
def test_a_change_of_any_function_that_is_called_is_a_change(sound: str, other: str) -> None:
    assert SOURCE.count(sound) == 1

    assert words(made(SOURCE.replace(sound, other))) != words(made())


@pytest.mark.parametrize("name", ["middle", "outer", "enclosing"])
@pytest.mark.parametrize("factor", [3, 3.5, -3.0, True, inf, (3.0,), "3.0", None])
def test_another_number_in_the_globals_or_in_the_closure_is_a_change(
    name: str, factor: Any
) -> None:
    assert words(made(name=name, factor=factor)) != words(made(name=name))


def test_so_is_one_that_only_a_comprehension_reads() -> None:
    assert words(made(held=2.0)) != words(made())


def test_the_sign_of_zero_is_told() -> None:
    assert words(made(factor=0.0)) != words(made(factor=-0.0))


def test_an_option_of_numba_is_told() -> None:
    assert words(made(fastmath=True)) != words(made())


def test_where_an_error_is_caught_is_told() -> None:
    code = made(name="enclosing").py_func.__code__

    assert words(code.replace(co_exceptiontable=b"")) != words(code)


def test_a_function_that_calls_itself_has_an_end() -> None:
    source = SOURCE.replace("return x * 2.0", "return x if x < 1.0 else inner(x - 1.0)")

    assert words(made(source)) != words(made())


typeof: Any = numba.typeof
FROZEN = np.zeros(2)
FROZEN.flags.writeable = False


class Pair(NamedTuple):
    low: float
    high: float


class Turned(NamedTuple):
    high: float
    low: float


ARGUMENTS = (
    1, 1.0, True, np.zeros(2), FROZEN, np.zeros(2, np.int64), np.zeros((2, 2)), np.zeros((2, 2)).T,
    (1.0, 2.0), (1.0, 2.0, 3.0), (1.0, 2), Pair(1.0, 2.0), Turned(1.0, 2.0), (Pair(1.0, 2.0),),
)  # fmt: skip


def test_types_of_arguments_are_told_apart() -> None:
    found = [tuple(words(typeof(each))) for each in ARGUMENTS]

    assert len(set(found)) == len(ARGUMENTS)


def test_a_tuple_whose_fields_are_in_another_order_is_another() -> None:
    """numba finds a field by its place."""
    before = words(typeof(Pair(1.0, 2.0)))
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(Pair, "_fields", ("high", "low"))
        assert words(typeof(Pair(1.0, 2.0))) != before


def rule(x: float) -> float:
    return x


@pytest.mark.parametrize(
    "thing",
    [
        [1.0],
        {"a": 1.0},
        np.zeros(3),
        frozenset({1}),
        SimpleNamespace(a=1.0),
        band_memory,
        Pair,
        Pair(1.0, 2.0),
        typeof({1.0, 2.0}),
        typeof("text"),
        typeof(numba.njit(rule)),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_words_do_not_tell_is_refused(thing: Any) -> None:
    with pytest.raises(Unspelled):
        words(thing)
    with pytest.raises(Unspelled):
        words(made(factor=thing))


@pytest.mark.parametrize(
    "entry",
    [lambda: play_some, lambda: computed_band()[band_memory.solve]],
    ids=["a sweep", "a band"],
)
def test_what_research_calls_is_spelled(entry: Callable[[], Any]) -> None:
    assert len(words(entry())) > 100
