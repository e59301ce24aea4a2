"""What moves the holdings from outside, onto bars: the flows of a backtest, by file or by model."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np

from hedgebot.research.backtest.flows import MODELS, Flow, flows_of, read_flows
from hedgebot.research.sweep.grid import BadGrid
from hedgebot.research.sweep.world import Floats, Ints


def moves_of(told: Sequence[str], asset: str, at_ms: Ints, folder: Path) -> Floats:
    """Coins that came since the bar before, by bar. What came before the first bar counts to it;
    what comes after the last bar has begun is not seen.

    Args:
        told: each a file of `time`, `asset` and `qty`, beside the grid or by its whole path; or a
            model as in `ou:deviation=200,days=1,seed=1`.
        asset: whose rows of the file count.
        at_ms: when bars begin, and when the last one ends.
        folder: of the grid.

    Raises:
        BadGrid: the file has no row of the asset.
        BacktestRefused: neither a file that can be read nor a model.
    """
    return _on_bars([flow for each in told for flow in _flows(each, asset, at_ms, folder)], at_ms)


def _flows(told: str, asset: str, at_ms: Ints, folder: Path) -> Sequence[Flow]:
    if told.partition(":")[0] in MODELS or not (folder / told).is_file():
        return flows_of(told, asset, int(at_ms[0]), int(at_ms[-1]))
    flows = [each for each in read_flows(folder / told) if each.asset == asset]
    if not flows:
        raise BadGrid(f"flow {told}: has no row of {asset}")
    return flows


def _on_bars(flows: Sequence[Flow], at_ms: Ints) -> Floats:
    """Sums are exact: a bar may have many flows."""
    sums = [Decimal(0)] * (len(at_ms) - 1)
    places = np.searchsorted(at_ms[:-1], [flow.at_ms for flow in flows])
    for flow, place in zip(flows, places, strict=True):
        if place < len(sums):
            sums[place] += flow.qty
    return np.array([float(each) for each in sums])
