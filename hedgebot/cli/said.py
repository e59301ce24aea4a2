"""What people are shown: one clear line a problem, tables, JSON. Never a traceback of theirs."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hedgebot.errors import HedgebotError, SettingsError

USAGE = 2
FAILED = 1
TIME = "time"
"""A column that stays readable on a narrow terminal."""
RANGES = frozenset({"band", "pending"})
"""Lists of a hedge that are two ends."""
PIPED_WIDTH = 1_000
UNTIL = "_until_ms"
"""Ends the name of a moment, which people read as a date."""


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn an error made on purpose into its lines on standard error and exit code 2."""
    try:
        yield
    except SettingsError as error:
        for problem in error.problems:
            complain(str(problem))
        raise typer.Exit(USAGE) from None
    except HedgebotError as error:
        for line in str(error).splitlines():
            complain(line)
        raise typer.Exit(USAGE) from None


def complain(line: str) -> None:
    """One line on standard error."""
    typer.echo(f"hedgebot: {line}", err=True)


def say(line: str) -> None:
    """One line on standard output."""
    typer.echo(line)


def say_json(value: Any) -> None:
    """JSON on standard output."""
    text = orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    typer.echo(text.decode())


def say_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on standard output."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == TIME)
    for row in rows:
        table.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    Console(width=_width()).print(table)


def _width() -> int | None:
    """What is piped is for `grep` and `less -S`: no cell of it is folded."""
    folded = sys.stdout.isatty() or "COLUMNS" in os.environ
    return None if folded else PIPED_WIDTH


def say_rows(title: str, rows: Sequence[Mapping[str, object]]) -> None:
    """A table of rows that have the same keys."""
    if not rows:
        say(f"{title}: none")
        return
    columns = list(rows[0])
    say_table(title, columns, [[row[column] for column in columns] for row in rows])


def marked(text: str, *, dry_run: bool) -> str:
    """The text; of a dry run it says so first."""
    return f"dry-run: {text}" if dry_run else text


def say_hedge(row: Mapping[str, Any], *, dry_run: bool) -> None:
    """One hedge as `plan` and `status` know it, and the orders it would send."""
    shown = {name: value for name, value in row.items() if name != "orders"}
    cells = [(label_of(name), text_of(name, value)) for name, value in shown.items()]
    say_table(marked(str(row["asset"]), dry_run=dry_run), ("", ""), cells)
    if row["orders"]:
        say_rows(marked("orders it would send", dry_run=dry_run), row["orders"])


def moment(at_ms: int) -> str:
    """A time as people read it, UTC."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def label_of(name: str) -> str:
    """The name of a value, as people read it."""
    return name.removesuffix("_ms") if name.endswith(UNTIL) else name


def text_of(name: str, value: object) -> str:
    """A value of a hedge by its name, as people read it."""
    match value:
        case None | []:
            return "-"
        case dict():
            parts = ((label_of(key), text_of(key, each)) for key, each in value.items())
            return ", ".join(f"{label} {text}" for label, text in parts)
        case list():
            separator = " .. " if name in RANGES else "\n"
            return separator.join(text_of("", each) for each in value)
        case int() if name.endswith(UNTIL):
            return f"{moment(value)} UTC"
        case _:
            return str(value)
