"""Brings a journal's tables up to this version; refuses what a newer one wrote."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from hedgebot.adapters.journal.store import Store, failure
from hedgebot.errors import StartRefused

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0004"
"""The newest migration; a test compares it with the folder."""


def revision(store: Store) -> str | None:
    """The migration that the file is at; None for a new file.

    Raises:
        StartRefused: the file holds something else.
        JournalError: it cannot be read.
    """
    with store.told():
        names = set(inspect(store.connection).get_table_names())
        if "alembic_version" in names:
            row = store.raw.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(row[0]) if row else None
    if names:
        raise StartRefused(
            f"journal {store.path}: holds the tables of another program: name another file"
        )
    return None


class OlderJournal(StartRefused):
    """Only a start changes its tables."""


def require_current(store: Store) -> None:
    """Refuse to read what this version does not know.

    Raises:
        OlderJournal: it is not migrated yet.
        StartRefused: the journal is newer.
    """
    found = revision(store)
    if found == HEAD:
        return
    if found in _known():
        raise OlderJournal(
            f"journal {store.path}: is of an older version: `hedgebot run` brings it up to date"
        )
    raise _newer(store.path, found)


def migrate(store: Store) -> None:
    """Bring the tables up to this version, all or nothing.

    Raises:
        StartRefused: a newer version wrote this journal, or it is no journal.
        JournalError: the file cannot be written.
    """
    found = revision(store)
    if found == HEAD:
        return
    if found not in _known():
        raise _newer(store.path, found)
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = store.connection
    with store.transaction():
        try:
            command.upgrade(config, "head")
        except DBAPIError as error:
            raise failure(store.path, error) from error


def _newer(path: Path, found: str | None) -> StartRefused:
    return StartRefused(
        f"journal {path}: written by a newer hedgebot (schema {found}, this one knows up to "
        f"{HEAD}): update hedgebot, or name another journal in the settings"
    )


def _known() -> set[str | None]:
    """Every migration of this version, and None for a new file."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic_config())
    return {None, *(script.revision for script in scripts.walk_revisions())}


def alembic_config() -> "Config":
    """Alembic's view of the migrations in this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", f"{__package__}:migrations")
    return config
