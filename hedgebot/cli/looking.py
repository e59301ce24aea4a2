"""`plan`, `check`, `schema`: look, and send nothing."""

from pathlib import Path

import typer

from hedgebot import settings as book_settings
from hedgebot.bootstrap import looking
from hedgebot.bootstrap.book import load_settings
from hedgebot.cli.said import (
    FAILED,
    complain,
    marked,
    say,
    say_hedge,
    say_json,
    say_rows,
    user_errors,
)
from hedgebot.ports import Finding, Standing


def plan(config: Path, *, json: bool) -> None:
    """Print what would be done now."""
    with user_errors():
        settings = load_settings(config)
        rows = looking.plan(settings)
    if json:
        say_json([{"dry_run": settings.dry_run, **row} for row in rows])
        return
    for row in rows:
        say_hedge(row, dry_run=settings.dry_run)
        if not row["orders"]:
            say(marked("no order to send", dry_run=settings.dry_run))


def check(config: Path, *, json: bool) -> None:
    """Print every row of the check.

    Raises:
        typer.Exit: 1 where a row failed.
    """
    with user_errors():
        settings = load_settings(config)
        found = looking.check(settings)
    if json:
        say_json([{"dry_run": settings.dry_run, **_line(finding)} for finding in found])
    else:
        title = marked("check", dry_run=settings.dry_run)
        say_rows(title, [_line(finding) for finding in found])
    failed = [finding for finding in found if finding.standing is Standing.FAILED]
    if failed:
        complain(f"{len(failed)} of {len(found)} rows failed: mend them before you run it")
        raise typer.Exit(FAILED)
    if not json:
        judged = [finding for finding in found if finding.standing is not Standing.OK]
        left = f"; {len(judged)} are for you to judge, by their mends" if judged else ""
        say(f"no row failed{left}")


def schema() -> None:
    """Print the JSON schema of a settings file."""
    say_json(book_settings.schema())


def _line(finding: Finding) -> dict[str, str]:
    return {
        "venue": finding.venue,
        "name": finding.name,
        "standing": str(finding.standing),
        "found": finding.found,
        "mend": finding.mend,
    }
