"""The write-ahead log stays short, and is brought home while nothing happens."""

import asyncio
from pathlib import Path

from hedgebot.adapters.journal import checkpoints
from hedgebot.adapters.journal.checkpoints import Checkpoints
from hedgebot.adapters.journal.store import Store
from tests.adapters.journal.samples import decision, opened

IDLE_S = 0.4
EMPTY_BYTES = 20_000
"""A checkpoint leaves one page behind."""


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
        await asyncio.sleep(IDLE_S / 8)
        assert store.wal_bytes() >= checkpoints.WAL_BYTES, "a checkpoint between two commits"
    for _ in range(100):
        await asyncio.sleep(IDLE_S / 8)
        if store.wal_bytes() < EMPTY_BYTES:
            break
    assert 0 < store.wal_bytes() < EMPTY_BYTES, "the next commit would wait for the disk"
    store.close()


async def test_a_log_that_grew_too_long_is_brought_home_without_a_pause(tmp_path: Path) -> None:
    store = write_much(tmp_path)
    busy = Checkpoints(store, 0.02, checkpoints.WAL_BYTES)
    for _ in range(500):
        busy.committed()
        await asyncio.sleep(0.001)
        if store.wal_bytes() < EMPTY_BYTES:
            break
    assert store.wal_bytes() < EMPTY_BYTES
    busy.stop()
    store.close()


async def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.checkpoint()
    journal.write([decision()])
    before = journal.rows.store.wal_bytes()
    idle = Checkpoints(journal.rows.store, 0.001)
    idle.committed()
    await asyncio.sleep(0.02)
    assert journal.rows.store.wal_bytes() == before
    journal.release()


async def test_a_checkpoint_after_close_does_not_happen(tmp_path: Path) -> None:
    store = write_much(tmp_path)
    idle = Checkpoints(store, 0.001)
    idle.committed()
    idle.stop()
    store.close()
    await asyncio.sleep(0.02)  # a timer still armed would meet a closed file
    assert store.wal_bytes() == 0
