"""`python -m hedgebot.sim.binance --port N --seed S`; or `--ticks DIR`, `--bars DIR`, `--still`."""

import argparse
from pathlib import Path

from hedgebot.sim.binance.app import run
from hedgebot.sim.config import Barred, Generated, MarketPlan, Replayed, SimConfig, Still


def main() -> int:
    """Read the options and serve; the exit code."""
    parser = argparse.ArgumentParser(prog="hedgebot.sim.binance")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ticks", type=Path, help="folder of recorded ticks to replay")
    parser.add_argument("--bars", type=Path, help="folder of bar files to replay")
    parser.add_argument("--speed", type=float, default=1.0, help="of the replay")
    parser.add_argument("--still", action="store_true", help="prices move only when told")
    options = parser.parse_args()
    market: MarketPlan = Still() if options.still else Generated()
    if options.ticks is not None:
        market = Replayed(options.ticks, options.speed)
    if options.bars is not None:
        market = Barred(options.bars, options.speed)
    return run(SimConfig(port=options.port, seed=options.seed, market=market))


if __name__ == "__main__":
    raise SystemExit(main())
