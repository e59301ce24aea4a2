"""Kills, full disks and folders that may not be written: nothing acknowledged is lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hedgebot.domain.records import IntentKept
from hedgebot.errors import JournalError
from tests.adapters.journal.samples import intent, opened

ROOT = Path(__file__).parents[3]
KILLS = 6


def kill_after(folder: Path, first: int, acknowledged: int) -> tuple[int, int]:
    """Start a writer, let it acknowledge so many commits, kill it: its epoch, its last number."""
    module = "tests.adapters.journal.writer_to_kill"
    writer = subprocess.Popen(
        [sys.executable, "-m", module, folder, str(first)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout
    with writer:
        epoch = int(writer.stdout.readline().split()[1])
        for _ in range(acknowledged):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = [line for line in writer.stdout if line.endswith("\n")]
    last = int(rest[-1].split()[1]) if rest else first + acknowledged - 1
    return epoch, last


async def test_every_acknowledged_commit_survives_a_kill(tmp_path: Path) -> None:
    """Invariants 2 and 8: an intent that was acknowledged may be at the venue."""
    first = 1
    for kill in range(KILLS):
        epoch, last = kill_after(tmp_path, first, acknowledged=20 + 37 * kill)
        assert epoch == 2 * kill + 1
        journal = opened(tmp_path)
        durable = await journal.load()
        raw = journal.rows.store.raw
        whole = raw.execute("PRAGMA integrity_check").fetchone()
        (counted,) = raw.execute("SELECT value FROM counters").fetchone()
        (decided,) = raw.execute("SELECT count(*) FROM decisions").fetchone()
        await journal.close()
        kept = {each.intent.order_id for each in durable.open_intents}
        # The one commit that was under way when the kill came may be there, or not: whole.
        assert kept in (set(range(1, last + 1)), set(range(1, last + 2)))
        assert int(counted) == max(kept)
        assert decided == len(kept)
        assert durable.epoch == epoch + 1
        assert durable.starts[0].error == ""
        assert whole == ("ok",)
        first = max(kept) + 1


def fill_disk(folder: Path, how: str) -> dict[str, str]:
    answer = subprocess.run(
        [sys.executable, "-m", "tests.adapters.journal.writer_on_a_full_disk", folder, how],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    said = dict(line.split(": ", 1) for line in answer.stdout.splitlines())
    kept, decided, _, refused = said["kept"].split()
    assert kept == decided == refused, "a half-kept batch"
    return said


def test_a_file_that_may_not_grow_fails_the_commit_and_later_works_again(tmp_path: Path) -> None:
    said = fill_disk(tmp_path, "limit")
    assert "look at its disk" in said["said"] or "free its disk" in said["said"]
    assert said["again"] == "refused"
    assert said["integrity"] == "ok"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or not mount:
        pytest.skip("only root may mount a small disk; the file size limit shows the same")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this machine does not let its root mount; the file size limit shows the same")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_fails_the_commit_and_later_works_again(small_disk: Path) -> None:
    said = fill_disk(small_disk, "tmpfs")
    assert "free its disk" in said["said"]
    assert said["again"] == "refused"
    assert said["integrity"] == "ok"


def as_nobody(code: str, folder: Path) -> str:
    """Run where folder permissions bind: as another user when the tests are root's."""
    prelude = "import os, sys\nif os.geteuid() == 0:\n    os.setuid(65534)\n"
    imports = (
        "import hedgebot.adapters.journal as j, hedgebot.adapters.journal.schema\n"
        "import alembic.command, sqlalchemy.dialects.sqlite.pysqlite\n"
        "from tests.adapters.journal.samples import opened\n"
        "from hedgebot.errors import HedgebotError\nfrom pathlib import Path\n"
    )
    guarded = f"try:\n    {code}\nexcept HedgebotError as e:\n    print(type(e).__name__, e)\n"
    answer = subprocess.run(
        [sys.executable, "-c", imports + prelude + guarded, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture
def shared_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that others may enter but not write."""
    parents = [parent for parent in tmp_path.parents if parent.stat().st_uid == os.getuid()]
    before = {parent: parent.stat().st_mode for parent in (*parents, tmp_path)}
    for parent in before:
        if parent.name.startswith(("pytest-", tmp_path.name)):
            parent.chmod(0o755)
    folder = tmp_path / "var"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)
    for parent, mode in before.items():
        if parent.name.startswith(("pytest-", tmp_path.name)):
            parent.chmod(mode & 0o777)


def test_a_read_only_folder_is_refused_with_its_mend(shared_folder: Path) -> None:
    said = as_nobody("opened(Path(sys.argv[1]))", shared_folder)
    assert said.startswith("StartRefused")
    assert "make its folder writable" in said
    assert said.count("\n") == 1
    assert list(shared_folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused_with_its_mend(shared_folder: Path) -> None:
    said = as_nobody("opened(Path(sys.argv[1]) / 'deeper')", shared_folder)
    assert said.startswith("StartRefused")
    assert "Permission denied" in said


async def test_a_file_locked_by_another_program_fails_the_commit_only(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.load()
    other = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(JournalError, match="close the program that has it open"):
        await journal.commit([IntentKept(intent(1), dry_run=False)])
    assert time.monotonic() - began < 1
    other.execute("ROLLBACK")
    other.close()
    await journal.commit([IntentKept(intent(1), dry_run=False)])
    durable = await journal.load()
    await journal.close()
    assert len(durable.open_intents) == 1


async def test_a_close_that_cannot_be_noted_lets_go_all_the_same(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.load()
    other = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="close the program"):
        await journal.close("stopped")
    other.close()
    journal = opened(tmp_path)
    durable = await journal.load()
    await journal.close()
    assert durable.epoch == 2
    assert [start.error for start in durable.starts] == [""]
