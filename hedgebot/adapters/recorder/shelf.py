"""The folder of a book's recordings, and how much of the disk they may take."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SUFFIX = ".jsonl.gz"
GROWTH_MAX = 2
"""A full file waits for a calm moment to be followed by the next, up to so many times its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where recordings lie. Nothing else in the folder is ever touched."""

    folder: Path
    book: str
    """Its name in the settings: letters, digits, - and _."""
    file_bytes_max: int
    """A file that has grown so far is followed by the next one."""
    total_bytes_max: int
    """Of all files together: the oldest go first."""

    def name(self, *, written_ms: int, epoch: int, number: int) -> str:
        """A file's name; names sort by time."""
        moment = datetime.fromtimestamp(written_ms / 1_000, UTC)
        return f"{self.book}-{moment:%Y%m%dT%H%M%SZ}-{epoch}-{number:04}{SUFFIX}"

    def files(self) -> list[Path]:
        """The book's recordings, oldest first."""
        ours = re.compile(
            rf"{re.escape(self.book)}-(\d{{8}}T\d{{6}}Z)-(\d+)-(\d+){re.escape(SUFFIX)}"
        )
        found = [
            (name[1], int(name[2]), int(name[3]), path)
            for path in self.folder.iterdir()
            if (name := ours.fullmatch(path.name)) and path.is_file() and not path.is_symlink()
        ]
        return [path for *_, path in sorted(found)]

    def full(self, opening_bytes: int) -> int:
        """Bytes after which a file is followed by the next one.

        Where the state is larger than a file should be, half of the file is events at least.
        """
        return max(self.file_bytes_max, 2 * opening_bytes)

    def open(self, name: str, opening_bytes: int) -> int:
        """A descriptor of a new file that only its owner may read.

        Raises:
            OSError: it cannot be made, or is there already.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(GROWTH_MAX * self.full(opening_bytes))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(self.folder / name, flags, 0o600)

    def _make_room(self, needed: int) -> None:
        """Delete the oldest recordings until so many bytes more fit."""
        files = self.files()
        sizes = [path.stat().st_size for path in files]
        while files and sum(sizes) + needed > self.total_bytes_max:
            files.pop(0).unlink(missing_ok=True)
            sizes.pop(0)
