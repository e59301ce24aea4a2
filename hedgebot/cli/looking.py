"""`plan`, `check`, `schema`: look, and send nothing."""

from pathlib import Path

import typer

from hedgebot import settings as book_settings
from hedgebot.bootstrap import looking
from hedgebot.bootstrap.book import load_settings
from hedgebot.cli.said import FAILED, complain, say_json, say_rows, say_table, user_errors
from hedgebot.ports import Finding, Standing


def plan(config: Path, *, json: bool) -> None:
    """Print what would be done now."""
    with user_errors():
        rows = looking.plan(load_settings(config))
    if json:
        say_json(rows)
        return
    for row in rows:
        orders = row.pop("orders")
        say_table(
            str(row["asset"]), ("", ""), [(name, _text(value)) for name, value in row.items()]
        )
        if isinstance(orders, list):
            say_rows("orders it would send", orders)


def check(config: Path, *, json: bool) -> None:
    """Print every row of the check.

    Raises:
        typer.Exit: 1 where a row failed.
    """
    with user_errors():
        found = looking.check(load_settings(config))
    if json:
        say_json([_line(finding) for finding in found])
    else:
        say_rows("check", [_line(finding) for finding in found])
    failed = [finding for finding in found if finding.standing is Standing.FAILED]
    if failed:
        complain(f"{len(failed)} of {len(found)} rows need a mend")
        raise typer.Exit(FAILED)


def schema() -> None:
    """Print the JSON schema of a settings file."""
    say_json(book_settings.schema())


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    if isinstance(value, list):
        return " .. ".join(str(each) for each in value)
    return str(value)


def _line(finding: Finding) -> dict[str, str]:
    return {
        "venue": finding.venue,
        "name": finding.name,
        "standing": str(finding.standing),
        "found": finding.found,
        "mend": finding.mend,
    }
