"""The source of `hedgebot.core`, compiled by numba as it stands.

numba takes no keyword-only arguments and follows no global that is not compiled itself. So each
function's own bytecode gets a signature in which its keyword-only arguments may also be given by
position, and globals in which the functions it calls are the compiled ones.
"""

import types
from collections.abc import Callable
from typing import Any

import numba


class Compiled:
    """Functions of the core, compiled at their first call. Callees are added before callers."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def add(self, *functions: Callable[..., Any]) -> None:
        """Compile these, in the order of their calls: callees first."""
        for function in functions:
            self._known[function.__name__] = compiled(function, self._known)

    def __getitem__(self, name: str) -> Any:  # a dispatcher of numba, which ships no types
        return self._known[name]


def compiled(function: Callable[..., Any], known: dict[str, Any]) -> Any:
    """One function, its calls bound to the compiled ones that are `known`."""
    assert isinstance(function, types.FunctionType)
    code = function.__code__
    arguments = code.co_argcount + code.co_kwonlyargcount
    positional = types.FunctionType(
        code.replace(co_argcount=arguments, co_kwonlyargcount=0),
        function.__globals__ | known,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    return numba.njit(positional)
