"""Writes until its disk is full, gets space, and goes on; says at each turn what it saw.

Run as `python -m tests.adapters.journal.writer_on_a_full_disk FOLDER HOW`: HOW is `limit`
(the kernel refuses to let a file grow) or `tmpfs` (FOLDER is a small disk of its own).
"""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from hedgebot.adapters.journal import SqliteJournal
from hedgebot.domain.records import IntentKept
from hedgebot.errors import JournalError
from tests.adapters.journal.samples import decision, intent, opened

LIMIT_BYTES = 1 << 20


def shut_limit(folder: Path) -> Callable[[], None]:
    del folder
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def shut_tmpfs(folder: Path) -> Callable[[], None]:
    ballast = folder / "ballast"
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    ballast.write_bytes(b"x" * (free - LIMIT_BYTES))
    return ballast.unlink


async def fill_up(journal: SqliteJournal) -> tuple[int, str]:
    for number in range(1, 100_000):
        try:
            await journal.commit([IntentKept(intent(number), dry_run=False), decision(number)])
        except JournalError as error:
            return number, str(error)
    raise AssertionError("the disk never filled")


async def main(folder: Path, how: str) -> None:
    journal = opened(folder)
    await journal.load()
    give_space = shut_limit(folder) if how == "limit" else shut_tmpfs(folder)
    refused, error = await fill_up(journal)
    print("said:", error)
    try:
        await journal.commit([IntentKept(intent(refused), dry_run=False)])
    except JournalError:
        print("again: refused")
    give_space()
    await journal.commit([IntentKept(intent(refused), dry_run=False), decision(refused)])
    journal.checkpoint()
    raw = journal.rows.store.raw
    (ids,) = raw.execute("SELECT count(*) FROM intents").fetchone()
    (decisions,) = raw.execute("SELECT count(*) FROM decisions").fetchone()
    (whole,) = raw.execute("PRAGMA integrity_check").fetchone()
    print(f"kept: {ids} {decisions} of {refused}")
    print("integrity:", whole)
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
