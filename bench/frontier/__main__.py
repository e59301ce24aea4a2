"""Play the cells and print the table.

python -m bench.frontier [--cells FILE] [--only NAME ...]
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

from bench.frontier.cells import BadCells, Cells, cells_from
from bench.frontier.game import Outcome, outcome_of, setting_of
from bench.frontier.prices import Prices, prices_for

CELLS = Path(__file__).resolve().parent.parent / "frontier.toml"


def main() -> int:
    asked = arguments()
    try:
        cells = cells_from(asked.cells)
        prices = prices_for(cells)
        print(f"prices: {prices.source}; risk aversion {cells.gamma:.3g} a dollar")
        for outcome in outcomes(cells, prices, set(asked.only)):
            print(line_of(outcome), flush=True)
    except BadCells as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.frontier", description=__doc__)
    parser.add_argument("--cells", type=Path, default=CELLS, help="a file like frontier.toml")
    parser.add_argument("--only", nargs="*", default=[], help="names of windows, fees, flows")
    return parser.parse_args()


def outcomes(cells: Cells, prices: Prices, only: set[str]) -> "list[Outcome]":
    found = []
    for window, fee, flow in itertools.product(cells.windows, cells.fees, cells.flows):
        names = {window.name, fee.name, flow.name}
        if all(not only & group or only & group & names for group in groups(cells)):
            began = time.monotonic()
            found.append(outcome_of(cells, setting_of(cells, prices, (window, fee, flow))))
            print(f"{' '.join(found[-1].name)}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    return found


def groups(cells: Cells) -> tuple[set[str], ...]:
    return (
        {each.name for each in cells.windows},
        {each.name for each in cells.fees},
        {each.name for each in cells.flows},
    )


def line_of(outcome: Outcome) -> str:
    best = outcome.fixed
    against = (outcome.theory, *outcome.peers.values())
    ratios = " ".join(f"{score / best.score:7.3f}" for score in against)
    return (
        f"{' '.join(outcome.name):24} {best.score:14.0f}"
        f" [-{best.below:.4g}, +{best.above:.4g}] {ratios}"
    )


if __name__ == "__main__":
    sys.exit(main())
