"""Draw a file of cells by chance, widely: windows, fees, flows of every kind, and seeds.

python -m bench.frontier.draw SEED > FILE, then python -m bench.frontier --cells FILE

What is not drawn (risk, market, fixed, peers, acceptance) is that of bench/frontier.toml.
"""

import argparse
import datetime as dt
import math
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from bench.frontier.cells import TABLES

BASE = Path(__file__).resolve().parent.parent / "frontier.toml"
FIRST, DAYS = dt.date(2020, 1, 1), 4 * 365
WINDOWS, FEES, EACH_KIND = 3, 3, 4
Entry = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.frontier.draw")
    parser.add_argument("seed", type=int)
    sys.stdout.write(drawn(parser.parse_args().seed))
    return 0


def drawn(seed: int) -> str:
    """The text of a file of 3 windows x 3 fees x 12 flows = 108 cells; the same for a seed."""
    random = np.random.default_rng([seed, 20_261_122])
    with BASE.open("rb") as file:
        fixed = tomllib.load(file)
    parts = ["schema = 1\n", table("seeds", {"list": random.integers(1, 10**6, 6).tolist()})]
    parts += [table(name, fixed[name]) for name in TABLES]
    for name, make, count in (("windows", window, WINDOWS), ("fees", fee, FEES)):
        parts += [table(name, make(random, k), many=True) for k in range(count)]
    for make in (inventory, jumps, lumps):
        parts += [table("flows", make(random, k), many=True) for k in range(EACH_KIND)]
    return "\n".join(parts)


def wide(random: np.random.Generator, least: float, most: float) -> float:
    """Every order of magnitude alike."""
    return float(f"{math.exp(random.uniform(math.log(least), math.log(most))):.3g}")


def window(random: np.random.Generator, k: int) -> Entry:
    """Three weeks to half a year, anywhere in the recorded years."""
    days = round(wide(random, 20.0, 200.0))
    start = FIRST + dt.timedelta(days=int(random.integers(0, DAYS - days)))
    return {"name": f"w{k} {start} {days}d", "start": start, "end": start + dt.timedelta(days=days)}


def fee(random: np.random.Generator, _: int) -> Entry:
    rate = wide(random, 0.5, 40.0)
    return {"name": f"{rate:g}bp", "bp": rate}


def inventory(random: np.random.Generator, k: int) -> Entry:
    return {
        "name": f"ou{k}",
        "kind": "ornstein_uhlenbeck",
        "deviation": wide(random, 5.0, 1_000.0),
        "reversion_days": wide(random, 0.1, 15.0),
        "step_minutes": float(random.choice([1.0, 5.0, 15.0])),
    }


def jumps(random: np.random.Generator, k: int) -> Entry:
    return {
        "name": f"poisson{k}",
        "kind": "compound_poisson",
        "per_day": wide(random, 0.2, 30.0),
        "median_half_widths": wide(random, 0.3, 5.0),
    }


def lumps(random: np.random.Generator, k: int) -> Entry:
    return {
        "name": f"lump{k}",
        "kind": "inflow_lump",
        "per_day": wide(random, 1.0, 60.0),
        "lump_days": float(random.choice([1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0])),
        "step_minutes": float(random.choice([1.0, 5.0, 15.0])),
    }


def table(name: str, entry: Entry, *, many: bool = False) -> str:
    head = f"[[{name}]]" if many else f"[{name}]"
    return "\n".join([head, *(f"{key} = {written(entry[key])}" for key in entry), ""])


def written(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
