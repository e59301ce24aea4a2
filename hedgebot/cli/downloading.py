"""`download`: history into files, with a bar for each series, or a line where nobody watches."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from hedgebot.adapters.binance.options import Network
from hedgebot.adapters.binance.past import Span
from hedgebot.cli.said import complain, say, say_json, user_errors
from hedgebot.research.download import (
    BadWish,
    Download,
    Report,
    download,
    wanted_of,
)
from hedgebot.research.history.findings import stamp
from hedgebot.research.times import time_ms_of

GAPS_SAID = 10
"""Of one series, for people; `--json` has them all."""
INTERRUPTED = 130
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Bars:
    """Progress on standard error, where it is a terminal; what must be known, everywhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = TaskID(0)
        self._begin_ms = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin(self, name: str, span: Span) -> None:
        self._begin_ms = span.begin_ms
        self._task = self._progress.add_task(name, total=span.end_ms - span.begin_ms)

    def reached(self, at_ms: int) -> None:
        self._progress.update(self._task, completed=at_ms - self._begin_ms)

    def say(self, text: str) -> None:
        complain(text)


def run(
    symbols: list[str], *, folder: Path, since: str, until: str | None, interval: str,
    network: str, rest_url: str | None, json: bool,
) -> None:  # fmt: skip
    """Download until it is whole.

    Raises:
        typer.Exit: 2 for what cannot be done, 130 for an interrupt.
    """
    with user_errors():
        wanted = wanted_of(symbols, interval)
        plan = Download(
            wanted=wanted,
            folder=folder,
            begin_ms=time_ms_of(since),
            end_ms=None if until is None else time_ms_of(until),
            network=network_of(network, rest_url),
            rest_url=rest_url,
        )
        if plan.end_ms is not None and plan.end_ms <= plan.begin_ms:
            raise BadWish("--until is not after --since")
        try:
            with Bars() as bars:
                reports = asyncio.run(download(plan, bars))
        except KeyboardInterrupt:
            complain("interrupted: the same command goes on where it stopped")
            raise typer.Exit(INTERRUPTED) from None
    if json:
        say_json([asdict(report) for report in reports])
        return
    for report in reports:
        for line in lines_of(report):
            say(line)


def network_of(name: str, rest_url: str | None) -> Network:
    """A server of this machine is the local network.

    Raises:
        BadWish: it is none, or `local` without a server.
    """
    if name not in set(Network):
        raise BadWish(f"--network {name}: write one of {', '.join(Network)}")
    network = Network(name)
    if rest_url is not None:
        parts = urlsplit(rest_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadWish(f"--rest-url {rest_url}: write http://127.0.0.1:8080")
        return Network.LOCAL if parts.hostname in LOOPBACK else network
    if network is Network.LOCAL:
        raise BadWish("--network local needs --rest-url: what `hedgebot sim binance` prints")
    return network


def lines_of(report: Report) -> list[str]:
    """What a file holds now, and what the venue does not have of it."""
    if report.first_ms is None or report.last_ms is None:
        return [f"{report.name}: the venue has none of that time; nothing is written"]
    span = f"{stamp(report.first_ms)} to {stamp(report.last_ms)}"
    head = f"{report.name}: {report.rows:,} rows, {report.added:,} new, {span}"
    told = [f"  gap: {gap}" for gap in report.gaps[:GAPS_SAID]]
    if more := len(report.gaps) - GAPS_SAID:
        told += [f"  {more} more gaps"] if more > 0 else []
    return [head, *told]
