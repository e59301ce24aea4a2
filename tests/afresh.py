"""Imports modules anew, one of them broken on purpose, beside the sound ones in use elsewhere."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple


class Replacement(NamedTuple):
    """One replacement in one module; `sound` occurs in it once."""

    module: str
    sound: str
    broken: str


class Breakage(NamedTuple):
    """One rule broken on purpose, and who must notice: file and function of a test."""

    rule: str
    module: str
    sound: str
    """Occurs in the module once."""
    broken: str
    test: str
    case: tuple[tuple[str, Any], ...] = ()
    """Arguments of a parametrised test."""


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, change: Replacement) -> None:
        super().__init__(name, path)
        self._change = change

    def get_code(self, _fullname: str) -> CodeType:
        code: CodeType = compile(_broken(self.path, self._change), self.path, "exec")
        return code


def _origin(found: ModuleSpec | None) -> str:
    assert found is not None
    assert found.origin is not None
    return found.origin


def _broken(path: str, change: Replacement) -> str:
    source = Path(path).read_text()
    count = source.count(change.sound)
    assert count == 1, f"{change.module}: found {count} times: {change.sound}"
    return source.replace(change.sound, change.broken)


class _Finder:
    def __init__(self, change: Replacement) -> None:
        self._change = change

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._change.module:
            return None
        origin = _origin(PathFinder.find_spec(name, path))
        loader = _Loader(name, origin, self._change)
        return spec_from_file_location(name, origin, loader=loader)


@contextmanager
def afresh(packages: Sequence[str], change: Replacement | None = None) -> Iterator[None]:
    """The packages are imported anew inside, one of their modules with a replacement.

    A replacement that cannot be made is told here, where no failure is waited for: raised by the
    import it would be taken for the failure of the test that stands for the rule.
    """
    if change is not None:
        _broken(_origin(find_spec(change.module)), change)
    starts = tuple(packages)
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(starts)}
    parents = [package.rpartition(".")[::2] for package in packages]
    attributes = [vars(import_module(parent)) for parent, _ in parents]
    values = [names.pop(name, None) for names, (_, name) in zip(attributes, parents, strict=True)]
    finder = _Finder(change) if change else None
    if finder is not None:
        sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder is not None:
            sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith(starts)]:
            del sys.modules[name]
        sys.modules.update(kept)
        for names, (_, name), value in zip(attributes, parents, values, strict=True):
            if value is not None:
                names[name] = value
