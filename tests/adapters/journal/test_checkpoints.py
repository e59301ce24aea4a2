"""The write-ahead log stays short, and is brought home while nothing happens."""

import asyncio
from pathlib import Path

from hedgebot.adapters.journal import checkpoints
from hedgebot.adapters.journal.checkpoints import Checkpoints
from hedgebot.adapters.journal.store import Store
from tests.adapters.journal.samples import decision, opened

IDLE_S = 0.05


def write_much(folder: Path) -> Store:
    journal = opened(folder)
    while journal.rows.store.wal_bytes() < checkpoints.WAL_BYTES:
        journal.write([decision()] * 100)
    return journal.rows.store


async def test_the_log_is_brought_home_once_it_is_quiet(tmp_path: Path) -> None:
    store = write_much(tmp_path)
    idle = Checkpoints(store, IDLE_S)
    for _ in range(5):
        idle.committed()
        await asyncio.sleep(IDLE_S / 2)
        assert store.wal_bytes() >= checkpoints.WAL_BYTES, "a checkpoint between two commits"
    for _ in range(100):
        await asyncio.sleep(IDLE_S / 2)
        if not store.wal_bytes():
            break
    assert store.wal_bytes() == 0
    store.close()


async def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.checkpoint()
    journal.write([decision()])
    idle = Checkpoints(journal.rows.store, 0.001)
    idle.committed()
    await asyncio.sleep(0.02)
    assert journal.rows.store.wal_bytes() > 0
    journal.release()


async def test_a_checkpoint_after_close_does_not_happen(tmp_path: Path) -> None:
    store = write_much(tmp_path)
    idle = Checkpoints(store, 0.001)
    idle.committed()
    idle.stop()
    store.close()
    await asyncio.sleep(0.02)  # a timer still armed would meet a closed file
    assert store.wal_bytes() == 0
