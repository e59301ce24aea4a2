"""The sweep's kernel over a year of minutes, beside a bare compiled loop on the same bars.

python -m bench.sweep
"""

import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import polars as pl

from hedgebot.research.sweep.computed import bands_along
from hedgebot.research.sweep.kernel import COLUMNS, play, results_of
from hedgebot.research.sweep.world import World, trailing_volatility, world_of

FILE = Path(__file__).resolve().parents[1].parent / "shared/data/bitmex_inverse_1m_2018_06"
BARS = 525_600
LOT, RATE, WIDTH = 0.001, 5e-4, 0.25
MARKET = (LOT, 1, 100.0, 0.02, 1e12, True)
ANSWERS = 100
SECONDS = 0.5
GOALS = {"fixed": 500.0, "computed": 30.0}


def main() -> int:
    """Exit code 0 where the goals are held."""
    at_ms, price, source = bars()
    chance = np.random.default_rng(1)
    noise = chance.standard_normal(BARS) * 0.0056
    jumps = chance.exponential(1.0, BARS) * (chance.random(BARS) < 2 / 1440)
    jumps *= chance.choice([-1.0, 1.0], BARS)
    print(f"{source}; {platform.machine()}, Python {platform.python_version()}; one core\n")
    print("| what | orders | million bars a second of it |\n|---|---|---|")
    seen = world(at_ms, price, noise)
    rates = fixed_rows(seen)
    for name, moves in (("a small move every minute", noise), ("two jumps a day", jumps)):
        flow = world(at_ms, price, moves)
        for count in (1, ANSWERS):
            rates[f"computed, {name}, {count} at once"] = computed_row(name, flow, count)
    print()
    held = {name: rate >= GOALS[name.partition(",")[0]] for name, rate in rates.items()}
    for name, rate in rates.items():
        goal = GOALS[name.partition(",")[0]]
        print(f"{name}: {rate:,.1f}, goal {goal:g}: {'held' if held[name] else 'MISSED'}")
    return 0 if all(held.values()) else 1


def bars() -> tuple[Any, Any, str]:
    path = FILE / "XBTUSD_1m.parquet"
    if path.is_file():
        table = pl.read_parquet(path)
        at = table["date"].dt.epoch("ms").to_numpy()
        price = np.append(table["open"].to_numpy(), table["close"][-1])
        return np.append(at, at[-1] + 60_000), price, path.name
    moves = np.random.default_rng(7).normal(0.0, 0.04 / 1440**0.5, BARS + 1)
    return np.arange(BARS + 1) * 60_000, 8_000.0 * np.exp(np.cumsum(moves)), "seeded minutes"


def world(at_ms: Any, price: Any, moves: Any) -> World:
    return world_of(
        at_ms, price, moves=moves, holdings=10.0, funding=np.zeros(BARS),
        volatility=trailing_volatility(at_ms, price, (30.0, 0.04, 7.0)),
    )  # fmt: skip


def fixed_rows(seen: World) -> dict[str, float]:
    out = np.zeros(2)
    walked = seconds_of(lambda: bare(seen.gross, seen.price, (WIDTH, LOT, RATE), out))
    said("bare loop: band, orders, cost", out[0], walked)
    weighed = seconds_of(lambda: bare_weighed(seen.gross, seen.price, seen.weight, out))
    said("bare loop, and the risk that is left", out[0], weighed)
    rates = {}
    for width, aim in ((WIDTH, 0.0), (0.05, 1.0), (WIDTH, 1.0), (1.0, 1.0)):
        name = f"fixed, +-{width:g} coins, back to the {'edge' if aim else 'target'}"
        orders, best = played(seen, width, aim=aim)
        assert aim or orders == out[0], "the bare loop traded otherwise"
        said(name, orders, best)
        rates[name] = BARS / best / 1e6
    return rates


def computed_row(name: str, seen: World, count: int) -> float:
    """Different answers to the one question: million bars of a policy a second, all counted."""
    premiums = np.geomspace(500.0, 50_000.0, count) if count > 1 else np.array([5_000.0])
    terms = [(premium / 800e6, RATE) for premium in premiums]
    found: list[Any] = []

    def find() -> None:
        found[:] = bands_along(seen, terms, slope=1.0, market=MARKET)

    solving = seconds_of(find)
    places = np.cumsum([0, *(len(starts) for starts, _, _ in found)])
    pieces = (places, *(np.concatenate(each) for each in zip(*found, strict=True)))
    policies = np.tile([0.0, 1.0, 1.0, 0.0, RATE], (count, 1))
    out = results_of(seen, policies, pieces, MARKET)
    playing = seconds_of(lambda: results_of(seen, policies, pieces, MARKET))
    what = f"computed band, {name}, {count} answer{'s' if count > 1 else ''}"
    said(f"{what}: finding {places[-1]:,} bands", 0, solving / count)
    said("... playing it", out[:, 0].sum(), playing / count)
    said("... both", out[:, 0].sum(), (solving + playing) / count)
    return BARS * count / (solving + playing) / 1e6


def played(seen: World, width: float, *, aim: float) -> tuple[float, float]:
    out, log = np.zeros(len(COLUMNS)), np.empty((0, 2), np.int64)
    rule, sides = (0, aim, 1.0, 0.0, RATE, MARKET), np.array([width])

    def once() -> None:
        out[:] = 0.0
        play(seen, rule, (np.array([0]), sides, sides), out=out, log=log)

    best = seconds_of(once)
    return out[0], best


def seconds_of(once: Callable[[], object]) -> float:
    """Of the processor: the best of all that fit into half a second of it; the first compiles."""
    once()
    best, until = float("inf"), time.process_time() + SECONDS
    while (began := time.process_time()) < until:
        once()
        best = min(best, time.process_time() - began)
    return best


def said(what: str, orders: float, seconds: float) -> None:
    print(f"| {what} | {orders:,.0f} | {BARS / seconds / 1e6:,.1f} |", flush=True)


@numba.njit
def bare(gross: Any, price: Any, terms: Any, out: Any) -> None:
    width, lot, rate = terms
    held = orders = 0
    cost = 0.0
    for k in range(len(gross)):
        x = gross[k] + held * lot
        if x > width or x < -width:
            lots = int(-x / lot)
            held += lots
            cost += abs(lots) * lot * price[k] * rate
            orders += 1
    out[0], out[1] = orders, cost


@numba.njit
def bare_weighed(gross: Any, price: Any, weight: Any, out: Any) -> None:
    held = orders = 0
    cost = variance = 0.0
    for k in range(len(gross)):
        x = gross[k] + held * LOT
        if x > WIDTH or x < -WIDTH:
            lots = int(-x / LOT)
            held += lots
            cost += abs(lots) * LOT * price[k] * RATE
            orders += 1
            x = gross[k] + held * LOT
        variance += weight[k] * x * x
    out[0], out[1] = orders, cost + variance


if __name__ == "__main__":
    sys.exit(main())
