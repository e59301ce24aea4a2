"""`replay --with`: what another policy would have done, beside what the recorded one did."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from hedgebot.adapters.recorder import RecordingError
from hedgebot.adapters.recorder.shelf import SUFFIX
from hedgebot.bootstrap.book import load_settings
from hedgebot.bootstrap.replaying import opened
from hedgebot.cli.said import complain, moment, say, say_json, say_table, user_errors
from hedgebot.research.whatif import compare, stretches, summary

RUNS = ("happened", "recorded", "with")
SHOWN_MAX = 200
"""Differences that people are shown; JSON has all of them."""


def run(files: Sequence[Path], config: Path, *, at: str | None, json: bool) -> None:
    """Play recordings by their own policy and by another.

    Raises:
        typer.Exit: 2 where a file or the settings cannot be read, or not played.
        typer.BadParameter: `--at` was given too.
    """
    if at is not None:
        raise typer.BadParameter("--at and --with do not go together")
    with user_errors():
        policy = load_settings(config).policy()
        sources = [partial(opened, path) for path in found_in(files)]
        with _bar() as bar:
            found = summary([
                compare(each, policy, partial(bar.track, total=each.events, description="playing"))
                for each in stretches(bar.track(sources, description="reading"))
            ])  # fmt: skip
    found = {"config": str(config)} | found
    if json:
        say_json(found)
    else:
        _say(found, config.name)


def _bar() -> Progress:
    """On standard error, where a person looks."""
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def found_in(paths: Sequence[Path]) -> list[Path]:
    """The recordings named, in the order of time; a folder stands for all of its own.

    Raises:
        RecordingError: a folder has none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        own = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not own:
            raise RecordingError(f"{path} has no recordings (*{SUFFIX})")
        found |= dict.fromkeys(own)
    return sorted(found, key=lambda path: path.name)


def _say(found: Mapping[str, Any], config: str) -> None:
    for each in found["stretches"]:
        begun = "-" if each["begun_ms"] is None else moment(each["begun_ms"])
        lasted = span(each["to_ms"] - (each["begun_ms"] or each["to_ms"]))
        say(f"book {found['book']}, {begun} to {moment(each['to_ms'])} UTC, {lasted}")
    for note in found["notes"]:
        complain(note)
    model, decisions = found["model"], found["decisions"]
    real = model["alike"] + model["another_order"] + model["only_first"]
    say(
        f"the model gives {model['alike']} of the {real} recorded orders again"
        + (f", and {model['only_second']} that were not" if model["only_second"] else "")
    )
    say(
        f"{config} beside the recorded policy: {decisions['alike']} orders alike, "
        f"{decisions['another_order']} another order, {decisions['only_first']} only recorded, "
        f"{decisions['only_second']} only {config}"
    )
    _say_differences(found["differences"], config)
    for asset, own in found["hedges"].items():
        rows = [(label, *(cell(own[name]) for name in RUNS)) for label, cell in HEDGE]
        say_table(asset, ("", "happened", "recorded", config), rows)
    say_table("profit and loss, USD", ("", *_columns(config)), list(_money(found)))
    say(f"recorded and {config}: both policies, their orders filled by one model of the venue:")
    for line in found["assumptions"]:
        say(f"- {line}")
    say(
        "what the mark gave one of them more is what the price happened to do: no merit of a policy"
    )


def _columns(config: str) -> tuple[str, ...]:
    return "happened", "recorded", config, "difference"


def _say_differences(rows: Sequence[Mapping[str, Any]], config: str) -> None:
    console = Console(soft_wrap=True, highlight=False)
    width = max(len("recorded"), len(config))
    for row in rows[:SHOWN_MAX]:
        at = datetime.fromtimestamp(row["at_ms"] / 1_000, UTC)
        how = row["how"].replace("only with", f"only {config}")
        say(f"{at:%Y-%m-%d %H:%M:%S}.{row['at_ms'] % 1_000:03}  {row['asset']}, {how}")
        for name, label in (("recorded", "recorded"), ("with", config)):
            style = "cyan" if row[name]["order"] else "default"
            why = row[name]["why"] or f"no hedge of {row['asset']}"
            console.print(f"  {label:<{width}}  [{style}]{escape(why)}[/{style}]")
    if len(rows) > SHOWN_MAX:
        say(f"... and {len(rows) - SHOWN_MAX} more: --json has all of them")


def _share(own: Mapping[str, Any]) -> str:
    share = own["out_of_band_ms"] / own["known_ms"] if own["known_ms"] else 0.0
    return f"{span(own['out_of_band_ms'])} ({share:.1%})"


HEDGE = (
    ("orders", lambda own: str(own["orders"])),
    ("out of its band", _share),
    ("largest deviation, coins", lambda own: f"{own['largest_deviation']:.6g}"),
    ("mean deviation, coins", lambda own: f"{own['mean_deviation']:.6g}"),
    ("deviation at the end, coins", lambda own: f"{own['deviation_at_end']:+.6g}"),
    ("and the cost to end it, USD", lambda own: f"{own['cost_to_end_it_usd']:.2f}"),
)


def _money(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    runs = [found["profit_and_loss"][name] for name in RUNS]
    for part in runs[0]["parts_usd"]:
        values = [Decimal(run["parts_usd"][part]) for run in runs]
        if any(values):
            yield (part, *_cells(values))
    yield ("hedge", *_cells([Decimal(run["hedge_usd"]) for run in runs]))
    yield ("with the coins held", *_cells([Decimal(run["net_usd"]) for run in runs]))
    yield ("turnover", *_cells([Decimal(run["turnover"]) for run in runs]))


def _cells(values: Sequence[Decimal]) -> Iterator[str]:
    """What happened, either policy in the model, and what the other one changes."""
    _, recorded, other = values
    for value in (*values, other - recorded):
        yield f"{value:,.2f}"


def span(lasted_ms: int) -> str:
    """A time as people say it: by its two largest units."""
    seconds = lasted_ms / 1_000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
