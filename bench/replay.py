"""A year of recorded minutes through the decision: every price fed, quiet ones passed over, report.

python -m bench.replay [--days 10] [--folder ../shared/data/bitmex_inverse_1m_2018_06]

An inverse hedge with some 260 deposits and withdrawals a year; two prices a bar; BitMEX's funding
of that year is not recorded, so none is paid. Beside it the floor: a loop that compares each price
with two bounds. Seconds are of the processor, and those on the clock, which other work slows.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hedgebot.core.policy import Optimal, Policy
from hedgebot.research.backtest import Flow, How, Options, Result, flows_of, run
from hedgebot.research.history import History, read_history
from hedgebot.research.reporting.backtest import html_of
from hedgebot.settings import load

YEAR = Path(__file__).resolve().parents[2] / "shared" / "data" / "bitmex_inverse_1m_2018_06"
CONFIG = Path(__file__).resolve().parents[1] / "config" / "synthetic-dollar.toml"
FLOWS = "poisson:per_day=0.72,median=0.1,seed=3"
DAY_MS = 86_400_000
GOAL = 150_000
SECONDS_MAX, MB_MAX = 15.0, 500.0


def flows(history: History) -> tuple[Flow, ...]:
    (series,) = history.series.values()
    times = series.table["at_ms"]
    found = flows_of(FLOWS, "BTC", int(times[0]), int(times[-1]))
    return tuple(replace(each, how=How.TRANSFER) for each in found)


class Took(NamedTuple):
    """Seconds of the processor, and on the clock."""

    worked: float
    passed: float


def since(begin: Took) -> Took:
    return Took(time.process_time() - begin.worked, time.perf_counter() - begin.passed)


def now() -> Took:
    return since(Took(0.0, 0.0))


def timed(act: Callable[[], Result]) -> tuple[Result, Took]:
    begin = now()
    found = act()
    return found, since(begin)


def row(name: str, bars: float, took: Took) -> None:
    print(
        f"| {name} | {bars:,.0f} | {took.worked:.2f} | {took.passed:.2f} "
        f"| {bars / took.worked:,.0f} |"
    )


def floor(found: Result) -> Took:
    """A bare loop over the same prices."""
    prices = found.played.tape.mark[0].tolist()
    begin = now()
    breaches = 0
    for price in prices:
        if price < 0.0 or price > 1e9:
            breaches += 1
    assert not breaches
    return since(begin)


def measure(folder: Path, days: int) -> None:
    policy: Policy = load(CONFIG, environ={}).policy()
    history = read_history(folder)
    coming = flows(history)
    (series,) = history.series.values()
    short = Options(funding_missing=True, to_ms=int(series.table["at_ms"][0]) + days * DAY_MS)
    print(f"{platform.machine()}, Python {platform.python_version()}; one run each")
    print("| what | bars | processor, s | clock, s | bars a second of it |\n|---|---|---|---|---|")
    whole, took = timed(lambda: run(policy, history, coming, replace(short, everything=True)))
    row("every price fed to the decision", len(whole.played.tape.times) / 2, took)
    year = Options(funding_missing=True)
    _, took = timed(lambda: run(policy, history, coming, year))
    row("quiet ones passed over, first run of the process", series.table.height, took)
    found, took = timed(lambda: run(policy, history, coming, year))
    row("quiet ones passed over", series.table.height, took)
    computed = replace(policy, hedges=tuple(
        replace(each, optimal=Optimal(moves_min=3, learn_ms=0)) for each in policy.hedges
    ))  # fmt: skip
    run(computed, history, coming, short)  # compiles the search for a band
    whole, learning = timed(lambda: run(computed, history, coming, replace(short, to_ms=None)))
    row("a computed band: quiet ones passed over", series.table.height, learning)
    row("a loop that compares (floor)", series.table.height, floor(found))
    orders = len(found.played.diary.intents)
    print(
        f"{found.played.heard:,} of {len(found.played.tape.times):,} moments fed, {orders} orders"
    )
    print(f"{whole.played.heard:,} where the band is computed")
    for kind, found_in in (("fixed", took), ("computed", learning)):
        held = series.table.height / found_in.worked >= GOAL
        print(f"goal of {GOAL:,}, a {kind} band: {'held' if held else 'MISSED'}")


def peak_mb() -> float:
    """Of this process alone: what `getrusage` tells begins with the memory of its parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(each for each in lines if each.startswith("VmHWM")).split()[1]) / 1024


def year(folder: Path) -> None:
    """In a process of its own: the year, its summary and its page."""
    begin = now()
    history = read_history(folder)
    coming = flows(history)
    policy = load(CONFIG, environ={}).policy()
    found = run(policy, history, coming, Options(funding_missing=True))
    del history
    summary, page = found.summary(), html_of(found)
    with tempfile.NamedTemporaryFile(suffix=".html") as file:
        file.write(page.encode())
    took = since(begin)
    peak = peak_mb()
    assert summary["total"]["unexplained_usd"] == "0"
    held = took.worked < SECONDS_MAX and peak < MB_MAX
    print(f"the year with its report, {len(page) / 1000:.0f} kB, after imports:")
    print(f"{took.worked:.1f} s of the processor, {took.passed:.1f} s on the clock, {peak:.0f} MB")
    print(f"goal of {SECONDS_MAX:.0f} s and {MB_MAX:.0f} MB: {'held' if held else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=10, help="fed whole")
    parser.add_argument("--folder", type=Path, default=YEAR)
    parser.add_argument("--year", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.year:
        year(asked.folder)
        return
    measure(asked.folder, asked.days)
    again = [sys.executable, "-m", "bench.replay", "--year", "--folder", str(asked.folder)]
    subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
