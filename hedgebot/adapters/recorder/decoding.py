"""JSON back to values. The file's own first line names the fields, so that a version which has
since added one with a default still reads it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, get_args, get_origin

import orjson

from hedgebot.adapters.recorder.encoding import AS_IT_IS
from hedgebot.adapters.recorder.hints import (
    Hint,
    NoCodec,
    alternatives,
    fields_of,
    has_fields,
    plain,
    tags,
)
from hedgebot.core.timers import Timer, Timers
from hedgebot.domain.orders import OrderId

Decode = Callable[[Any], Any]


def loads(line: bytes) -> Any:
    """What stands in one line.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(line) if line.startswith(b" ") else orjson.loads(line)


class Decoder:
    """Reads the values of one file.

    Args:
        shapes: the fields of each class, as the file's first line names them.
    """

    def __init__(self, shapes: Mapping[str, Sequence[str]]) -> None:
        self._shapes = shapes
        self._plans: dict[Hint, Decode] = {}

    def read(self, hint: Hint, plain_value: Any) -> Any:
        """The value of that type.

        Raises:
            ValueError, TypeError, LookupError, ArithmeticError: it is none.
        """
        return self._plan(hint)(plain_value)

    def _plan(self, hint: Hint) -> Decode:
        if hint not in self._plans:
            self._plans[hint] = self._made(hint)
        return self._plans[hint]

    def _made(self, hint: Hint) -> Decode:
        if hint is OrderId:
            return lambda text: int(text, 16)
        hint = plain(hint)
        members = alternatives(hint)
        if len(members) > 1:
            return self._union(hint)
        if members[0] is not hint:
            inner = self._plan(members[0])
            return lambda value: None if value is None else inner(value)
        if hint is Timers:
            return _timers
        if has_fields(hint):
            return self._fields(hint)
        return self._collection(hint) if get_origin(hint) else _scalar(hint)

    def _union(self, hint: Hint) -> Decode:
        named = tags(hint)
        return lambda pair: None if pair is None else self._plan(named[pair[0]])(pair[1])

    def _fields(self, kind: type) -> Decode:
        hints = fields_of(kind)
        written = self._shapes.get(kind.__name__, list(hints))
        known = [(place, name) for place, name in enumerate(written) if name in hints]
        plans = [(place, name, self._plan(hints[name])) for place, name in known]

        def decode(values: Any) -> Any:
            if len(values) != len(written):
                raise ValueError(f"{kind.__name__} has {len(values)} fields, not {len(written)}")
            return kind(**{name: plan(values[place]) for place, name, plan in plans})

        return decode

    def _collection(self, hint: Hint) -> Decode:
        kind: Any = get_origin(hint)
        inner = [self._plan(each) for each in get_args(hint) if each is not ...]
        if kind is dict:
            key, value = inner
            return lambda columns: dict(
                zip(map(key, columns[0]), map(value, columns[1]), strict=True)
            )
        if kind is tuple and ... not in get_args(hint):
            return lambda values: tuple(_each(inner, values))
        (only,) = inner
        return lambda values: kind(only(value) for value in values)


def _each(plans: Sequence[Decode], values: Sequence[Any]) -> Iterator[Any]:
    return (plan(value) for plan, value in zip(plans, values, strict=True))


def _scalar(hint: Hint) -> Decode:
    if hint is float:
        # An integer stays one: it prints in another way.
        return lambda number: float(number) if isinstance(number, str) else number
    if hint is Decimal or (isinstance(hint, type) and issubclass(hint, Enum)):
        return hint  # both are made by calling them
    if hint in AS_IT_IS:
        return lambda value: value
    raise NoCodec(f"no codec for {hint}")


def _timers(rows: Any) -> Timers:
    timers = Timers()
    for kind, name, at_ms in rows:
        timers.ask(Timer(kind, name), at_ms)
    return timers
