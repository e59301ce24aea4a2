"""The source of `hedgebot.core`, compiled by numba as it stands.

numba takes no keyword-only arguments and follows no global that is not compiled itself. So each
function's own bytecode gets a signature in which its keyword-only arguments may also be given by
position, and globals in which the functions that it calls are the compiled ones. A list that it
makes as room, `[0.0] * N`, is an array there: the same numbers, read three times as fast.
"""

import ast
import inspect
from collections.abc import Callable
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

from hedgebot.core import (
    band_memory,
    blend,
    closed_form,
    flow_law,
    optimal,
    reversion,
    shadows,
    stationary,
)
from hedgebot.research.kept import kept

UNCOUNTED: Any = {"_nrt": False}
"""Options for a function that makes no array and keeps none: it counts no references to those it is
given. Two atomic counts for each array at each call take longer than a bar does.
"""


class Compiled:
    """Every function of some modules, compiled at its first call; looked up by the original."""

    def __init__(self, *modules: ModuleType) -> None:
        self._made: dict[object, Any] = {}
        spaces = [self._compile(module) for module in modules]
        for space in spaces:
            calls = {name: self._made[each] for name, each in space.items() if self._knows(each)}
            space.update(calls)

    def __getitem__(self, function: Callable[..., Any]) -> Any:
        """The compiled function: a dispatcher of numba, which ships no types."""
        return self._made[function]

    def _knows(self, each: object) -> bool:
        return isinstance(each, FunctionType) and each in self._made

    def _compile(self, module: ModuleType) -> dict[str, Any]:
        """Compile what the module defines; the globals that those functions will see."""
        space = {**vars(module), NUMPY: np}
        for each in vars(module).values():
            if isinstance(each, FunctionType) and each.__module__ == module.__name__:
                options = {} if _makes_room(each) else UNCOUNTED
                self._made[each] = numba.njit(**options)(_positional(each, space))
        return space


def kernel(**options: Any) -> Callable[[Any], Any]:
    """Compile a function of research, keyword-only arguments and all, with options of numba."""

    def made(function: Any) -> Any:
        space = function.__globals__
        return numba.njit(**options)(_plain(function, function.__code__, space))

    return made


def _positional(function: FunctionType, space: dict[str, Any]) -> FunctionType:
    return _plain(function, _code_of(function), space)


def _plain(function: FunctionType, code: CodeType, space: dict[str, Any]) -> FunctionType:
    """The function with that code, those globals, and keyword-only arguments by position too."""
    arguments = code.co_argcount + code.co_kwonlyargcount
    return FunctionType(
        code.replace(co_argcount=arguments, co_kwonlyargcount=0),
        space,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def _makes_room(function: FunctionType) -> bool:
    """Whether it makes a list of numbers, or calls who does and may hand it on."""
    tree = ast.parse(inspect.getsource(function))
    made = any(
        isinstance(each, ast.BinOp) and isinstance(each.left, ast.List) for each in ast.walk(tree)
    )
    called = [function.__globals__.get(name) for name in function.__code__.co_names]
    return made or any(isinstance(each, FunctionType) and _makes_room(each) for each in called)


NUMPY = "_numpy"
"""What makes room in compiled functions: a module, which `kept` can tell by its name."""


def _code_of(function: FunctionType) -> CodeType:
    """The function's bytecode; where it makes room, that of its lines with arrays."""
    code, tree = function.__code__, ast.parse(inspect.getsource(function))
    if not sum(_roomed(parent) for parent in list(ast.walk(tree))):
        return code
    ast.increment_lineno(ast.fix_missing_locations(tree), code.co_firstlineno - 1)
    made = compile(tree, code.co_filename, "exec").co_consts
    return next(each for each in made if isinstance(each, CodeType))


def _roomed(parent: ast.AST) -> int:
    """Turn lists of one number right below a node into arrays; how many there were."""
    found = 0
    for name, value in ast.iter_fields(parent):
        if isinstance(value, list):
            made = [_array_of(each) for each in value]
            found += sum(new is not old for new, old in zip(made, value, strict=True))
            setattr(parent, name, made)
        elif (new := _array_of(value)) is not value:
            found += 1
            setattr(parent, name, new)
    return found


def _array_of(node: Any) -> Any:
    match node:
        case ast.BinOp(ast.List([number]), ast.Mult(), count):
            full = ast.Attribute(ast.Name(NUMPY, ast.Load()), "full", ast.Load())
            made = ast.Call(full, [count, number], [])
            return ast.copy_location(made, node)
        case _:
            return node


@cache
def computed_band() -> Compiled:
    """All that `core.band_memory` calls: compiled once for whoever needs it."""
    made = Compiled(
        stationary, flow_law, closed_form, optimal, reversion, shadows, blend, band_memory
    )
    for called in (band_memory.solve, band_memory.expected_cost):
        kept(made[called])
    return made
