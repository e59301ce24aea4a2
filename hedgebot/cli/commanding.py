"""`status` and the commands: to the running daemon, or into the journal for the next one."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from hedgebot.bootstrap.book import control_path, load_settings
from hedgebot.cli.options import duration_ms
from hedgebot.cli.said import (
    FAILED,
    complain,
    marked,
    moment,
    say,
    say_hedge,
    say_json,
    say_rows,
    user_errors,
)
from hedgebot.domain.events import CommandKind
from hedgebot.shell.control_client import NobodyListens, ask
from hedgebot.shell.wire import Reply, Request


def command(
    config: Path, kind: str, *, asset: str | None, reason: str, lasts: str | None, json: bool
) -> None:
    """Send a trading state."""
    for_ms = duration_ms(lasts) if lasts else None
    request = _request(ask=CommandKind(kind), asset=asset, reason=reason, for_ms=for_ms)
    _tell(config, request, json=json)


def holdings_set(config: Path, label: str, qty: str, *, json: bool) -> None:
    """Send a holding."""
    try:
        coins = Decimal(qty)
    except InvalidOperation:
        raise typer.BadParameter(f"{qty!r} is not a number of coins") from None
    _tell(config, _request(ask=CommandKind.HOLDINGS_SET, label=label, qty=coins), json=json)


def status(config: Path, *, json: bool) -> None:
    """Show how the running daemon stands."""
    with user_errors():
        settings = load_settings(config)
        try:
            reply = ask(control_path(settings), Request(ask="status"))
        except NobodyListens as nobody:
            complain(str(nobody))
            raise typer.Exit(FAILED) from None
    found = reply.status
    if found is None:
        complain(reply.text)
        raise typer.Exit(FAILED)
    if json:
        say_json(found)
    else:
        _show(found)


def _request(**fields: object) -> Request:
    try:
        return Request.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise typer.BadParameter(f"{where}: {first['msg']}") from None


def _tell(config: Path, request: Request, *, json: bool) -> None:
    with user_errors():
        settings = load_settings(config)
        try:
            reply = ask(control_path(settings), request)
        except NobodyListens:
            from hedgebot.bootstrap.commands import keep_command

            reply = keep_command(settings, request)
    _show_reply(reply, json=json)


def _show_reply(reply: Reply, *, json: bool) -> None:
    until = "" if reply.until_ms is None else f"; it lasts until {moment(reply.until_ms)} UTC"
    text = marked(f"{reply.text}{until}", dry_run=reply.dry_run)
    if json:
        say_json(reply.model_dump(exclude_none=True))
    elif reply.accepted:
        say(text)
    else:
        complain(text)
    if not reply.accepted:
        raise typer.Exit(FAILED)


def _show(found: dict[str, Any]) -> None:
    dry_run = found["dry_run"]
    mode = "dry-run" if dry_run else "live"
    say(f"book {found['book']}, {mode}, epoch {found['epoch']}, {moment(found['now_ms'])} UTC")
    for key, text in found["alerts"].items():
        say(marked(f"alert {key}: {text}", dry_run=dry_run))
    streams = [
        {"venue": name, "channel": channel, **feed}
        for name, venue in found["venues"].items()
        for channel, feed in venue["feeds"].items()
        if feed["epoch"]
    ]
    say_rows(marked("streams", dry_run=dry_run), streams)
    if found["open_orders"]:
        say_rows(marked("open orders", dry_run=dry_run), found["open_orders"])
    for hedge in found["hedges"]:
        say_hedge(hedge, dry_run=dry_run)
