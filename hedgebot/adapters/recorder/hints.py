"""Takes type hints apart: what the codec has to know of a field."""

from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

Hint = Any
"""A type as an annotation says it: a class, `tuple[int, ...]`, a union."""


class NoCodec(Exception):
    """A type that the recorder cannot write: teach it before the type reaches the decision."""


def plain(hint: Hint) -> Hint:
    """The type under a `NewType`."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    return hint


@cache
def fields_of(kind: type) -> dict[str, Hint]:
    """What makes a frozen value or a part of the state: its fields, in their order.

    Derived fields are left out: making the value makes them again.
    """
    hints = get_type_hints(kind)
    if is_dataclass(kind):
        return {field.name: hints[field.name] for field in fields(kind) if field.init}
    return hints  # of a named tuple: its fields and nothing else


def has_fields(hint: Hint) -> bool:
    """Whether it is a dataclass or a named tuple."""
    return isinstance(hint, type) and (is_dataclass(hint) or hasattr(hint, "_fields"))


def alternatives(hint: Hint) -> tuple[Hint, ...]:
    """The members of a union besides None; the hint itself where it is none."""
    if get_origin(hint) in {UnionType, Union}:
        return tuple(each for each in get_args(hint) if each is not type(None))
    return (hint,)


def tags(union: Hint) -> dict[str, type]:
    """The members of a closed union by the name that stands before them in a file.

    Raises:
        NoCodec: two members share a name.
    """
    members = alternatives(union)
    named = {member.__name__: member for member in members}
    if len(named) != len(members):
        raise NoCodec(f"two members of {union} share a name")
    return named
