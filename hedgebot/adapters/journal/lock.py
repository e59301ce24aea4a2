"""One writer: an exclusive lock in a file beside the journal."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from hedgebot.errors import AlreadyRunning, StartRefused


class WriterLock:
    """Held by the daemon, or for a moment by a command when no daemon runs.

    The lock is the kernel's and ends with its process, however that ends. The file stays: to
    remove it would let two writers lock two files of one name.
    """

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self._file = -1

    @property
    def path(self) -> Path:
        return self.journal.with_name(self.journal.name + ".lock")

    def acquire(self) -> None:
        """Take the lock, or fail at once.

        Raises:
            AlreadyRunning: another process holds it.
            StartRefused: the lock file cannot be written.
        """
        assert self._file < 0, "taken already"
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)
        except BlockingIOError as error:
            holder = os.pread(self._file, 20, 0).decode(errors="replace").strip() or "unknown"
            self.release()
            raise AlreadyRunning(
                f"another hedgebot (pid {holder}) writes the journal {self.journal}: stop it "
                f"first, or name another journal in the settings (lock {self.path})"
            ) from error
        except OSError as error:
            self.release()
            raise StartRefused(
                f"journal {self.journal}: cannot write beside it ({error.strerror}): make its "
                "folder writable and its disk not full, or name another journal in the settings"
            ) from error

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
