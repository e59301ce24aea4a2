"""`report`: what a journal tells of a time, as a digest, as JSON, as a page."""

from pathlib import Path

import typer

from hedgebot.adapters.journal import reading
from hedgebot.adapters.journal.period import Period, period
from hedgebot.bootstrap.alerting import send_report
from hedgebot.bootstrap.book import control_path, load_settings
from hedgebot.bootstrap.outside import make_clock, place_of
from hedgebot.cli.alerting import told_who
from hedgebot.cli.backtesting import whole
from hedgebot.cli.options import duration_ms
from hedgebot.cli.report.digest import digest
from hedgebot.cli.report.metrics import Line, told_of
from hedgebot.cli.report.page import page
from hedgebot.cli.said import USAGE, complain, moment, say, say_json, user_errors
from hedgebot.research.times import BadTime, time_ms_of
from hedgebot.settings import Settings
from hedgebot.shell.control_client import NoAnswer, NobodyListens, ask
from hedgebot.shell.wire import Request


def run(config: Path, *, since: str, html: Path | None, json: bool, send: bool) -> None:
    """Read, tell, write, send.

    Raises:
        typer.Exit: 2 where the journal cannot be read or the page cannot be written; 1 where an
            address did not take the digest, or there is none.
        typer.BadParameter: `since` is no time, or none that has been.
    """
    window = window_of(since, make_clock().now_ms())
    with user_errors():
        settings = load_settings(config)
        running = _runs(settings)
        with reading.reading(place_of(settings)) as rows:
            found = period(rows, window, running=running)
    told = _told(settings, found, running=running)
    if html is not None:
        _write(html, page(told, found))
    if json:
        say_json(told)
    else:
        for line in digest(told):
            say(line)
    if send:
        with user_errors():
            told_who(send_report(settings, "\n".join(digest(told))))


def window_of(since: str, now_ms: int) -> tuple[int, int]:
    """From that long ago, or from that time, to now.

    Raises:
        typer.BadParameter: it is neither, or not in the past.
    """
    since_ms = _since_ms(since.strip(), now_ms)
    if not 0 <= since_ms < now_ms:
        when = "before 1970" if since_ms < 0 else "not in the past"
        raise typer.BadParameter(f"--since {since}: that is {when}; it is {moment(now_ms)} UTC")
    return since_ms, now_ms


def _since_ms(since: str, now_ms: int) -> int:
    try:
        return now_ms - duration_ms(since)
    except typer.BadParameter:
        pass
    try:
        return time_ms_of(since)
    except (BadTime, OverflowError):
        raise typer.BadParameter(
            f"--since {since!r}: write 7d, 24h or 90m, or a time, UTC: 2026-11-01T12:00"
        ) from None


def _runs(settings: Settings) -> bool:
    """Whether a daemon of this very book runs: a dry run may lie in the same journal."""
    try:
        reply = ask(control_path(settings), Request(ask="status"))
    except NobodyListens:
        return False
    except NoAnswer:
        return True
    return reply.dry_run == settings.dry_run


def _told(settings: Settings, found: Period, *, running: bool) -> Line:
    head = {"book": settings.name, "dry_run": settings.dry_run, "running": running}
    return head | told_of(found, dry_run=settings.dry_run)


def _write(path: Path, text: str) -> None:
    """Whole, or not at all.

    Raises:
        typer.Exit: 2, it could not be written.
    """
    try:
        with whole(path) as file:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        complain(f"{path}: cannot be written: {error.strerror}")
        raise typer.Exit(USAGE) from None
