"""The differential tests at full length, over every recorded series of prices.

    make differential

Kernel against `step`: each series as `hedgebot sweep` reads it, with its funding where it is
recorded, by each of RULES. The backtest with quiet prices passed over against the one that hears
every price: each book of `recorded.CASES`, from the first price to the last.

What was found lies in `var/differential/`, named for the source that was tried: the same command
goes on where it stopped, and begins anew once the source is another. Exit code 1 where anything
differs.
"""

import argparse
import json
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from hedgebot.research.history import History, read_history
from hedgebot.research.history.names import NAME
from hedgebot.research.sweep.grid import Fixed, Grid
from hedgebot.research.sweep.running import Sweep, world_from
from tests.research.backtest.both_ways import both_ways
from tests.research.backtest.recorded import CASES
from tests.research.by_step import HOLDINGS, RULES, Rules, held_together
from tests.research.shared_folder import FOLDER
from tests.simulation.fingerprint import fingerprint

OUT = Path("var/differential")
NO_PRICES = {"deribit_chains_2026_q1", "recorded_messages", "ticks_binance_20240808"}
LONG = 200_000
"""Bars beyond which a series is played by the first rules only: it takes a minute or two a rule."""
FLOW = "ou:deviation=0.2,days=1,seed=5"


class Found(NamedTuple):
    """What a comparison came to."""

    bars: int
    orders: int


class Trial(NamedTuple):
    """Something to compare."""

    kind: str
    name: str
    compare: Callable[[], Found]


def of_series(folder: Path, name: str, funding: str, rules: Rules) -> Found:
    grid = Grid(
        series=name, funding=funding, flow=(FLOW,), holdings=float(HOLDINGS),
        fixed=(Fixed(width=(1.0,)),),
    )  # fmt: skip
    world = world_from(grid, read_history(folder), Sweep(grid=folder, history=folder, out=folder))
    return Found(len(world.gross), held_together(world, rules))


def of_case(case: Any) -> Found:
    whole = both_ways(replace(case, days=(0, 10_000)))
    return Found(len(whole.played.tape.times) // 2, len(whole.played.diary.intents))


def funding_of(history: History, name: str) -> str:
    """The series of settlements that belongs to bars, where there is one."""
    table = history.series[name].table
    if "funding_rate" in table.columns:
        return name if table["funding_rate"].count() else ""
    said = NAME.match(name)
    own = [
        other
        for other, series in history.series.items()
        if "funding_rate" in series.table.columns
        and said
        and (match := NAME.match(other))
        and match["symbol"] == said["symbol"]
    ]
    return own[0] if len(own) == 1 else ""


def trials() -> Iterator[Trial]:
    """The first rule on every series, then the books, then the other rules."""
    folders = [each for each in sorted(FOLDER.iterdir()) if each.is_dir()]
    readable = [(each, read_history(each)) for each in folders if each.name not in NO_PRICES]
    series = [
        (folder, name, funding_of(history, name), each.table.height)
        for folder, history in readable
        for name, each in history.series.items()
        if "close" in each.table.columns
    ]
    first, *others = ("uneven", *(each for each in RULES if each != "uneven"))

    def by(rule: str, bars_max: int) -> Iterator[Trial]:
        for folder, name, funding, bars in series:
            if bars <= bars_max:
                compare = partial(of_series, folder, name, funding, RULES[rule])
                yield Trial("kernel, step", f"{folder.name}/{name}, {rule}", compare)

    yield from by(first, 10**9)
    for case in CASES:
        yield Trial("quiet, everything", case.name, partial(of_case, case))
    for rule in others:
        yield from by(rule, LONG)


def tried(trial: Trial) -> dict[str, Any]:
    begin = time.process_time()
    try:
        found, apart = trial.compare(), ""
    except AssertionError:
        found, apart = Found(0, 0), traceback.format_exc(limit=-3)
    seconds = round(time.process_time() - begin, 1)
    return {"kind": trial.kind, "name": trial.name, **found._asdict(), "s": seconds, "apart": apart}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="trials whose kind and name have this")
    asked = parser.parse_args()
    if not FOLDER.exists():
        print("real data is not beside this checkout: nothing to compare")
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{fingerprint()}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(row["kind"], row["name"]) for row in rows}
    for trial in trials():
        named = asked.only in f"{trial.kind}: {trial.name}"
        if not named or (trial.kind, trial.name) in done:
            continue
        rows.append(tried(trial))
        with path.open("a") as file:
            file.write(json.dumps(rows[-1]) + "\n")
        said = "APART" if rows[-1]["apart"] else "alike"
        print(f"{said}  {trial.kind:<18} {trial.name}: {rows[-1]['orders']:,} orders", flush=True)
    return summed(rows)


def summed(rows: list[dict[str, Any]]) -> int:
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}")
    for kind in sorted({row["kind"] for row in rows}):
        own = [row for row in rows if row["kind"] == kind]
        bars, orders, seconds = (sum(row[each] for row in own) for each in (*Found._fields, "s"))
        alike = f"{sum(not row['apart'] for row in own)} of {len(own)} alike"
        print(f"{kind}: {alike}, {bars:,} bars, {orders:,} orders, {seconds:,.0f} s")
    for row in rows:
        if row["apart"]:
            print(f"\n{row['kind']}: {row['name']}\n{row['apart']}")
    return int(any(row["apart"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
