"""Reading: decoded rows of one book, each error naming its table, row and mend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, RowMapping, Table, select, type_coerce
from sqlalchemy.types import NullType

from hedgebot.adapters.journal.codec import values
from hedgebot.adapters.journal.store import RESTORE, Store
from hedgebot.errors import JournalCorrupt


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one book."""

    store: Store
    book_id: str

    def find(
        self, table: Table, *where: ColumnElement[bool], limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Rows in the order of their key; with a limit the newest ones, newest first.

        Raises:
            JournalCorrupt: a cell is not what its column must hold.
            JournalError: the file cannot be read.
        """
        columns = tuple(table.c)
        for cells in self._cells(columns, table, where, limit):
            yield self._decoded(table, columns, cells)

    def column(self, column: Column[Any], *where: ColumnElement[bool]) -> Iterator[Any]:
        """One column of the rows found: for long tables."""
        columns = tuple(dict.fromkeys((*_key(column.table), column)))
        for cells in self._cells(columns, column.table, where, None):
            yield self._decoded(column.table, columns, cells)[column.name]

    def _cells(
        self,
        columns: tuple[Column[Any], ...],
        table: Table,
        where: tuple[ColumnElement[bool], ...],
        limit: int | None,
    ) -> Sequence[RowMapping]:
        # Cells come as they lie in the file: a conversion that fails must know its row.
        raw = [type_coerce(column, NullType()).label(column.name) for column in columns]
        order = [column.desc() if limit is not None else column for column in _key(table)]
        query = select(*raw).where(table.c.book_id == self.book_id, *where).order_by(*order)
        with self.store.told():
            return self.store.connection.execute(query.limit(limit)).mappings().all()

    def _decoded(
        self, table: Table, columns: tuple[Column[Any], ...], cells: RowMapping
    ) -> dict[str, Any]:
        try:
            return values(columns, cells)
        except ValueError as error:
            row = " AND ".join(f"{column.name} = {cells[column.name]!r}" for column in _key(table))
            raise self.corrupt(f"{table.name}, row {row}: {error}") from error

    def corrupt(self, what: str) -> JournalCorrupt:
        """A row of this book that cannot be believed."""
        return JournalCorrupt(
            f"journal {self.store.path}: table {what}: {RESTORE}; "
            "or delete that row if you know what it said"
        )


def _key(table: Table) -> tuple[Column[Any], ...]:
    return tuple(column for column in table.primary_key if column.name != "book_id")
