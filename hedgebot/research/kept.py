"""Compiled functions are kept on the disk for the next process: to compile them takes 2 to 15 s.

numba has a cache of its own, in which two things can give wrong numbers. It knows a function by the
file that it stands in: when a function that it calls changes in another file, the old one goes on
being served. And each process numbers its symbols from one: what another process compiled may be
linked to a function of this one that happens to have the same name and number.

Here a compiled function is found by a digest of all that the compiler reads (`spelling`), of the
package's sources, the versions, the settings of numba and the processor; and each process numbers
its symbols from a place of its own. What cannot be spelled exactly is not kept. Where there is no
folder to be used, nothing is kept, and nothing is said.
"""

import hashlib
import itertools
import os
import pickle
import secrets
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numba.core import config, serialize
from numba.core.bytecode import FunctionIdentity
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher

from hedgebot.research.spelling import Unspelled, spelled
from hedgebot.research.writing import NotWritten, write_whole

TESTED = "0.68."
"""Parts of numba are used that it does not promise: of another version nothing is kept."""
dumps: Any = serialize.dumps
rebuild: Any = CompileResult._rebuild  # noqa: SLF001 - numba's own cache reads and writes so too
KEPT_MAX = 64
"""Functions on the disk. Of more, those go that were not asked for for longest."""
DIGEST = 32
"""Bytes of a file before what it holds, and their digest."""


def _number_apart() -> None:
    begin = secrets.randbits(60)
    FunctionIdentity._unique_ids = itertools.count(begin)  # noqa: SLF001 - numba sets it there only


FIRST = next(FunctionIdentity._unique_ids)  # noqa: SLF001 - nothing else tells what was made before
APART = version("numba").startswith(TESTED) and FIRST == 1
"""Whether all symbols of this process have numbers of its own: none was made before this line."""
if APART:
    _number_apart()
    os.register_at_fork(after_in_child=_number_apart)


def kept(compiled: Any) -> Any:
    """Have a compiled function, one that Python calls, found by the next process."""
    if APART and isinstance(compiled, Dispatcher):
        dispatcher: Any = compiled
        dispatcher._cache = _Shelf(compiled)  # noqa: SLF001 - the place of numba's own
    return compiled


class _Shelf(NullCache):
    """Asked by numba before it compiles, told after it."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was kept; None: numba compiles."""
        target_context.refresh()
        place = self._place(sig, target_context)
        found = None if place is None else _read(place)
        if found is None:
            return None
        return rebuild(target_context, *pickle.loads(found))  # noqa: S301 - the user's own file

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep it for the next process."""
        place = self._place(sig, data.target_context)
        if place is not None and not data.lifted and not data.library.has_dynamic_globals:
            _write(place, dumps(data._reduce()))  # noqa: SLF001 - as numba's

    def _place(self, sig: Any, target_context: Any) -> Path | None:
        folder = _folder()
        try:
            words = [*spelled((self._compiled, *sig)), *_surroundings()]
        except (Unspelled, OSError):
            return None
        words.append(repr(target_context.codegen().magic_tuple()))
        name = hashlib.sha256("\0".join(words).encode()).hexdigest()
        return None if folder is None else folder / name


# -- by what it is found ------------------------------------------------------------------------


def _surroundings() -> Iterator[str]:
    """What else decides which code is made."""
    yield _sources(Path(__file__).parents[1])
    yield from (f"{name} {version(name)}" for name in ("numba", "llvmlite", "numpy"))
    yield f"{sys.platform} {sys.version}"
    yield repr(sorted((name, repr(each)) for name, each in vars(config).items() if name.isupper()))


@cache
def _sources(folder: Path) -> str:
    """Digest of all modules below it, as they are when this process first asks."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(folder)} {len(text)}\0".encode() + text)
    return digest.hexdigest()


# -- the folder --------------------------------------------------------------------------------


def _folder() -> Path | None:
    """Where the user's programs keep what can be made again, if nobody else may write there."""
    told = os.environ.get("XDG_CACHE_HOME", "")
    try:
        cached = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
        folder = (Path(told) if Path(told).is_absolute() else cached) / "hedgebot" / "compiled"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, RuntimeError):  # not to be written; nobody's home
        return None
    return folder if found.st_uid == os.getuid() and not found.st_mode & 0o022 else None


def _read(place: Path) -> bytes | None:
    """What was written there, if it is whole."""
    try:
        found = place.read_bytes()
    except OSError:
        return None
    with suppress(OSError):
        os.utime(place)
    digest, text = found[:DIGEST], found[DIGEST:]
    return text if hashlib.sha256(text).digest() == digest else None


def _write(place: Path, text: bytes) -> None:
    whole = hashlib.sha256(text).digest() + text
    with suppress(NotWritten, OSError):
        write_whole(place, lambda new: new.write_bytes(whole))
        rows = sorted(place.parent.iterdir(), key=lambda row: row.stat().st_mtime, reverse=True)
        for row in rows[KEPT_MAX:]:
            row.unlink(missing_ok=True)
