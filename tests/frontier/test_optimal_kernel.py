"""The compiled policy does what the core's source says, and looks at the past only."""

import dataclasses

import numpy as np
import pytest

from bench.frontier.cells import Flow
from bench.frontier.flows import DAY, Path, path_of
from bench.frontier.kernels import Market, market_of
from bench.frontier.optimal import computed
from hedgebot.core.band_memory import SIZE, band_of, begin, is_due, note, solve
from hedgebot.core.sizing import hedge_lots

TERMS = {"lot": 0.001, "lots_min": 1, "notional_min": 100.0}
POISSON = Flow("poisson", "compound_poisson", {"per_day": 6.0, "median_half_widths": 1.0})


def played(days: int) -> tuple[Path, Market]:
    hours = days * 24
    price = 20_000.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0.0, 0.007, hours)))
    market = market_of(price, 6.25e-6 * (0.035 * price) ** 2, rate=5e-4, terms=TERMS)
    return path_of(POISSON, 1, hours=hours, kappa_over_c=3.0), market


def interpreted(path: Path, market: Market) -> tuple[float, float]:
    """Coins traded and the last deviation, by the core's functions as Python runs them."""
    memory = [0.0] * SIZE
    begin(memory, now=0.0, unit=market.lot)
    x = paid = 0.0
    for second, move, h in zip(path.second[:-1], path.flow, path.hour, strict=True):
        now, x = float(second) / DAY, x + float(move)
        kappa, risk, least = float(market.kappa[h]), float(market.risk[h]), int(market.least[h])
        costs = (risk, kappa, kappa, 0.0)
        note(memory, now=now, move=float(move), costs=costs)
        if is_due(memory):
            solve(memory, least=least * market.lot)
        below, above, _, _ = band_of(memory)
        lots = hedge_lots(
            x, below=max(below, least * market.lot), above=max(above, least * market.lot),
            aim=1.0, lot=market.lot, lots_min=least,
        )  # fmt: skip
        x += lots * market.lot
        paid += abs(lots) * market.lot * kappa
    return paid, above


def test_compiled_and_interpreted_trade_the_same() -> None:
    path, market = played(1)
    paid, above = interpreted(path, market)
    assert paid > 0.0
    trading, _, _, _, last = computed(path, market)
    assert trading == pytest.approx(paid, rel=1e-9)
    assert last == pytest.approx(above, rel=1e-9)


def test_the_future_changes_nothing() -> None:
    path, market = played(20)
    cut = int(np.searchsorted(path.second, 10 * DAY))
    begun = Path(path.second[: cut + 1], path.flow[:cut], path.hour[:cut])
    other = path.flow.copy()
    other[cut:] *= 7.0
    dearer = market.kappa.copy()
    dearer[240:] *= 3.0
    changed = dataclasses.replace(market, kappa=dearer)
    assert computed(begun, market)[:3] == computed(begun, changed)[:3]
    assert computed(path, market)[:3] != computed(
        dataclasses.replace(path, flow=other), changed
    )[:3]  # fmt: skip
