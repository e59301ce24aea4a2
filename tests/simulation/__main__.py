"""Plays seeded worlds.

python -m tests.simulation SEED...                      play them and print what happened
python -m tests.simulation --plan FILE...               the same with plans as they are written
python -m tests.simulation --range FIRST COUNT          play many; a failing plan is made smaller
    [--seconds S]      at most so long, real time
    [--first]          until one breaks a rule, and leave it as it is
    [--shards FOLDER]  remember what was played, by this very code, and go on from there
"""

import argparse
import os
import sys
from pathlib import Path


def main() -> int:
    """Exit code: 1 where a rule was broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("seeds", nargs="*", type=int)
    parser.add_argument("--plan", nargs="+", type=Path, default=[])
    parser.add_argument("--range", nargs=2, type=int, metavar=("FIRST", "COUNT"))
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--shards", type=Path)
    asked = parser.parse_args()
    # Chance and hashes are pinned before anything that uses them is imported.
    import tests.simulation.pins  # noqa: F401, PLC0415
    from tests.simulation import playing  # noqa: PLC0415

    if asked.range and asked.first:
        return playing.first_broken(*asked.range)
    if asked.range:
        return playing.many(*asked.range, seconds=asked.seconds, shards=asked.shards)
    return playing.each(asked.seeds, [path.read_text() for path in asked.plan])


if __name__ == "__main__":
    if sys.version_info < (3, 12):
        sys.exit("the simulation needs Python 3.12: `make .venv-sim/.run`")
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main())
