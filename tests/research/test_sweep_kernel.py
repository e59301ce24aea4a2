"""The kernel passes blocks at once, and shares policies among threads: nothing of it shows."""

from typing import Any

import numpy as np
import pytest

from hedgebot.core import band_memory
from hedgebot.research.spelling import spelled
from hedgebot.research.sweep import computed, kernel
from hedgebot.research.sweep.computed import bands_along
from hedgebot.research.sweep.decision import lots_for
from hedgebot.research.sweep.kernel import COLUMNS, play, results_of
from hedgebot.research.sweep.policies import Played
from hedgebot.research.sweep.running import part_of, threaded
from hedgebot.research.sweep.world import WIDE, World, trailing_volatility, world_of

MARKET = (0.001, 1, 100.0, 0.02, 1e12, True)
HOUR_MS = 3_600_000


def world(bars: int, seed: int = 1, *, holdings: float = 50.0, size: float = 0.02) -> World:
    chance = np.random.default_rng(seed)
    at = np.arange(bars + 1) * 60_000
    price = 20_000.0 * np.exp(np.cumsum(chance.normal(0, 0.001, bars + 1)))
    moves = chance.normal(0, size, bars) * (chance.random(bars) < 0.3)
    return world_of(
        at, price, moves=moves.round(8), holdings=holdings,
        funding=chance.normal(0, 1, bars) * (np.arange(bars) % 480 == 0),
        volatility=trailing_volatility(at, price, (30.0, 0.04, 7.0)),
    )  # fmt: skip


def bar_by_bar(seen: World, rule: Any, pieces: Any) -> tuple[list[float], list[tuple[int, int]]]:
    """The same in plain Python, without blocks."""
    unit, aim, slope, shift, rate, market = rule
    starts, belows, aboves = pieces
    held, log, piece = 0, [], 0
    traded = cost = variance = pnl = paid = largest = 0.0
    scales = np.stack([np.ones(len(seen.gross)), abs(seen.gross) / 100, 1 / seen.price[:-1]])
    for k in range(len(seen.gross)):
        while piece + 1 < len(starts) and starts[piece + 1] <= k:
            piece += 1
        scale = scales[unit, k]
        paid -= held * 0.001 * (seen.funding[k] - (seen.funding[k - 1] if k else 0.0))
        while lots := lots_for(
            slope * seen.gross[k] + shift + held * 0.001, held,
            (belows[piece] * scale, aboves[piece] * scale, aim), seen.price[k], market,
        ):  # fmt: skip
            log.append((k, lots))
            held += lots
            traded += abs(lots) * 0.001
            cost += abs(lots) * 0.001 * seen.price[k] * rate
        x = slope * seen.gross[k] + shift + held * 0.001
        variance += seen.weight[k] * x * x
        largest = max(largest, abs(x))
        pnl += held * 0.001 * (seen.price[k + 1] - seen.price[k])
    return [len(log), traded, cost, variance, pnl, paid, largest], log


WIDTHS = {0: 0.3, 1: 0.6, 2: 5_000.0}


@pytest.mark.parametrize("unit", WIDTHS)
@pytest.mark.parametrize(("times", "aim"), [(0.3, 0.0), (1.0, 0.5), (4.0, 1.0)])
def test_blocks_change_nothing(unit: int, times: float, aim: float) -> None:
    seen = world(3 * WIDE + 777)
    width = WIDTHS[unit] * times
    rule = (unit, aim, 1.0, 0.0, 5e-4, MARKET)
    starts = np.array([0, 2_000, 2_001, 5_000])
    pieces = (
        starts,
        width * np.array([1.0, 3.0, 0.5, 1.5]),
        width * np.array([1.0, 2.0, 0.5, 4.0]),
    )
    out, log = np.zeros(len(COLUMNS)), np.zeros((9_000, 2), np.int64)
    play(seen, rule, pieces, out, log)
    expected, orders = bar_by_bar(seen, rule, pieces)
    assert [tuple(row) for row in log[: int(out[0])].tolist()] == orders
    assert out == pytest.approx(expected, rel=1e-9)
    assert len(orders) > 3


def grid_of(count: int) -> Played:
    policies = np.zeros((count, 5))
    policies[:, 1:3], policies[:, 4] = 1.0, 5e-4
    widths = np.geomspace(0.02, 5.0, count)
    return Played(policies, (np.arange(count + 1), np.zeros(count, np.int64), widths, widths))


def test_the_numbers_are_the_same_on_any_number_of_threads_and_in_any_parts() -> None:
    seen, played = world(5_000), grid_of(100)
    whole = results_of(seen, played.policies, played.pieces, MARKET)
    assert np.array_equal(whole, threaded(3)(seen, played, MARKET))
    parts = [
        results_of(seen, *part_of(played, first, min(first + 7, 100)), MARKET)
        for first in range(0, 100, 7)
    ]
    assert np.array_equal(whole, np.concatenate(parts))
    assert np.all(np.diff(whole[:, 0]) <= 0)


def test_far_from_zero_the_sums_of_blocks_lose_nothing() -> None:
    near, far = world(WIDE, holdings=0.0), world(WIDE, holdings=1e6)
    results = []
    for seen, shift in ((near, 0.0), (far, -1e6)):
        out = np.zeros(len(COLUMNS))
        pieces = (np.array([0]), np.array([50.0]), np.array([50.0]))
        play(seen, (0, 1.0, 1.0, shift, 5e-4, MARKET), pieces, out, np.zeros((0, 2), np.int64))
        results.append(out[3])
    assert results[1] == pytest.approx(results[0], rel=1e-9)


def test_computed_bands_are_those_of_the_core() -> None:
    seen = world(1_500, size=0.5)
    told = {"aversion": 6.25e-6, "rate": 5e-4}
    [(starts, below, above)] = bands_along(
        seen, [(told["aversion"], told["rate"])], slope=1.0, market=MARKET
    )
    memory = [0.0] * band_memory.SIZE
    band_memory.begin(memory, now=0.0, unit=0.001)
    found, moves = [(0, 0.0, 0.0)], np.diff(seen.gross, prepend=seen.gross[0])
    for k, move in enumerate(moves):
        if move or k % 60 == 0:
            charge = told["aversion"] * (seen.volatility[k] * seen.price[k]) ** 2
            cost = float(seen.price[k] * told["rate"])
            now = float(k * 60_000 / 86_400_000)
            costs = (float(charge), cost, cost, 0.0)
            band_memory.note(memory, now=now, move=float(move), costs=costs)
            if band_memory.is_due(memory):
                lots = int(np.ceil(100.0 / (0.001 * seen.price[k] * 0.98)))
                band_memory.solve(memory, least=lots * 0.001)
                band = band_memory.band_of(memory)[:2]
                if band != found[-1][1:]:
                    found = [each for each in found if each[0] < k] + [(k, *band)]
    assert starts.tolist() == [each[0] for each in found]
    assert pytest.approx(np.array(found)[:, 1:], rel=1e-9) == np.array([below, above]).T
    assert len(found) > 2
    assert computed.SIZE == band_memory.SIZE


def test_bands_that_are_found_together_are_those_found_alone() -> None:
    seen = world(9_000, size=0.5)
    terms = [(6.25e-6 * k, rate) for k in (0.1, 1.0, 3.0) for rate in (1e-4, 5e-4)]
    together = bands_along(seen, terms, slope=0.9, market=MARKET)
    for each, bands in zip(terms, together, strict=True):
        [alone] = bands_along(seen, [each], slope=0.9, market=MARKET)
        assert all(np.array_equal(*pair) for pair in zip(bands, alone, strict=True)), each
    assert len({len(starts) for starts, _, _ in together}) > 1


def test_what_a_sweep_compiles_can_be_kept_for_the_next_one() -> None:
    for each in (computed._solve, kernel.play_some):
        assert len(list(spelled(each))) > 100  # raises where something in it cannot be told
