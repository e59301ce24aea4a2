"""Records to cells and cells to values, compiled once from the tables.

SQLAlchemy's own execution costs several times what SQLite does for such rows, so statements
and type conversions are taken from it once and the driver is fed directly.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from operator import attrgetter
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, Text, func, literal_column, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator

from hedgebot.adapters.journal import tables
from hedgebot.adapters.journal.columns import OrderIdText
from hedgebot.adapters.journal.shapes import SHAPES, Repeat, Shape
from hedgebot.domain.records import Record

DIALECT = sqlite.dialect(paramstyle="named")

Encode = Callable[[Any], object]
Decode = Callable[[Any], Any]
Redact = Callable[[str], str]


def encodable(text: str) -> str:
    """The text, with what UTF-8 cannot carry (half a surrogate pair, from JSON) replaced."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class Codec:
    """One kind of record as rows of its table."""

    def __init__(self, shape: Shape, redact: Redact) -> None:
        self.shape = shape
        self.insert = _insert(shape)
        self._account_of = attrgetter(shape.owner) if shape.owner else None
        self._cells = tuple(
            (name, attrgetter(path), _encoder(shape.table.c[name], redact))
            for name, path in shape.paths.items()
        )

    def row(self, record: Record, book: str, accounts: Mapping[str, str]) -> dict[str, object]:
        """The record's cells, by column.

        Raises:
            TypeError, ValueError: a value that its column refuses; the text names the column.
        """
        row: dict[str, object] = {"book_id": book, "account_id": "", **self.shape.fixed}
        if self._account_of and (owner := self._account_of(record)):
            row["account_id"] = accounts[owner.partition(":")[0]]
        name = ""
        try:
            for name, get, encode in self._cells:
                value = get(record)
                row[name] = value if encode is None else encode(value)
        except ValueError as error:
            raise ValueError(f"{self.shape.table}.{name}: {error}") from error
        return row


def _encoder(column: Column[Any], redact: Redact) -> Encode | None:
    """The conversion of one cell; None: the driver takes it as it is."""
    if isinstance(column.type, TypeDecorator):
        return partial(column.type.process_bind_param, dialect=DIALECT)
    if isinstance(column.type, Text):
        return lambda text: None if text is None else redact(encodable(text))
    return None


@cache
def decoder(column: Column[Any]) -> Decode:
    """The conversion of one cell.

    It raises ValueError for a cell that is not what it must be: SQLite keeps any type anywhere.
    """
    convert = _converter(column)

    def decode(cell: Any) -> Any:
        if cell is not None:
            return convert(cell)
        if not column.nullable:
            raise ValueError("missing")
        return None

    return decode


def _converter(column: Column[Any]) -> Decode:
    if isinstance(column.type, TypeDecorator):
        process = column.type.result_processor(DIALECT, None)
        assert process is not None
        return process
    match column.type:
        case Text():
            return _expect(str)
        case Boolean():
            return _flag
        case Float():
            return _expect(float)
        case Integer():  # BigInteger is one too
            return _expect(int)
    raise AssertionError(f"no conversion for {column!r}")


def _expect(kind: type) -> Decode:
    def check(cell: Any) -> Any:
        if type(cell) is not kind:
            raise ValueError(f"{cell!r} is not {kind.__name__}")
        return cell

    return check


def _flag(cell: Any) -> bool:
    if cell not in (0, 1):
        raise ValueError(f"{cell!r} is neither 0 nor 1")
    return bool(cell)


def _insert(shape: Shape) -> str:
    names = ["book_id", "account_id", *shape.fixed, *shape.paths]
    statement = sqlite.insert(shape.table)
    if shape.table is tables.order_moves:
        # A move names its order only; the account is the intent's.
        names.remove("account_id")
        statement = statement.values(account_id=_account_of_order())
    if shape.repeat is Repeat.IGNORED:
        statement = statement.on_conflict_do_nothing()
    if shape.repeat is Repeat.REPLACES:
        key = [column.name for column in shape.table.primary_key]
        statement = statement.on_conflict_do_update(
            index_elements=key,
            set_={name: statement.excluded[name] for name in names if name not in key},
        )
    return str(statement.compile(dialect=DIALECT, column_keys=names))


def _account_of_order() -> Any:
    intents = tables.intents
    account = select(intents.c.account_id).where(
        intents.c.book_id == literal_column(":book_id", Text),
        intents.c.order_id == literal_column(":order_id", OrderIdText),
    )
    return func.coalesce(account.scalar_subquery(), literal_column("''"))


def codecs(redact: Redact) -> dict[type[Record], Codec]:
    """One for each kind of record."""
    return {kind: Codec(shape, redact) for kind, shape in SHAPES.items()}


def values(columns: Iterable[Column[Any]], cells: Mapping[Any, Any]) -> dict[str, Any]:
    """A row's cells, decoded, by column.

    Raises:
        ValueError: a cell is not what its column holds; the text names the column.
    """
    decoded = {}
    for column in columns:
        try:
            decoded[column.name] = decoder(column)(cells[column.name])
        except ValueError as error:
            raise ValueError(f"{column.name}: {error}") from error
    return decoded
