"""Plays seeded worlds.

python -m tests.simulation SEED...                      play them and print what happened
python -m tests.simulation --plan FILE...               the same with plans as they are written
python -m tests.simulation --range FIRST COUNT          play many; a failing plan is made smaller
    [--workers N]      so many side by side; as many as there are processors
    [--seconds S]      none begins later than that, real time
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
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--shards", type=Path)
    asked = parser.parse_args()
    import tests.simulation.pins  # noqa: F401, PLC0415 - pins chance before anything draws it
    from tests.simulation import playing  # noqa: PLC0415 - chance and hashes are pinned by now
    from tests.simulation.campaign import Stage  # noqa: PLC0415 - as above

    with Stage(asked.workers) as stage:
        if not asked.range:
            return playing.each(stage, asked.seeds, [path.read_text() for path in asked.plan])
        first, count = asked.range
        seeds = range(first, first + count)
        if asked.first:
            return playing.first_broken(stage, seeds)
        return playing.many(stage, seeds, seconds=asked.seconds, folder=asked.shards)


if __name__ == "__main__":
    if sys.version_info < (3, 12):
        sys.exit("the simulation needs Python 3.12: `make .venv-sim/.run`")
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main())
