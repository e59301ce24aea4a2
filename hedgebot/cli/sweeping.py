"""`sweep`: thousands of policies over history, what each costs and what it leaves unhedged."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from hedgebot.cli.said import say, say_json, say_rows, user_errors
from hedgebot.research.sweep.results import named, summary_of
from hedgebot.research.sweep.running import PAGE, TABLE, Player, Steps, Sweep, sweep
from hedgebot.research.times import time_ms_of


def run(
    grid: Path, *, data: Path, out: Path, begin: str | None, end: str | None, jobs: int | None,
    ray: bool, json: bool,
) -> None:  # fmt: skip
    """Play a grid.

    Raises:
        typer.Exit: 2 for a grid, a history or a folder that cannot be used.
    """
    with user_errors():
        plan = Sweep(
            grid=grid, history=data, out=out, threads=jobs or os.cpu_count() or 1,
            begin_ms=None if begin is None else time_ms_of(begin),
            end_ms=None if end is None else time_ms_of(end),
        )  # fmt: skip
        with _cluster(ray=ray) as player, _steps() as steps:
            table = sweep(plan, steps, player)
    best = summary_of(table)
    if json:
        say_json(best.to_dicts())
        return
    say_rows(f"the least score of {table.height:,} policies", [_shown(r) for r in best.to_dicts()])
    say(f"{out / TABLE}\n{out / PAGE}")


def _shown(row: dict[str, Any]) -> dict[str, object]:
    """What fits a terminal of a result."""
    return {
        "fee bp": row["fee_bp"],
        "ratio": row["ratio"],
        "kind": row["kind"],
        "band": named(row),
        "orders": row["orders"],
        "cost USD/year": f"{row['cost_usd_year']:,.0f}",
        "risk USD/day": f"{row['risk_usd_day']:,.0f}",
        "score USD/year": f"{row['score_usd_year']:,.0f}",
    }


def _cluster(*, ray: bool) -> AbstractContextManager[Player | None]:
    if not ray:
        return nullcontext()
    from hedgebot.research.sweep.cluster import on_ray

    return on_ray()


@contextmanager
def _steps() -> Iterator[Steps]:
    """Progress on standard error, where it is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks: list[TaskID] = []
        yield Steps(
            begin=lambda name, count: tasks.append(progress.add_task(name, total=count)),
            done=lambda count: progress.advance(tasks[-1], count),
        )
