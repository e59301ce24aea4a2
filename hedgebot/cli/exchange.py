"""`sim binance`: the local exchange in the foreground."""

from pathlib import Path

import typer

from hedgebot.sim.binance.app import run as serve
from hedgebot.sim.config import Generated, MarketPlan, Replayed, SimConfig, Still


def run(*, port: int, seed: int, ticks: Path | None, still: bool, api_key: str) -> None:
    """Serve until stopped.

    Raises:
        typer.Exit: with the exchange's exit code.
    """
    market = _market(ticks, still=still)
    raise typer.Exit(serve(SimConfig(port=port, seed=seed, market=market, api_key=api_key)))


def _market(ticks: Path | None, *, still: bool) -> MarketPlan:
    if ticks is not None:
        return Replayed(ticks)
    return Still() if still else Generated()
