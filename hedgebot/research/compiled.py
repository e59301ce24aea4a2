"""The source of `hedgebot.core`, compiled by numba as it stands.

numba takes no keyword-only arguments and follows no global that is not compiled itself. So each
function's own bytecode gets a signature in which its keyword-only arguments may also be given by
position, and globals in which the functions that it calls are the compiled ones.
"""

from collections.abc import Callable
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import numba

from hedgebot.core import band_memory, closed_form, flow_law, optimal, stationary


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
        space = dict(vars(module))
        for each in vars(module).values():
            if isinstance(each, FunctionType) and each.__module__ == module.__name__:
                self._made[each] = numba.njit(_positional(each, space))
        return space


def kernel(**options: Any) -> Callable[[Any], Any]:
    """Compile a function of research, keyword-only arguments and all, with options of numba."""

    def made(function: Any) -> Any:
        return numba.njit(**options)(_positional(function, function.__globals__))

    return made


def _positional(function: FunctionType, space: dict[str, Any]) -> FunctionType:
    code = function.__code__
    arguments = code.co_argcount + code.co_kwonlyargcount
    return FunctionType(
        code.replace(co_argcount=arguments, co_kwonlyargcount=0),
        space,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


@cache
def computed_band() -> Compiled:
    """All that `core.band_memory` calls: compiled once for whoever needs it."""
    return Compiled(stationary, flow_law, closed_form, optimal, band_memory)
