"""Values come back as they were, whatever they hold; what nobody taught is refused at once."""

from dataclasses import dataclass, make_dataclass
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedgebot.adapters.recorder import layout
from hedgebot.adapters.recorder.decoding import Decoder, loads
from hedgebot.adapters.recorder.encoding import dumps, encoder, shapes
from hedgebot.adapters.recorder.hints import NoCodec, tags
from hedgebot.core.policy import Policy
from hedgebot.domain.actions import Action, Keep
from hedgebot.domain.events import Event, MarkSeen, Stamped, Tick
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.records import CounterKept, Record

ANY_TEXT = st.text(st.characters() | st.characters(categories=["Cs"]))
"""Half a surrogate pair included: a venue's JSON may hold one."""
st.register_type_strategy(str, ANY_TEXT)
WRITTEN = [*get_args(Event), *get_args(Action)]


def back(union: Any, line: bytes) -> Any:
    return Decoder(layout.SHAPES).read(union, loads(line))


def test_every_event_and_action_has_a_codec() -> None:
    assert tags(Event).keys() == {kind.__name__ for kind in get_args(Event)}
    assert tags(Action).keys() == {kind.__name__ for kind in get_args(Action)}
    assert tags(Record).keys() == {kind.__name__ for kind in get_args(Record)}
    for kind in [*WRITTEN, *get_args(Record)]:
        assert layout.SHAPES[kind.__name__] == list(kind.__dataclass_fields__)


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.data())
def test_an_event_comes_back_as_it_was(kind: type, drawn: st.DataObject) -> None:
    event, now = drawn.draw(st.from_type(kind)), drawn.draw(st.integers())
    line = layout.event_line(Stamped(now, event))
    read_now, *tagged = loads(line)
    read = back(Event, dumps(tagged))
    assert (read_now, repr(read)) == (now, repr(event))
    assert layout.event_line(Stamped(now, read)) == line


@pytest.mark.parametrize(
    "kind",
    [kind for kind in (*get_args(Action), *get_args(Record)) if kind is not Keep],
    ids=lambda kind: kind.__name__,
)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.data())
def test_an_action_comes_back_as_it_was(kind: type, drawn: st.DataObject) -> None:
    found = drawn.draw(st.from_type(kind))
    action = found if kind in get_args(Action) else Keep(found)
    line = layout.actions_line([action])
    (read,) = [back(Action, dumps(each)) for each in loads(line)]
    assert repr(read) == repr(action)
    assert layout.actions_line([read]) == line


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(policy=st.from_type(Policy))
def test_a_policy_comes_back_as_it_was(policy: Policy) -> None:
    read = Decoder(layout.SHAPES).read(Policy, loads(layout.policy_line(policy)))
    assert repr(read) == repr(policy)


@pytest.mark.parametrize(
    "number", [0.1, -0.0, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"), 50_000]
)
def test_a_float_keeps_its_every_bit(number: float) -> None:
    event = MarkSeen(get_args(Event)[0].__name__, number, 0.0, 1)
    _, *tagged = loads(layout.event_line(Stamped(1, event)))
    assert repr(back(Event, dumps(tagged))) == repr(event)


@pytest.mark.parametrize("text", ["0E-8", "1.50", "-0", "NaN", "1E+400", "0.1" + 60 * "3"])
def test_a_decimal_keeps_its_every_digit(text: str) -> None:
    row = Keep(CounterKept("n", 0, Decimal(text)))
    (read,) = [back(Action, dumps(each)) for each in loads(layout.actions_line([row]))]
    assert read.record.value.as_tuple() == Decimal(text).as_tuple()


@dataclass(frozen=True, slots=True)
class Strange:
    thing: object


@dataclass(frozen=True, slots=True)
class Mixed:
    either: int | Tick


@pytest.mark.parametrize("kind", [Strange, Mixed, bytes, int | str])
def test_a_type_that_nobody_taught_is_refused(kind: Any) -> None:
    with pytest.raises(NoCodec):
        encoder(kind)


def test_two_classes_of_one_name_are_refused() -> None:
    other = make_dataclass("Tick", [])
    with pytest.raises(NoCodec, match="share a name"):
        shapes(Event, other)


def test_a_file_may_lack_a_field_that_has_a_default_since_and_hold_one_that_is_gone() -> None:
    older = {**layout.SHAPES, "MarkSeen": ["gone", "mark", "instrument", "index", "venue_ms"]}
    read = Decoder(older).read(Event, ["MarkSeen", ["?", 2.0, "perp:X", 1.0, 5]])
    assert read == MarkSeen(InstrumentId("perp:X"), 2.0, 1.0, 5, 0.0, 0)
