"""One rule broken on purpose."""

from typing import Any, NamedTuple


class Breakage(NamedTuple):
    """`sound` occurs once in the module; the test is named by file and function."""

    rule: str
    module: str
    sound: str
    broken: str
    test: str
    case: tuple[tuple[str, Any], ...] = ()
    """Arguments of a parametrised test."""
