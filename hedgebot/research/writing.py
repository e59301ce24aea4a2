"""Files that are whole or absent, whatever dies in between."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl

from hedgebot.errors import HedgebotError


class NotWritten(HedgebotError):
    """A file could not be written; nothing of it is left."""


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside the wanted one, then give it its name.

    Raises:
        NotWritten: the disk is full, or the folder may not be written.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(new)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
        _sync_folder(path.parent)
    except (pl.exceptions.PolarsError, OSError) as error:
        with suppress(OSError):
            new.unlink()
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise NotWritten(f"{path}: cannot be written: {reason}") from error


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table as Parquet.

    Raises:
        NotWritten: it could not be.
    """
    write_whole(path, lambda new: table.write_parquet(new, compression="zstd"))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
