"""`run`: the daemon in the foreground; a supervisor keeps it."""

from pathlib import Path

import typer

from hedgebot.bootstrap.book import load_settings
from hedgebot.bootstrap.starting import run_daemon
from hedgebot.cli.said import user_errors


def run(config: Path, *, adopt: bool) -> None:
    """Run until stopped.

    Raises:
        typer.Exit: with the daemon's exit code.
    """
    with user_errors():
        settings = load_settings(config)
        code = run_daemon(settings, adopt=adopt)
    raise typer.Exit(code)
