"""Where a journal lies, and whose it is."""

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
