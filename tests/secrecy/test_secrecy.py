"""Invariant 11: the search of the whole suite's output finds what it must, and turns a run red."""

import gzip
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hedgebot.cli.demo.stage import KEY, SECRET
from hedgebot.sim.binance.door import LISTEN_KEY_MARK, ListenKey
from tests.secrecy.planted import EXCHANGE_KEY, EXCHANGE_SECRET, LISTEN_KEY, PLANTED
from tests.secrecy.search import in_bytes, in_folder

ROOT = Path(__file__).parents[2]
SIGNED = b"GET /api/v3/account?timestamp=1&signature=" + b"0a" * 32
RUN = """
import sys
from pathlib import Path
from tests.secrecy.planted import EXCHANGE_SECRET

def test_it(tmp_path: Path) -> None:
    {line}
"""


@pytest.fixture
def apart() -> Iterator[Path]:
    """A folder that the search of this very run does not reach."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def test_what_is_planted_is_what_the_local_exchange_uses() -> None:
    assert (EXCHANGE_KEY, EXCHANGE_SECRET, LISTEN_KEY) == (KEY, SECRET, LISTEN_KEY_MARK)
    key = ListenKey().open(0)
    assert (len(key), key.startswith(LISTEN_KEY)) == (64, True)


@pytest.mark.parametrize(
    "text",
    [
        SIGNED,
        b'{"method":"session.logon","params":{"signature":"' + b"A+/=" * 16 + b'"}}',
        b'\\"listenKey\\": \\"' + b"Zz09" * 16,
        b"listen_key=" + b"a" * 20,
        b"before " + EXCHANGE_KEY.encode() + b" after",
    ],
)
def test_each_form_is_found(text: bytes) -> None:
    (leak,) = in_bytes(b"12345" + text, "x", PLANTED)
    assert leak.offset >= 5


@pytest.mark.parametrize(
    "text",
    [b"signature=***", b"signature=abc", b"listenKey=***", b"the listenKey expired", b"-1022 key"],
)
def test_what_was_masked_is_none(text: bytes) -> None:
    assert list(in_bytes(text, "x", PLANTED)) == []


def test_files_are_searched_as_they_are_unpacked_and_row_by_row(apart: Path) -> None:
    (apart / "deep").mkdir()
    (apart / "deep" / "town.log").write_bytes(b"\n" * 99 + SIGNED)
    whole = gzip.compress(b"nothing") + gzip.compress(b"0123" + EXCHANGE_SECRET.encode())
    (apart / "1.gz").write_bytes(whole[:-4])  # cut off by a kill
    with closing(sqlite3.connect(apart / "town.db")) as base:
        base.execute("CREATE TABLE kept (text TEXT)")
        base.execute("INSERT INTO kept VALUES (?)", ["x" * 5_000 + EXCHANGE_KEY + "x" * 5_000])
        base.commit()
    (apart / "town.toml").write_text(EXCHANGE_KEY)  # the test's own input
    (apart / f"{LISTEN_KEY}.txt").touch()
    found = [str(leak) for leak in in_folder(apart, PLANTED)]
    assert [text for text in found if "town.db," not in text] == [
        "1.gz (unpacked), offset 11: API secret of the local exchange",
        "deep/town.log, offset 131: signature of a request",
        "the name listen4local.txt, offset 0: listen key",
        "town.db (row 1 of kept), offset 5000: API key of the local exchange",
    ]


IN_A_FILE = (
    "(tmp_path / 'a.log').write_text('12' + EXCHANGE_SECRET)",
    "test_it0/a.log, offset 2: API secret of the local exchange",
)
PRINTED = (
    "print('123', EXCHANGE_SECRET, file=sys.stderr)",
    "Captured stderr call, offset 4: API secret of the local exchange",
)


@pytest.mark.process
@pytest.mark.parametrize(
    ("workers", "line", "named"),
    [
        ("0", "pass", ""),
        ("0", *IN_A_FILE),
        ("0", *PRINTED),
        ("2", *IN_A_FILE),
        ("2", *PRINTED),
    ],
)
def test_a_run_that_leaks_is_red_though_its_tests_pass(
    apart: Path, workers: str, line: str, named: str
) -> None:
    file = apart / "test_it.py"
    file.write_text(RUN.format(line=line))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", apart, "-n", workers,
         "-p", "tests.secrecy.watch", "-p", "no:cacheprovider", "--basetemp", apart / "out", file],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "1 passed" in done.stdout
    assert done.returncode == bool(named), done.stdout
    assert named in done.stdout
    assert ("secrets that leaked" in done.stdout) == bool(named)
    assert EXCHANGE_SECRET not in done.stdout, "its name is told, not the secret"
