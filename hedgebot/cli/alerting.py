"""`alerts test`: whether people would hear."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from hedgebot.bootstrap.alerting import Tried, try_addresses
from hedgebot.bootstrap.book import load_settings
from hedgebot.cli.said import FAILED, complain, say_json, say_rows, user_errors


def test(config: Path, *, json: bool) -> None:
    """Send one alert to each address, and print who took it.

    Raises:
        typer.Exit: 1 where one did not, or where there is none.
    """
    with user_errors():
        settings = load_settings(config)
        tried = try_addresses(settings)
    rows = [{**asdict(each), "dry_run": settings.dry_run} for each in tried]
    if json:
        say_json(rows)
    elif rows:
        say_rows("test alert", rows)
    told_who(tried)


def told_who(tried: Sequence[Tried]) -> None:
    """Complain of who did not take a letter.

    Raises:
        typer.Exit: 1 where one did not, or where there is none.
    """
    if not tried:
        complain("no address is set: give alerts.urls in HEDGEBOT_ALERTS__URLS__0")
        raise typer.Exit(FAILED)
    if failed := [each.address for each in tried if not each.taken]:
        complain(f"not taken by {', '.join(failed)}: see its address, and that it is reached")
        raise typer.Exit(FAILED)
