"""The frontier's scoring against the formulas it is to judge by, and against the core itself."""

import numpy as np
import pytest

from bench.frontier.cells import Flow
from bench.frontier.flows import Path, path_of
from bench.frontier.hindsight import best_band
from bench.frontier.kernels import Market, checked, edges, ratios
from hedgebot.core.sizing import hedge_lots

STEPS = 8_000_000
CELLS = 16  # the band's half-width in steps: costs differ from the continuum's by its square
LOT = 1e-7
DAY = 86_400.0


def walk(variance: float, step: float, seed: int) -> Path:
    """Steps of one size either way, so that they spread `variance` a day: none overshoots."""
    signs = np.random.default_rng(seed).integers(0, 2, STEPS, dtype=np.int8)
    second = np.arange(STEPS + 1, dtype=np.float64) * (step * step / variance * DAY)
    return Path(second, np.where(signs == 0, -step, step), np.zeros(STEPS, np.int64))


def market(kappa: float, risk: float, *, lot: float = LOT, least: int = 1) -> Market:
    return Market(
        np.array([1.0]), np.array([kappa]), np.array([risk]), np.array([least], np.int64), lot
    )


def rate(step: float, terms: Market, *, width: float, aim: float, order_cost: float = 0.0) -> float:
    """Cost a day of a fixed band, over two walks of 0.5 squared coins a day."""
    total = days = 0.0
    for seed in (1, 2):
        path = walk(0.5, step, seed)
        trading, holding, orders = edges(path, terms, below=width, above=width, aim=aim)
        total += float(trading + holding + order_cost * orders)
        days += float(path.second[-1]) / DAY
    return total / days


def test_theory_1_the_edge() -> None:
    width = (3 * 0.06 * 0.5 / (4 * 2)) ** (1 / 3)
    step = width / (CELLS + 0.5)  # a walk that stops at the edge is spread half a step past it
    cost = rate(step, market(0.03, 2.0), width=CELLS * step, aim=1.0)
    assert cost == pytest.approx(0.050207, rel=0.01)


def test_theory_2_the_target() -> None:
    step = (6 * 0.03 * 0.5 / 2) ** (1 / 3) / CELLS
    cost = rate(step, market(0.03, 2.0), width=(CELLS - 0.5) * step, aim=0.0)
    assert cost == pytest.approx(0.063257, rel=0.01)


def test_theory_3_a_fixed_cost() -> None:
    width = (12 * 0.01 * 0.5 / 2) ** 0.25
    step = width / CELLS
    terms = market(0.0, 2.0)
    cost = rate(step, terms, width=(CELLS - 0.5) * step, aim=0.0, order_cost=0.01)
    # Held: c D^2 / 12; ordered: F v / D^2; equal at the best width.
    assert cost == pytest.approx(2.0 * width**2 / 6, rel=0.01)


def small() -> tuple[Path, Market]:
    second = np.array([0.0, 10.0, 30.0, 90.0, DAY])
    path = Path(second, np.array([0.0, 5.0, -9.0, 1.0]), np.zeros(4, np.int64))
    return path, market(0.5, 4.0, lot=0.1)


def test_a_score_by_hand() -> None:
    path, terms = small()
    trading, holding, orders = edges(path, terms, below=2.0, above=3.0)
    # 5 -> 3 sells 2; 3 - 9 = -6 -> -2 buys 4; -2 + 1 = -1 stays
    assert (trading, orders) == (pytest.approx(6.0 * 0.5), 2)
    assert holding == pytest.approx(2.0 * (9 * 20 + 4 * 60 + 1 * (DAY - 90)) / DAY)


def test_checks_wait_for_their_time() -> None:
    path, terms = small()
    trading, holding, orders = checked(path, terms, width=0.0, every=60.0)
    # 5 and then -4 wait for the check at 60 s; 1 of 90 s waits until 120 s
    assert (trading, orders) == (pytest.approx(5.0 * 0.5), 2)
    assert holding == pytest.approx(2.0 * (25 * 20 + 16 * 30 + 1 * 30) / DAY)


def test_ratios_go_to_their_inner_bounds() -> None:
    path, terms = small()
    trading, _, orders = ratios(path, terms, bounds=[0.95, 0.98, 1.0, 1.03], holdings=50.0)
    # 5 is past 2.5: to 1; 1 - 9 = -8 is past -1.5: to 0; 1 stays
    assert (trading, orders) == (pytest.approx(12.0 * 0.5), 2)


def test_the_kernel_decides_as_the_core_does() -> None:
    random = np.random.default_rng(3)
    lot, least = 0.1, 7
    flow = random.normal(0.0, 0.8, 2_000)
    path = Path(np.arange(2_001.0), flow, np.zeros(2_000, np.int64))
    x = trading = 0.0
    for move in flow:
        x += move
        lots = hedge_lots(x, below=0.9, above=1.3, aim=0.6, lot=lot, lots_min=least)
        x += lots * lot
        trading += abs(lots) * lot
    terms = market(1.0, 1.0, lot=lot, least=least)
    assert edges(path, terms, below=0.9, above=1.3, aim=0.6)[0] == pytest.approx(trading, rel=1e-12)


def test_hindsight_finds_the_least_of_a_bowl() -> None:
    settings = {"least": 0.01, "most": 10.0, "points": 20, "refinements": 4}
    found = best_band(
        lambda low, high: np.log(low / 0.3) ** 2 + np.log(high / 2.0) ** 2, 1.0, settings
    )
    assert found.below == pytest.approx(0.3, rel=0.02)
    assert found.above == pytest.approx(2.0, rel=0.02)


def test_walking_the_grid_finds_the_least_of_all_of_it() -> None:
    numbers = {"per_day": 10.0, "lump_days": 7.0, "step_minutes": 10.0}
    path = path_of(Flow("lump", "inflow_lump", numbers), 1, hours=24 * 20, kappa_over_c=3.0)
    one = np.ones(24 * 20)
    terms = Market(one, 9.0 * one, 3.0 * one, one.astype(np.int64), LOT)

    def score(below: float, above: float) -> float:
        return float(sum(edges(path, terms, below=below, above=above)[:2]))

    settings = {"least": 0.01, "most": 8.0, "points": 14, "refinements": 0}
    widths = [0.01 * 10.0 * 800.0 ** (k / 13) for k in range(14)]
    whole = min(score(below, above) for below in widths for above in widths)
    assert best_band(score, 10.0, settings).score == pytest.approx(whole, rel=1e-9)
