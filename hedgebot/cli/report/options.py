"""The options of `report`; `command`, which does it, is imported when it is asked for."""

from pathlib import Path
from typing import Annotated

import typer

from hedgebot.cli.options import Config, Json


def report(
    *,
    config: Config,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="7d, 24h, or a time, UTC: 2026-11-01T12:00.")
    ] = "7d",
    html: Annotated[Path | None, typer.Option(help="Write a page there.")] = None,
    json: Json = False,
    send: Annotated[
        bool,
        typer.Option("--send", help="Give the digest to alerts.urls. Exit 1: one took it not."),
    ] = False,
) -> None:
    """What hedging cost and how well it stood, from the journal: a digest, JSON, a page."""
    from hedgebot.cli.report import command

    command.run(config, since=since, html=html, json=json, send=send)
