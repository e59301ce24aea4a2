"""What one process compiled, another finds; and never what was compiled of something else."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import pytest
from numba.core import config
from numba.core.codegen import JITCPUCodegen

import hedgebot
from hedgebot.research import kept as shelf
from hedgebot.research.kept import KEPT_MAX, kept

PACKAGE = Path(hedgebot.__file__).parent


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where compiled functions are kept, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cached"))
    return tmp_path / "cached" / "hedgebot" / "compiled"


def twice(factor: float = 2.0) -> Any:
    """A new function, that nobody has compiled."""

    def times(x: float) -> float:
        return x * factor

    return kept(numba.njit(times))


def hits(function: Any) -> int:
    return sum(function.stats.cache_hits.values())


def rows(folder: Path) -> list[str]:
    return sorted(row.name for row in folder.iterdir())


def test_nothing_was_compiled_in_this_process_before_its_symbols_were_numbered_apart() -> None:
    assert shelf.APART


def test_a_function_is_compiled_once(folder: Path) -> None:
    first, again = twice(), twice()

    assert (first(1.5), hits(first)) == (3.0, 0)
    assert (again(1.5), hits(again)) == (3.0, 1)
    assert len(rows(folder)) == 1


def test_for_each_type_of_argument(folder: Path) -> None:
    first, again = twice(), twice()
    first(1.5)

    assert (again(2), hits(again)) == (4, 0)
    assert len(rows(folder)) == 2


def test_another_number_is_another_function() -> None:
    twice()(1.5)
    other = twice(3.0)

    assert (other(1.5), hits(other)) == (4.5, 0)


@pytest.mark.parametrize("change", ["NUMBA_OPT", "sources", "numpy", "processor"])
def test_it_is_found_only_where_all_else_is_the_same(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice()(1.5)
    if change == "NUMBA_OPT":
        monkeypatch.setattr(config, "OPT", 2)
    elif change == "sources":
        monkeypatch.setattr(shelf, "_sources", lambda _folder: "of tomorrow")
    elif change == "numpy":
        monkeypatch.setattr(
            "hedgebot.research.kept.version", lambda of: "9.0" if of == "numpy" else version(of)
        )
    else:
        monkeypatch.setattr(JITCPUCodegen, "magic_tuple", lambda _self: ("another",))
    again = twice()

    assert (again(1.5), hits(again)) == (3.0, 0)


def test_the_digest_of_sources_knows_names_and_contents(tmp_path: Path) -> None:
    found: set[str] = set()
    for name, text in (("a", "1"), ("b", "1"), ("a", "2"), ("c/a", "1")):
        folder = tmp_path / f"{len(found)}"
        (folder / name).parent.mkdir(parents=True)
        (folder / f"{name}.py").write_text(text)
        found.add(shelf._sources(folder))

    assert len(found) == 4


@pytest.mark.parametrize("left", [0, 10, 40, -1])
def test_a_damaged_file_is_compiled_and_written_anew(folder: Path, left: int) -> None:
    twice()(1.5)
    (name,) = rows(folder)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:left] if left >= 0 else whole[:-1] + b"?")
    again, last = twice(), twice()

    assert (again(1.5), hits(again)) == (3.0, 0)
    assert (last(1.5), hits(last)) == (3.0, 1)


@pytest.mark.parametrize("why", ["a file", "no home", "others may write"])
def test_without_a_folder_nothing_is_kept_and_nothing_said(
    why: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder.parent.mkdir(parents=True)
    if why == "a file":
        folder.touch()
    elif why == "no home":
        monkeypatch.setenv("XDG_CACHE_HOME", "relative, so not to be used")
        monkeypatch.setenv("HOME", "/dev/null")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    again = (twice()(1.5), twice())

    assert (again[0], again[1](1.5), hits(again[1])) == (3.0, 3.0, 0)
    assert capfd.readouterr() == ("", "")
    assert not folder.is_dir() or not rows(folder)


def test_what_cannot_be_spelled_is_compiled_each_time(folder: Path) -> None:
    held = {"a": 1.0}

    def times(x: float) -> Any:
        return x * len("ab") if "held" else held

    function = kept(numba.njit(times))
    assert function(1.5) == 3.0
    assert not rows(folder)


def test_those_that_were_not_asked_for_for_longest_go(folder: Path) -> None:
    twice()(1.5)
    (ours,) = rows(folder)
    for number in range(KEPT_MAX):
        (folder / f"{number}").touch()
        os.utime(folder / f"{number}", (number + 1, number + 1))
    os.utime(folder / ours, (0, 0))
    twice()(1.5)  # asked for
    twice(3.0)(1.5)

    found = rows(folder)
    assert len(found) == KEPT_MAX
    assert ours in found
    assert {"0", "1"}.isdisjoint(found)
    assert "2" in found


def test_what_is_kept_is_for_nobody_else(folder: Path) -> None:
    twice()(1.5)

    assert folder.stat().st_mode & 0o777 == 0o700


# -- processes ---------------------------------------------------------------------------------

VOLATILITY = """
import numpy as np
from hedgebot.research.sweep.world import trailing_volatility as found
told = found(np.arange(3) * 3_600_000, np.array([100.0, 101.0, 99.0]), (30.0, 0.5, 5.0))
print([each.hex() for each in told.tolist()], sum(found.stats.cache_hits.values()))
"""


def run(script: str, *words: str, package: Path = PACKAGE) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=package.parent, capture_output=True,
        text=True, check=True, env=os.environ | {"PYTHONPATH": str(package.parent)},
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_change_in_the_core_is_not_served_from_before_it(tmp_path: Path) -> None:
    copy = shutil.copytree(PACKAGE, tmp_path / "copy" / "hedgebot")
    with ThreadPoolExecutor(2) as both:
        first = list(both.map(lambda _: run(VOLATILITY, package=copy), range(2)))
    numbers, _, _ = first[0].rpartition(" ")
    assert {each.rpartition(" ")[0] for each in first} == {numbers}, "two at once"

    core = copy / "core" / "closed_form.py"
    sound, line = core.read_text(), "change * change"
    assert sound.count(line) == 1
    core.write_text(sound.replace(line, f"2.0 * {line}"))
    changed = run(VOLATILITY, package=copy)
    assert changed.endswith(" 0")
    assert not changed.startswith(numbers)
    core.write_text(sound)
    assert run(VOLATILITY, package=copy) == f"{numbers} 1"


NAMESAKES = """
import os
import sys
import numba
from numba.core.bytecode import FunctionIdentity
from hedgebot.research.kept import kept
steps = "        x = x * 1.0000001 + 0.5\\n" * 200  # too long to be put into its caller
source = "def inner(x):\\n    for _ in range(int(x)):\\n" + steps + "    return x * factor"

def total(factor):
    space = {"factor": factor}
    exec(source, space)
    inner = numba.njit(space["inner"])
    return numba.njit(lambda x: inner(x) + inner(x + 1.0) * inner(x + 2.0))

for factor in map(float, sys.argv[1:]):
    function = total(factor)
    told = (kept(function) if factor == 2.0 else function)(3.0)
    print(told, sum(function.stats.cache_hits.values()))
sys.stdout.flush()
child = os.fork()
os.write(1, f"{FunctionIdentity._unique_ids}\\n".encode())
if child:
    os.wait()
"""


def test_what_was_kept_calls_no_function_of_the_same_name_of_this_process() -> None:
    """Symbols that numba numbers from one in each process would be taken for each other."""
    alone, *_ = run(NAMESAKES, "2").splitlines()
    number, _, hit = alone.partition(" ")
    other, again, parent, child = run(NAMESAKES, "3", "2").splitlines()

    assert hit == "0"
    assert other.partition(" ")[0] != number
    assert again == f"{number} 1"
    assert parent != child, "nor does a process number as the one that it was forked from"
