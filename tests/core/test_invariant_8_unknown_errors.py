"""Invariant 8: an unknown error leaves `step` as it is, and one that comes back halts the book."""

import ast
from decimal import Decimal as D
from pathlib import Path
from typing import NoReturn, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebot import core
from hedgebot.core import control, step
from hedgebot.domain.events import Event
from hedgebot.domain.records import Durable, OpenIntent, Start
from tests.core.world import START_MS, World, lookups, placed

MODULES = sorted(Path(core.__file__).parent.glob("*.py"))
MINUTE_MS = 60_000


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: str(kind.__name__))
def test_an_error_in_any_fold_leaves_step(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> NoReturn:
        raise ZeroDivisionError("a bug")

    monkeypatch.setitem(step.FOLDS, kind, broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        World().tell(object.__new__(kind))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_the_decision_catches_nothing(path: Path) -> None:
    caught = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Try)]
    assert [node.lineno for node in caught] == []


AGO_MS = st.sampled_from([0, MINUTE_MS, 5 * MINUTE_MS - 1, 5 * MINUTE_MS, 5 * MINUTE_MS + 1])
ERRORS = st.sampled_from(["", "KeyError: 'x'", "OSError: y"])
ENDS = st.lists(st.tuples(AGO_MS, ERRORS), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(ENDS)
def test_the_last_three_ends_with_one_error_within_five_minutes_halt(
    ends: list[tuple[int, str]],
) -> None:
    newest_first = sorted(ends)
    starts = tuple(
        Start(START_MS - ago, 100 - n, error) for n, (ago, error) in enumerate(newest_first)
    )
    last = newest_first[:3]
    errors = {error for _ago, error in last}
    again = (
        len(last) == 3 and last[-1][0] <= 5 * MINUTE_MS and len(errors) == 1 and "" not in errors
    )

    assert control.restart_loop(starts, START_MS) == (errors.pop() if again else "")


def test_starting_is_recovering_what_may_have_been_sent_is_looked_up_and_not_sent_again() -> None:
    before = World().start()
    (order,) = placed(before.buy_spot(D(1)))
    left = OpenIntent(order, venue_order_id="", filled_qty=D(0))
    world = World(
        durable=Durable(epoch=2, open_intents=(left,), known_orders=frozenset({order.order_id}))
    )
    world.start(before.spot)
    found = world.actions + world.wait(10_000)

    assert order.order_id in {ask.order_id for ask in lookups(found)}
    assert placed(found) == []
