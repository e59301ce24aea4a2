"""Where a journal lies, and whose it is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from hedgebot.errors import StartRefused

MEND = 'write `journal = "sqlite:///var/treasury.db"`'


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One book's journal, as the settings name it."""

    url: str
    book: str
    accounts: Mapping[str, str]
    """Venue entry -> account label: instruments and wallets begin with their venue entry."""
    dry_run: bool = False
    full_durability: bool = False
    """Wait for the disk at every commit (`durability = "full"`)."""

    @property
    def book_id(self) -> str:
        """A dry run is a book of its own: nothing it keeps may reach a live run."""
        return f"{self.book}:dry-run" if self.dry_run else self.book

    @property
    def path(self) -> Path:
        return path_of(self.url)


def hindrance(path: Path) -> str:
    """Why no start could write a journal there, as far as looking tells; empty: nothing is seen."""
    if path.exists():
        mine = path.is_file() and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        return "" if mine else f"{path} is no file that this user may write, in a folder of theirs"
    folder = next(each for each in path.absolute().parents if each.exists())
    mine = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    return "" if mine else f"{path}: {folder} is no folder that this user may write"


def path_of(url: str) -> Path:
    """The file of a journal's URL; relative ones are relative to the working directory.

    Raises:
        StartRefused: not a file of SQLite. The URL itself, which may hold a password, is not
            repeated.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StartRefused(f"journal: not a URL; {MEND}") from error
    if parsed.drivername != "sqlite":
        raise StartRefused(f"journal: {parsed.drivername} is not built yet; {MEND}")
    if not parsed.database or parsed.database == ":memory:" or parsed.query:
        raise StartRefused(f"journal: the URL must name a file and nothing else; {MEND}")
    return Path(parsed.database)
