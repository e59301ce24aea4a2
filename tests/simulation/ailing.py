"""A journal whose disk is slow, full, or locked by another program."""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from hedgebot.adapters.journal import SqliteJournal
from hedgebot.domain.records import Durable, Record
from hedgebot.errors import JournalError


@dataclass
class Illness:
    """What ails the disk now; it outlives a process."""

    slow_s: float = 0.0
    full: bool = False


class AilingJournal:
    """`ports.Journal`: the real one, on a disk with an illness."""

    def __init__(self, journal: SqliteJournal, illness: Illness | None) -> None:
        self.illness = illness or Illness()
        self._journal = journal
        self._other: sqlite3.Connection | None = None

    async def commit(self, batch: Sequence[Record]) -> None:
        if self.illness.slow_s:
            await asyncio.sleep(self.illness.slow_s)
        if self.illness.full:
            raise JournalError("no space left on device")
        await self._journal.commit(batch)

    async def load(self) -> Durable:
        if self.illness.full:
            raise JournalError("no space left on device")
        return await self._journal.load()

    async def close(self, error: str = "") -> None:
        self.unlock()
        await self._journal.close(error)

    def lock(self) -> None:
        """Another program takes SQLite's write lock."""
        if self._other is None:
            self._other = sqlite3.connect(self._journal._store.path, isolation_level=None)
            self._other.execute("BEGIN IMMEDIATE")

    def unlock(self) -> None:
        """It lets go."""
        if self._other is not None:
            self._other.close()
            self._other = None

    def drop(self) -> None:
        """The process is dead: the kernel closes its files."""
        self.unlock()
        self._journal.release()
