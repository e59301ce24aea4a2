"""The same year of minutes, the same band and fees, played by each engine that is installed.

python -m bench.peers ENVIRONMENT... (folders NAME-VERSION; `make peers-bench` makes them)
"""

import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.sweep import BARS, LOT, MARKET, RATE, WIDTH, bars, seconds_of, world
from hedgebot.research.sweep.kernel import COLUMNS, play

FIDELITY = {
    "hedgebot": "least orders, lots, closing before opening; fills at once at the price",
    "vectorbt": "order function compiled by numba; cash and fees; fills at once at the price",
    "hftbacktest": "compiled loop; a book of one level, orders to it and back; 0.01 spread; fees",
    "basana": "an event and a call a bar, exact decimals, balances; fills at once, 0.0001 % spread",
    "nautilus_trader": "message bus, risk checks, order life, margin account; four prices a bar",
}


def main() -> int:
    at_ms, price, source = bars()
    noise = np.random.default_rng(1).standard_normal(BARS) * 0.0056
    seen = world(at_ms, price, noise)
    out, log = np.zeros(len(COLUMNS)), np.zeros((BARS, 2), np.int64)
    rule = (0, 0.0, 1.0, 0.0, RATE, MARKET)
    sides = (np.array([0]), np.array([WIDTH]), np.array([WIDTH]))

    def once() -> None:
        out[:] = 0.0
        play(seen, rule, sides, out=out, log=log)

    best = seconds_of(once)
    orders = log[: int(out[0])]
    print(f"{source}; {platform.machine()}, Python {platform.python_version()}; {BARS:,} bars\n")
    print("| engine | processor, s | bars a second of it | orders | what it keeps |")
    print("|---|---|---|---|---|")
    said("hedgebot sweep kernel", best, len(orders), FIDELITY["hedgebot"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.npz"
        np.savez(path, price=seen.price[:-1], gross=seen.gross, width=WIDTH, lot=LOT, rate=RATE)
        for place in map(Path, sys.argv[1:]):
            peer = place.name.rpartition("-")[0]
            seconds, traded = played(peer, place / "bin/python", path)
            assert np.array_equal(traded, orders), f"{peer} traded otherwise"
            said(place.name, seconds, len(traded), FIDELITY[peer])
    return 0


def played(peer: str, python: Path, path: Path) -> tuple[float, Any]:
    """Seconds of the processor that the peer took, and bar and lots of each of its orders."""
    script = Path(__file__).with_name(f"by_{peer}.py")
    began = time.monotonic()
    out = path.with_suffix(".out.npz")
    out.unlink(missing_ok=True)
    subprocess.run([python, script, path], check=True, stdout=subprocess.DEVNULL)
    print(f"{peer}: {time.monotonic() - began:.0f} s with its start", file=sys.stderr)
    found = np.load(out)
    return float(found["seconds"]), found["orders"]


def said(what: str, seconds: float, orders: int, fidelity: str) -> None:
    print(f"| {what} | {seconds:.4g} | {BARS / seconds:,.0f} | {orders} | {fidelity} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
