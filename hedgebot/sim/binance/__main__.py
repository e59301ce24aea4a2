"""`python -m hedgebot.sim.binance --port N --seed S`."""

import argparse

from hedgebot.sim.binance.app import run
from hedgebot.sim.config import Generated, SimConfig

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="hedgebot.sim.binance")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    raise SystemExit(run(SimConfig(port=options.port, seed=options.seed, market=Generated())))
