"""The table of docs/policies.md, and whether what was promised is held."""

import datetime as dt
import os
import platform
import statistics
from pathlib import Path
from typing import Any

from bench.frontier.game import Outcome

PAGE = Path(__file__).resolve().parents[2] / "docs" / "policies.md"
BEGIN, END = "<!-- frontier: written by `make frontier` -->", "<!-- end of frontier -->"
HEAD = """\
| window | fee a side | flow | best fixed band, coins | its cost a day | **optimal** | closed form \
| threshold | every 60 s | range, 6 s | ratio bands |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def row_of(outcome: Outcome) -> str:
    """One cell; all but the first cost are multiples of the best fixed band's."""
    best = outcome.fixed
    names = " | ".join(outcome.name)
    others = (outcome.closed, *outcome.peers.values())
    return (
        f"| {names} | -{best.below:.3g} to +{best.above:.3g} | {best.score / outcome.days:,.0f} |"
        f" **{outcome.ratio:.4f}** | "
        + " | ".join(f"{score / best.score:.4f}" for score in others)
        + " |\n"
    )


def held(outcomes: list[Outcome], acceptance: dict[str, Any]) -> bool:
    """Whether the cells meet what the file of cells asks for."""
    ratios = [each.ratio for each in outcomes]
    return (
        statistics.median(ratios) <= acceptance["median"]
        and max(ratios) <= acceptance["every"]
        and (not acceptance["cheaper_than_peers"] or all(each.dearer_peers for each in outcomes))
    )


def summary_of(outcomes: list[Outcome], acceptance: dict[str, Any]) -> str:
    worst = max(outcomes, key=lambda each: each.ratio)
    beaten = [each for each in outcomes if not each.dearer_peers]
    nearest = min(outcomes, key=lambda each: min(each.peers.values()) / each.optimal)
    lead = min(nearest.peers.values()) / nearest.optimal - 1.0
    return (
        f"{len(outcomes)} cells. Optimal over best fixed: median"
        f" {statistics.median(each.ratio for each in outcomes):.4f} (goal {acceptance['median']}),"
        f" largest {worst.ratio:.4f} in {' '.join(worst.name)} (goal {acceptance['every']}),"
        f" least {min(each.ratio for each in outcomes):.4f}. Cells in which a peer is cheaper:"
        f" {', '.join(' '.join(each.name) for each in beaten) or 'none'}; the smallest lead over"
        f" the best peer is {100 * lead:.2f} % in {' '.join(nearest.name)}."
        f" Goals {'held' if held(outcomes, acceptance) else '**missed**'}."
    )


def written(outcomes: list[Outcome], acceptance: dict[str, Any], source: str) -> str:
    """The part of the page that is measured."""
    today = dt.datetime.now(tz=dt.UTC).date()
    return (
        f"{BEGIN}\n{today}, {platform.machine()}, {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, prices of {source}.\n\n"
        f"{summary_of(outcomes, acceptance)}\n\n{HEAD}{''.join(map(row_of, outcomes))}{END}"
    )


def write(text: str, page: Path = PAGE) -> None:
    """Put the measured part in its place on the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{text}{after}")
