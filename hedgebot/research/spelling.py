"""All that numba makes code of, in words: two functions of the same words are the same compiled."""

from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from numba.core import types
from numba.core.dispatcher import Dispatcher

PLAIN = (type(None), bool, int, float, complex, str, bytes)
NUMBERS = (types.Number, types.Boolean)
TUPLES: Any = types.BaseTuple
LIBRARIES = {"builtins", "math", "numba", "numpy"}
"""Their functions are told by name: whoever compares words compares versions too."""


class Unspelled(Exception):
    """The compiler reads something that words do not tell exactly."""


def spelled(thing: Any) -> Iterator[str]:
    """Words that differ where anything differs that numba makes code of: a function's bytecode,
    constants and defaults, what its closure and its globals hold, all this of every function that
    it calls, and the type of an argument.

    Raises:
        Unspelled: there is something in it that words do not tell.
    """
    return _spelled(thing, [])


def _spelled(thing: Any, seen: list[Any]) -> Iterator[str]:
    if type(thing) in PLAIN:
        yield f"{type(thing).__name__} {thing!r}"
    elif type(thing) is tuple:
        yield f"tuple {len(thing)}"
        for each in thing:
            yield from _spelled(each, seen)
    elif isinstance(thing, Dispatcher):
        yield f"compiled {sorted(thing.targetoptions.items())}"
        yield from _spelled(thing.py_func, seen)
    elif isinstance(thing, CodeType):
        yield from _code(thing, seen)
    elif isinstance(thing, FunctionType):
        yield from _function(thing, seen)
    elif isinstance(thing, types.Type):
        yield from _type(thing)
    else:
        yield _of_a_library(thing)


def _of_a_library(thing: Any) -> str:
    if isinstance(thing, ModuleType | type | BuiltinFunctionType):
        name = thing.__name__
        module = name if isinstance(thing, ModuleType) else thing.__module__
        if module.partition(".")[0] in LIBRARIES:
            return f"library {module} {name}"
    raise Unspelled(repr(thing))


def _function(function: FunctionType, seen: list[Any]) -> Iterator[str]:
    if function in seen:
        yield f"again {seen.index(function)}"
        return
    seen.append(function)
    held = tuple(cell.cell_contents for cell in function.__closure__ or ())
    yield from _spelled((function.__defaults__, held, function.__code__), seen)
    known = function.__globals__
    for name in sorted(_names(function.__code__) & known.keys()):
        yield f"global {name}"
        yield from _spelled(known[name], seen)


def _names(code: CodeType) -> set[str]:
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return {*code.co_names, *(name for each in inner for name in _names(each))}


def _code(code: CodeType, seen: list[Any]) -> Iterator[str]:
    yield f"code {code.co_code.hex()} {code.co_exceptiontable.hex()} {code.co_flags}"
    yield f"{code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount}"
    yield f"{code.co_names} {code.co_varnames} {code.co_freevars} {code.co_cellvars}"
    yield from _spelled(code.co_consts, seen)


def _type(kind: Any) -> Iterator[str]:
    """Of an argument: numbers, arrays of them, and tuples."""
    if isinstance(kind, TUPLES):
        named = getattr(kind, "instance_class", tuple)
        yield f"{named.__module__} {named.__qualname__} {getattr(named, '_fields', len(kind))}"
        for each in kind:
            yield from _type(each)
    elif isinstance(kind.dtype if isinstance(kind, types.Array) else kind, NUMBERS):
        yield f"type {type(kind).__name__} {kind}"
    else:
        raise Unspelled(repr(kind))
