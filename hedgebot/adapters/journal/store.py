"""The file of a journal: opened with the right pragmas, errors told in our words."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from hedgebot.errors import JournalCorrupt, JournalError, StartRefused

BUSY_S = 0.05
"""How long a lock of another program may hold the loop up; the daemon is the only writer."""
RESTORE = "restore the journal from a copy, or move it away to begin a new one"
MENDS = {
    "SQLITE_FULL": "free its disk",
    "SQLITE_READONLY": "make the file and its folder writable",
    "SQLITE_PERM": "make the file and its folder writable",
    "SQLITE_CANTOPEN": "make its folder writable",
    "SQLITE_BUSY": "close the program that has it open for writing",
    "SQLITE_LOCKED": "close the program that has it open for writing",
    "SQLITE_IOERR": "look at its disk: full, over quota, or failing",
}


def failure(path: Path, error: sqlite3.Error | DBAPIError) -> JournalError:
    """What went wrong, in one line with its mend."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    name = str(getattr(origin, "sqlite_errorname", ""))
    told = f"journal {path}: {origin}"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return JournalCorrupt(f"{told}: {RESTORE}")
    kind = "_".join(name.split("_")[:2])
    return JournalError(f"{told}: {MENDS.get(kind, 'this is a mistake of the program: report it')}")


class Store:
    """One open database file."""

    def __init__(self, path: Path, connection: Connection, synchronous: str) -> None:
        self.path = path
        self.connection = connection
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        # Bytes that are no UTF-8 are a corrupt cell, to be named by row: not an error of the file.
        raw.text_factory = _lenient
        self.raw = raw
        self._synchronous = synchronous
        self._wal = path.with_name(path.name + "-wal")

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn the driver's errors into ours."""
        try:
            yield
        except (sqlite3.Error, DBAPIError) as error:
            raise failure(self.path, error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        raw = self.raw
        try:
            raw.execute("BEGIN IMMEDIATE")
            yield raw
            raw.execute("COMMIT")
        except BaseException as error:  # cancelled too: rolled back, and raised
            with suppress(sqlite3.Error):  # the first error is the one to tell
                raw.rollback()
            if isinstance(error, sqlite3.Error):
                raise failure(self.path, error) from error
            raise

    @contextmanager
    def fsynced(self) -> Iterator[None]:
        """Commits inside wait for the disk."""
        with self.told():
            self.raw.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            with self.told():
                self.raw.execute(f"PRAGMA synchronous={self._synchronous}")

    def wal_bytes(self) -> int:
        """What a checkpoint would bring home."""
        try:
            return self._wal.stat().st_size
        except OSError:
            return 0

    def checkpoint(self) -> None:
        """Bring the write-ahead log home and empty it; a reader in the way leaves it for later.

        Raises:
            JournalError: the disk refused; nothing is lost, the log still has it.
        """
        with self.told():
            self.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            # The first commit into an emptied log waits for the disk, whatever `synchronous`
            # says: it is this one, which changes nothing, and not the next hedge's.
            self.raw.execute("PRAGMA user_version=0")

    def close(self) -> None:
        """Release the file."""
        self.connection.close()
        self.connection.engine.dispose()


def _lenient(text: bytes) -> str:
    return text.decode(errors="replace")


def _connect(path: Path, *, read_only: bool = False) -> Connection:
    mode = "?mode=ro" if read_only else ""

    def dial() -> sqlite3.Connection:
        uri = f"file:{quote(str(path.absolute()))}{mode}"
        return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)

    engine = create_engine(
        "sqlite://", creator=dial, poolclass=StaticPool, isolation_level="AUTOCOMMIT"
    )
    return engine.connect()


def prepare_file(path: Path) -> None:
    """Make the folder and the file, for this user's eyes only.

    Raises:
        StartRefused: that is not allowed here.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StartRefused(
            f"journal {path}: cannot be written ({error.strerror}): make its folder writable and "
            "its disk not full, or name another journal in the settings"
        ) from error


def open_store(path: Path, *, full_durability: bool = False) -> Store:
    """Open the file for the one writer.

    Raises:
        JournalError: the file cannot be used.
    """
    synchronous = "FULL" if full_durability else "NORMAL"
    try:
        store = Store(path, _connect(path), synchronous)
    except DBAPIError as error:
        raise failure(path, error) from error
    try:
        with store.told():
            # The log is brought home by us, when nothing waits: never inside a commit.
            for pragma in (
                "journal_mode=WAL",
                f"synchronous={synchronous}",
                "wal_autocheckpoint=0",
            ):
                store.raw.execute(f"PRAGMA {pragma}").fetchone()
    except JournalError:
        store.close()
        raise
    return store


def open_for_reading(path: Path) -> Store:
    """Open the file beside a running daemon, or alone; never writes.

    Raises:
        JournalError: there is no journal yet, or it cannot be read.
    """
    if not path.exists():
        raise JournalError(f"journal {path}: does not exist yet: `hedgebot run` begins it")
    try:
        return Store(path, _connect(path, read_only=True), "NORMAL")
    except DBAPIError as error:
        raise failure(path, error) from error
