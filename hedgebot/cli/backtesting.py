"""`backtest`: plays a history with a settings file, and writes what it came to."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from hedgebot.bootstrap.book import load_settings
from hedgebot.cli.digest import digest
from hedgebot.cli.said import FAILED, USAGE, complain, user_errors

if TYPE_CHECKING:
    from hedgebot.research.backtest import Flow, Options, Result
    from hedgebot.research.history import History

NEEDS = ("numpy", "numba", "polars")
BP = 10_000
ASSUMED: Mapping[str, tuple[int, int]] = {
    "fee_bp": (-10, 1_000),
    "half_spread_bp": (0, 1_000),
    "depth_usd": (1, 10**15),
    "latency_ms": (0, 400),
    "adverse": (0, 100),
    "share": (0, 10**9),
    "hedged": (0, 1),
    "everything": (0, 1),
}
"""What may be assumed otherwise, and between which bounds: an approval lives for 500 ms."""


class Asked(NamedTuple):
    """The command's options."""

    folder: Path
    flows: tuple[str, ...] = ()
    begin: str | None = None
    end: str | None = None
    wallets: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    assume: tuple[str, ...] = ()
    without_funding: bool = False


class Wanted(NamedTuple):
    """What is written."""

    json: Path | None = None
    html: Path | None = None
    png: Path | None = None


def backtest(config: Path, asked: Asked, wanted: Wanted) -> None:
    """Play, say, write.

    Raises:
        typer.Exit: 2 where something is missing or cannot be read; nothing is written then.
    """
    require_research()
    with user_errors():
        settings = load_settings(config)
        result = _played(settings.policy(), asked)
        summary = result.summary()
        files = _files(result, summary, wanted)
    _write(files)
    digest(summary)


def _write(files: Mapping[Path, bytes]) -> None:
    """All of them, or none.

    Raises:
        typer.Exit: 1 where one cannot be written.
    """
    try:
        with ExitStack() as stack:
            for path, body in files.items():
                stack.enter_context(whole(path)).write_bytes(body)
    except OSError as error:
        complain(f"{error.filename}: cannot be written: {error.strerror}")
        raise typer.Exit(FAILED) from None


def _files(result: "Result", summary: dict[str, Any], wanted: Wanted) -> dict[Path, bytes]:
    """Everything that is to be written, made before any of it is."""
    from hedgebot.research.reporting.backtest import html_of, pngs_of

    found: dict[Path, bytes] = {}
    if wanted.json:
        found[wanted.json] = orjson.dumps(summary, option=orjson.OPT_INDENT_2)
    if wanted.html:
        found[wanted.html] = html_of(result).encode()
    if wanted.png:
        found |= {wanted.png / name: body for name, body in pngs_of(result).items()}
    return found


def require_research() -> None:
    """Raises: typer.Exit, where the extra packages are not installed."""
    import importlib.util

    lacks = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if lacks:
        complain(f"this needs {', '.join(lacks)}: pip install -r requirements-research.lock")
        raise typer.Exit(USAGE)


def _played(policy: Any, asked: Asked) -> "Result":
    from hedgebot.research.backtest import run
    from hedgebot.research.history import read_history

    if not asked.folder.is_dir():
        from hedgebot.research.backtest import BacktestRefused

        raise BacktestRefused(f"{asked.folder}: no such folder")
    options = options_of(asked)
    history = read_history(asked.folder)
    flows = _flows(asked, policy.hedges[0].asset, history, options)
    with _bar() as progress:
        return run(policy, history, flows, options, progress=progress)


def options_of(asked: Asked) -> "Options":
    """The options as the backtest takes them.

    Raises:
        typer.BadParameter: one of them is not understood.
    """
    from hedgebot.research.backtest import Frictions, Opening, Options

    told = _assumed(asked.assume)
    usual = Frictions()
    frictions = Frictions(
        latency_ms=int(told.get("latency_ms", usual.latency_ms)),
        adverse=float(told.get("adverse", usual.adverse)),
        half_spread=float(told.get("half_spread_bp", usual.half_spread * BP)) / BP,
        depth_usd=float(told.get("depth_usd", usual.depth_usd)),
        share=float(told.get("share", usual.share)),
        fee=told["fee_bp"] / BP if "fee_bp" in told else None,
    )
    return Options(
        frictions=frictions,
        opening=Opening(wallets=_wallets(asked.wallets), hedged=bool(told.get("hedged"))),
        from_ms=None if asked.begin is None else moment_ms(asked.begin),
        to_ms=None if asked.end is None else moment_ms(asked.end),
        series=dict(_pair(each, "--series ROLE=NAME") for each in asked.series),
        funding_missing=asked.without_funding,
        everything=bool(told.get("everything")),
    )


def _assumed(texts: tuple[str, ...]) -> dict[str, Decimal]:
    """Numbers by name.

    Raises:
        typer.BadParameter: no such name, or no such number.
    """
    found = {}
    for text in texts:
        name, value = _pair(text, "--assume fee_bp=2")
        low, high = ASSUMED.get(name, (1, 0))
        if low > high:
            raise typer.BadParameter(f"{name!r}: there are {', '.join(ASSUMED)}")
        number = _number(text, value)
        if not low <= number <= high:
            raise typer.BadParameter(f"{text!r}: from {low} to {high}")
        found[name] = number
    return found


def _number(text: str, value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise typer.BadParameter(f"{text!r}: {value!r} is no number")
    return number


def moment_ms(text: str) -> int:
    """An ISO date, with its time if it likes; UTC.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: write 2021-05-19 or 2021-05-19T13:00, UTC") from None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _wallets(texts: tuple[str, ...]) -> dict[Any, Decimal]:
    found: dict[Any, Decimal] = {}
    for text in texts:
        place, qty = _pair(text, "--wallet spot:spot/BTC=10")
        wallet, _, asset = place.partition("/")
        held = _number(text, qty)
        if held < 0:
            raise typer.BadParameter(f"{text!r}: no wallet holds less than nothing")
        found[wallet.strip(), asset.strip()] = held
    return found


def _pair(text: str, form: str) -> tuple[str, str]:
    name, sign, value = text.rpartition("=")
    if not sign or not name:
        raise typer.BadParameter(f"{text!r}: write {form}")
    return name.strip(), value.strip()


def _flows(asked: Asked, asset: str, history: "History", options: "Options") -> "tuple[Flow, ...]":
    """Of files, and of models over the window, for the first hedge's asset unless told."""
    from hedgebot.research.backtest import flows_of, read_flows

    bars = [each.table["at_ms"] for each in history.series.values()]
    begin = max(int(each[0]) for each in bars) if options.from_ms is None else options.from_ms
    end = min(int(each[-1]) for each in bars) if options.to_ms is None else options.to_ms
    found: list[Flow] = []
    for told in asked.flows:
        spec, _, own = told.partition("@")
        path = Path(told)
        found += read_flows(path) if path.is_file() else flows_of(spec, own or asset, begin, end)
    return tuple(sorted(found, key=lambda each: each.at_ms))


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, where a person looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("backtest")
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place once it is written, or goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(0o644)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
