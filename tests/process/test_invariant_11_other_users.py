"""Invariant 11: what the daemon keeps is for its own user alone, and so is its control socket."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.process.town import Town

pytestmark = pytest.mark.process
NOBODY = 65534
ASK = """
import os, sys
from pathlib import Path
from hedgebot.shell.control_client import ask
from hedgebot.shell.wire import Request
path, word = sys.argv[1:]
os.setgroups([]), os.setgid({user}), os.setuid({user})
print(ask(Path(path), Request(ask=word)).model_dump_json())
"""
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")


def modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in folder.rglob("town.db*")
    } | {
        f"recordings/{number}": stat.S_IMODE(path.stat().st_mode)
        for number, path in enumerate((folder / "town.db.recordings").iterdir())
    }


@contextmanager
def open_to_others(folder: Path) -> Iterator[None]:
    """Everybody may enter the folder and those above it, as under /var/lib."""
    ours = [path for path in (folder, *folder.parents) if path.stat().st_uid == os.getuid()]
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in ours}
    for path, mode in before.items():
        path.chmod(mode | 0o011)
    try:
        yield
    finally:
        for path, mode in before.items():
            path.chmod(mode)


def as_nobody(socket: Path, word: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", ASK.format(user=NOBODY), str(socket), word],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


async def test_every_file_is_0600_whatever_the_umask(town: Town) -> None:
    before = os.umask(0)
    try:
        town.start()
        await town.hedged()
    finally:
        os.umask(before)
    found = modes(town.folder)
    assert found.pop("town.db.recordings") == 0o700
    assert set(found) == {
        "town.db",
        "town.db-wal",
        "town.db-shm",
        "town.db.lock",
        "town.db.sock",
        "recordings/0",
    }
    assert {name: oct(mode) for name, mode in found.items() if mode != 0o600} == {}


@needs_root
async def test_the_control_socket_refuses_another_user(town: Town) -> None:
    town.start()
    await town.hedged()
    socket = town.folder / "town.db.sock"
    with open_to_others(town.folder):
        kept_out = as_nobody(socket, "pause")
        assert "NoAnswer" in kept_out.stderr
        assert "Permission denied" in kept_out.stderr
        socket.chmod(0o666)  # somebody was careless: the daemon asks who it is all the same
        asked = [as_nobody(socket, word) for word in ("status", "pause", "flatten")]
    for each in asked:
        assert each.stdout, each.stderr
        answer = json.loads(each.stdout)
        assert (answer["accepted"], answer.get("status")) == (False, None)
        assert answer["text"] == "refused: another user's daemon"
    assert town.hedge()["trading_state"] == "active"
    await town.hedged()
