"""Where a series is kept: a whole file under its name, and what came so far beside it.

A part is written under another name and renamed: it is whole or absent, whatever dies. Parts end
in `.part` and lie in `.partial`, so nothing reads them as history.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from hedgebot.errors import HedgebotError
from hedgebot.research.writing import write_table

PARTIAL = ".partial"
DATE = pl.Datetime("ms", "UTC")
NUMBER = pl.Float64()
PRICE_BARS = pl.Schema(
    {"date": DATE, "open": NUMBER, "high": NUMBER, "low": NUMBER, "close": NUMBER}
)
"""Of mark and index: nothing is traded at them."""
TRADE_BARS = pl.Schema({**PRICE_BARS, "volume": NUMBER})
FUNDING = pl.Schema({"date": DATE, "funding_rate": NUMBER, "mark_price": NUMBER})


class ShelfError(HedgebotError):
    """A file of the folder cannot be read, written or gone on with."""


class Shelf:
    """One series of a folder."""

    def __init__(
        self, folder: Path, name: str, schema: pl.Schema, *, derived: frozenset[str] = frozenset()
    ) -> None:
        """A name's last word, its interval, may change; parts go without it.

        Args:
            folder: of all series.
            name: of the file, without its suffix.
            schema: columns and their types; the first is the time.
            derived: columns that are computed anew whenever the file is written.
        """
        self.folder = folder
        self.name = name
        self.schema = schema
        self.derived = derived
        self.parts = folder / PARTIAL / (name.rpartition("_")[0] if derived else name)

    @property
    def path(self) -> Path:
        """The whole file."""
        return self.folder / f"{self.name}.parquet"

    def known(self) -> pl.DataFrame:
        """All rows so far, by time.

        Raises:
            ShelfError: the whole file is not one of ours, or contradicts what came after it.
        """
        frames = [self._whole()] if self.path.exists() else []
        for path in sorted(self.parts.glob("*.part")):
            try:
                frames.append(pl.read_parquet(path).cast(self.schema))
            except (pl.exceptions.PolarsError, OSError):
                path.unlink()  # a part that a dying machine broke is asked for again
        rows = pl.concat([pl.DataFrame(schema=self.schema), *frames]).unique().sort("date")
        if torn := rows.filter(rows["date"].is_duplicated()).height:
            raise ShelfError(
                f"{self.path.name}: {torn} rows differ from what was downloaded before: another "
                "network's? Take the file away, or download into another folder"
            )
        return rows

    def _whole(self) -> pl.DataFrame:
        try:
            frame = pl.read_parquet(self.path)
            if set(frame.columns) - self.derived != set(self.schema):
                raise ShelfError(
                    f"{self.path}: has the columns {', '.join(frame.columns)}: it was not written "
                    "by a download; take it away, or download into another folder"
                )
            frame = frame.select(list(self.schema)).cast(self.schema)
        except (pl.exceptions.PolarsError, OSError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ShelfError(f"{self.path}: cannot be read ({reason}): take it away") from error
        if not frame["date"].is_sorted() or frame["date"].is_duplicated().any():
            raise ShelfError(f"{self.path}: its rows are not in order: take it away")
        return frame

    def keep(self, rows: Sequence[Sequence[float]]) -> None:
        """Write what came, so that it is not asked for again."""
        if rows:
            frame = self.table(rows)
            first = int(frame["date"].dt.epoch("ms")[0])
            write_table(frame, self.parts / f"{first}.part")

    def table(self, rows: Sequence[Sequence[float]]) -> pl.DataFrame:
        """Rows in the form of the file; times in ms."""
        names = list(self.schema)
        columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
        times = pl.Series("date", columns["date"], dtype=pl.Int64).cast(DATE)
        table = pl.DataFrame(columns | {"date": times}, schema_overrides=self.schema)
        return table.fill_nan(None)

    def finish(self, rows: pl.DataFrame) -> None:
        """Put all rows under the name, at once, and clear the parts away."""
        write_table(rows, self.path)
        self.clear()

    def clear(self) -> None:
        """Take the parts away."""
        if self.parts.exists():
            for path in self.parts.iterdir():
                path.unlink()
            self.parts.rmdir()

    def rename(self, name: str) -> None:
        """Go on under another name."""
        old, self.name = self.path, name
        if old.exists() and old != self.path:
            old.replace(self.path)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the only download into a folder, which is made where it is absent.

    Raises:
        ShelfError: another one is at work there, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ShelfError(f"{folder}: cannot be made: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise ShelfError(f"{folder}: another download writes there; wait for it") from error
    try:
        yield
    finally:
        partial = folder / PARTIAL
        if partial.is_dir() and not any(partial.iterdir()):
            partial.rmdir()
        os.close(handle)
