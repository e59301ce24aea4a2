"""Values to JSON, exactly: what is read back is equal, and two equal values are the same bytes.

A value with fields becomes the list of them, in the order that the file's first line names; a
member of a union stands behind its name. Decimals and order ids are text; a mapping is its keys and
its values, because their order counts. Types decide, not values: a type's plan is made once.
"""

import json
import math
from collections.abc import Callable
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from operator import attrgetter
from typing import Any, get_args, get_origin

import orjson

from hedgebot.adapters.recorder.hints import (
    Hint,
    NoCodec,
    alternatives,
    fields_of,
    has_fields,
    plain,
    tags,
)
from hedgebot.core.timers import Timers
from hedgebot.domain.orders import OrderId

Encode = Callable[[Any], Any]
AS_IT_IS = (str, int, bool, float)


def dumps(value: Any) -> bytes:
    """One line of JSON, without its end.

    orjson takes no integer beyond 64 bits and no half of a surrogate pair, and a venue may send
    either: the standard library writes those, and a space before them tells the reader.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return b" " + json.dumps(value, separators=(",", ":")).encode()


@cache
def encoder(hint: Hint) -> Encode | None:
    """How values of that type are written; None: as they are.

    Raises:
        NoCodec: nobody taught the recorder that type.
    """
    if hint is OrderId:
        return _hexadecimal
    hint = plain(hint)
    members = alternatives(hint)
    if len(members) > 1:
        return _union(hint)
    if members[0] is not hint:
        return _optional(encoder(members[0]))
    if hint is Timers:
        return _timers
    if has_fields(hint):
        return _fields(hint)
    return _collection(hint) if get_origin(hint) else _scalar(hint)


def _scalar(hint: Hint) -> Encode | None:
    if hint is float:
        return _float
    if hint is Decimal:
        return str
    if isinstance(hint, type) and issubclass(hint, Enum):
        return None if issubclass(hint, StrEnum) else attrgetter("value")
    if hint in AS_IT_IS:
        return None
    raise NoCodec(f"no codec for {hint}")


def _float(number: float) -> float | str:
    # JSON knows no infinity, and orjson writes null for it.
    return number if math.isfinite(number) else repr(number)


def _hexadecimal(order_id: int) -> str:
    return f"{order_id:x}"


def _optional(encode: Encode | None) -> Encode | None:
    if encode is None:
        return None
    return lambda value: None if value is None else encode(value)


def _union(hint: Hint) -> Encode:
    named = {kind: (name, encoder(kind)) for name, kind in tags(hint).items()}
    if not all(map(has_fields, named)):
        raise NoCodec(f"no codec for the union {hint}")

    def encode(value: Any) -> Any:
        if value is None:
            return None
        name, inner = named[type(value)]
        return (name, value if inner is None else inner(value))

    return encode


def _fields(kind: type) -> Encode:
    hints = fields_of(kind)
    named = [encoder(hint) for hint in hints.values()]
    special = [(place, encode) for place, encode in enumerate(named) if encode]
    if not hints:
        return lambda _value: ()
    values = attrgetter(*hints)
    if len(hints) == 1:
        (only,) = named
        return lambda value: (only(values(value)) if only else values(value),)

    def encode(value: Any) -> Any:
        found = list(values(value))
        for place, inner in special:
            found[place] = inner(found[place])
        return found

    return encode if special else values


def _collection(hint: Hint) -> Encode | None:
    kind: Any = get_origin(hint)
    inner = get_args(hint)
    if kind is dict:
        return _columns(encoder(inner[0]), encoder(inner[1]))
    if kind in {set, frozenset}:
        each = encoder(inner[0])
        return lambda values: sorted(values if each is None else map(each, values))
    if kind is list or (kind is tuple and inner[1:] == (...,)):
        each = encoder(inner[0])
        return None if each is None else lambda values: [each(value) for value in values]
    if kind is tuple:
        parts = [encoder(part) for part in inner]
        return lambda values: [
            part(value) if part else value for part, value in zip(parts, values, strict=True)
        ]
    raise NoCodec(f"no codec for {hint}")


def _columns(key: Encode | None, value: Encode | None) -> Encode:
    def encode(mapping: Any) -> Any:
        return (
            list(map(key, mapping) if key else mapping),
            list(map(value, mapping.values()) if value else mapping.values()),
        )

    return encode


def _timers(timers: Timers) -> Any:
    return sorted((*timer, at_ms) for timer, at_ms in timers.asked().items())


@cache
def shapes(*hints: Hint) -> dict[str, list[str]]:
    """The fields of every value that may stand in a file, by the name of its class.

    Raises:
        NoCodec: two classes share a name.
    """
    found: dict[type, list[str]] = {}
    for hint in hints:
        _collect(hint, found)
    named = {kind.__name__: names for kind, names in found.items()}
    if len(named) != len(found):
        raise NoCodec("two classes that the recorder writes share a name")
    return named


def _collect(hint: Hint, found: dict[type, list[str]]) -> None:
    hint = plain(hint)
    if has_fields(hint) and hint not in found:
        found[hint] = list(fields_of(hint))
        for inner in fields_of(hint).values():
            _collect(inner, found)
    for inner in get_args(hint):
        _collect(inner, found)
