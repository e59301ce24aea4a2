"""Play the cells of a file and print what each policy costs in them.

python -m bench.frontier [--cells FILE] [--only NAME ...] [--write]
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

from bench.frontier.cells import BadCells, Cells, cells_from
from bench.frontier.game import Outcome, outcome_of, setting_of
from bench.frontier.prices import Prices, prices_for
from bench.frontier.table import HEAD, held, row_of, summary_of, write, written

CELLS = Path(__file__).resolve().parent.parent / "frontier.toml"


def main() -> int:
    """Exit code 0 where the goals of the file are held, 1 where not, 2 where it cannot be used."""
    asked = arguments()
    try:
        cells = cells_from(asked.cells)
        prices = prices_for(cells)
        outcomes = played(cells, prices, asked.only)
    except BadCells as error:
        print(error, file=sys.stderr)
        return 2
    acceptance = cells.tables["acceptance"]
    print(f"\n{summary_of(outcomes, acceptance)}")
    if asked.write:
        write(written(outcomes, acceptance, prices.source))
    return 0 if held(outcomes, acceptance) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.frontier")
    parser.add_argument("--cells", type=Path, default=CELLS, help="a file like frontier.toml")
    parser.add_argument("--only", nargs="*", default=[], help="names of windows, fees or flows")
    parser.add_argument("--write", action="store_true", help="put the table into docs/policies.md")
    return parser.parse_args()


def played(cells: Cells, prices: Prices, only: list[str]) -> list[Outcome]:
    """The outcomes, each printed when it is there.

    Raises:
        BadCells: a name is in no cell, or the prices do not cover a window.
    """
    windows, fees, flows = wanted(cells, only)
    chosen = [
        (window, fee, flow)
        for window, fee, flow in itertools.product(cells.windows, cells.fees, cells.flows)
        if window.name in windows and fee.name in fees and flow.name in flows
    ]
    print(f"prices: {prices.source}; risk aversion {cells.gamma:.3g} a dollar\n\n{HEAD}", end="")
    outcomes = []
    for cell in chosen:
        began = time.monotonic()
        outcomes.append(outcome_of(cells, setting_of(cells, prices, cell)))
        print(row_of(outcomes[-1]), end="", flush=True)
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return outcomes


def wanted(cells: Cells, only: list[str]) -> list[set[str]]:
    """The names of windows, of fees and of flows to play; none of a kind is all of it.

    Raises:
        BadCells: a name is none of them.
    """
    groups: list[set[str]] = [
        {each.name for each in cells.windows},
        {each.name for each in cells.fees},
        {each.name for each in cells.flows},
    ]
    if strange := set(only) - {name for group in groups for name in group}:
        raise BadCells(f"no window, fee or flow is named {', '.join(sorted(strange))}")
    return [group & set(only) or group for group in groups]


if __name__ == "__main__":
    sys.exit(main())
