"""One cell played: every policy over every seed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.frontier.cells import Cells, Fee, Flow, Window
from bench.frontier.flows import Path, path_of, variance_rate
from bench.frontier.hindsight import Found, best_band, best_width
from bench.frontier.kernels import Market, checked, edges, market_of, ratios
from bench.frontier.optimal import computed
from bench.frontier.prices import Prices
from hedgebot.core.closed_form import edge_width


@dataclass(frozen=True)
class Setting:
    """A cell: where it is played, and how many coins its flow spreads a root-day."""

    window: Window
    fee: Fee
    flow: Flow
    market: Market
    variance: float
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Outcome:
    """Scores of one cell, quote over all seeds. `fixed`, threshold and range know the cell."""

    name: tuple[str, str, str]
    fixed: Found
    optimal: float
    closed: float
    peers: dict[str, float]
    days: float

    @property
    def ratio(self) -> float:
        """The optimal band over the best fixed one."""
        return self.optimal / self.fixed.score

    @property
    def dearer_peers(self) -> bool:
        """Every peer costs more than the optimal band."""
        return self.optimal < min(self.peers.values())


def setting_of(cells: Cells, prices: Prices, cell: tuple[Window, Fee, Flow]) -> Setting:
    window, fee, flow = cell
    price, volatility = prices.of(window)
    risk = cells.gamma * (volatility * price) ** 2
    market = market_of(price, risk, rate=cells.cost_rate(fee), terms=cells.tables["market"])
    ratio = float(market.kappa[0] / market.risk[0])
    paths = tuple(
        path_of(flow, seed, hours=window.hours, kappa_over_c=ratio) for seed in cells.seeds
    )
    return Setting(window, fee, flow, market, variance_rate(flow, ratio), paths)


def total(setting: Setting, play: Callable[[Path], Any]) -> float:
    """The score over all seeds: trading and holding, quote."""
    return float(sum(sum(play(path)[:2]) for path in setting.paths))


def outcome_of(cells: Cells, setting: Setting) -> Outcome:
    """The best fixed band, the optimal one, the closed form's, and the peers."""
    market, tables = setting.market, cells.tables

    def banded(below: float, above: float) -> float:
        return total(setting, lambda path: edges(path, market, below=below, above=above))

    scale = closed_width(setting)
    return Outcome(
        name=(setting.window.name, setting.fee.name, setting.flow.name),
        fixed=best_band(banded, scale, tables["fixed"]),
        optimal=total(setting, lambda path: computed(path, market)),
        closed=banded(scale, scale),
        peers=peers_of(setting, tables, scale),
        days=setting.window.hours / 24.0 * len(setting.paths),
    )


def closed_width(setting: Setting) -> float:
    """The closed form for the flow's true variance at the cell's median cost and c, coins."""
    ratio = float(np.median(setting.market.kappa / setting.market.risk))
    return edge_width(setting.variance, sell=ratio, buy=ratio, charge=1.0)


def peers_of(setting: Setting, tables: dict[str, Any], scale: float) -> dict[str, float]:
    market, peers = setting.market, tables["peers"]

    def threshold(below: float, above: float) -> float:
        return total(setting, lambda path: edges(path, market, below=below, above=above, aim=0.0))

    def ranged(width: float, _: float) -> float:
        every = peers["range_seconds"]
        return total(setting, lambda path: checked(path, market, width=width, every=every))

    holdings = peers["holdings_deviations"] * setting.variance**0.5
    return {
        "threshold": best_width(threshold, scale, tables["fixed"]).score,
        "interval": total(
            setting,
            lambda path: checked(path, market, width=0.0, every=peers["interval_seconds"]),
        ),
        "range": best_width(ranged, scale, tables["fixed"]).score,
        "ratio": total(
            setting,
            lambda path: ratios(path, market, bounds=peers["ratio"], holdings=holdings),
        ),
    }
