"""A module's own source, compiled by numba as it stands."""

import inspect
from types import FunctionType, ModuleType
from typing import Any

import numba


def compiled(module: ModuleType) -> Any:
    """A copy of it in which every function is compiled, and calls the compiled others."""
    copy = ModuleType(f"{module.__name__}_compiled")
    exec(compile(inspect.getsource(module), str(module.__file__), "exec"), copy.__dict__)
    for name, each in list(vars(copy).items()):
        if isinstance(each, FunctionType):
            setattr(copy, name, numba.njit(each))
    return copy
