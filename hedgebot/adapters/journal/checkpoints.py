"""When the write-ahead log is brought home: while nothing happens, or when it grew too long.

A checkpoint waits for the disk (about 20 ms for a thousand commits), so it is kept away from
the moment between a fill and its hedge.
"""

import asyncio
from contextlib import suppress

from hedgebot.adapters.journal.store import Store
from hedgebot.errors import JournalError

IDLE_S = 0.5
"""No commit for so long: nothing is going on."""
WAL_BYTES = 1 << 20
"""A log shorter than this is left alone."""
WAL_BYTES_MAX = 8 << 20
"""A log longer than this is brought home at the next pace, idle or not: some 15 ms."""


class Checkpoints:
    """One timer on the loop, armed while the log is worth bringing home."""

    def __init__(
        self, store: Store, idle_s: float = IDLE_S, bytes_max: int = WAL_BYTES_MAX
    ) -> None:
        self._store = store
        self._idle_s = idle_s
        self._bytes_max = bytes_max
        self._timer: asyncio.TimerHandle | None = None
        self._committed_s = 0.0

    def committed(self) -> None:
        """A commit was made."""
        loop = asyncio.get_running_loop()
        self._committed_s = loop.time()
        if self._timer is None and self._store.wal_bytes() >= WAL_BYTES:
            self._timer = loop.call_later(self._idle_s, self._due)

    def stop(self) -> None:
        """No more checkpoints."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        loop = asyncio.get_running_loop()
        quiet = loop.time() - self._committed_s >= self._idle_s
        if quiet or self._store.wal_bytes() >= self._bytes_max:
            self._timer = None
            # Nothing is lost: the next commit meets the same disk and tells it.
            with suppress(JournalError):
                self._store.checkpoint()
        else:
            self._timer = loop.call_later(self._idle_s, self._due)
