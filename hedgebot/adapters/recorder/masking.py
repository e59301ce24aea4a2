"""Invariant 11: no line is written before it was searched for secrets.

Events carry none: adapters clean what venues and libraries say. This is the second net.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hedgebot.adapters.recorder.decoding import loads
from hedgebot.adapters.recorder.encoding import dumps

Mask = Callable[[str], str]
"""A text without its secrets. Masking a masked text changes nothing."""


def masked(lines: Sequence[bytes], mask: Mask) -> list[bytes]:
    """The lines, each text in them masked where any of them holds a secret."""
    whole = b"\n".join(lines).decode()
    if mask(whole) == whole:
        return list(lines)
    return [dumps(_texts_masked(loads(line), mask)) for line in lines]


def _texts_masked(value: Any, mask: Mask) -> Any:
    match value:
        case str():
            return mask(value)
        case list():
            return [_texts_masked(each, mask) for each in value]
        case dict():
            return {key: _texts_masked(each, mask) for key, each in value.items()}
        case _:
            return value
