"""`sim binance`: the local exchange in the foreground."""

from pathlib import Path

import typer

from hedgebot.cli.said import USAGE, complain
from hedgebot.sim.binance.app import run as serve
from hedgebot.sim.config import Barred, Generated, MarketPlan, Replayed, SimConfig, Still


def run(*, port: int, seed: int, market: MarketPlan, api_key: str) -> None:
    """Serve until stopped.

    Raises:
        typer.Exit: with the exchange's exit code.
    """
    raise typer.Exit(serve(SimConfig(port=port, seed=seed, market=market, api_key=api_key)))


def market_of(
    *, ticks: Path | None, bars: Path | None, still: bool, speed: float | None
) -> MarketPlan:
    """What moves the prices, as the options say.

    Raises:
        typer.Exit: they contradict each other.
    """
    if (ticks is not None) + (bars is not None) + still > 1:
        complain("--ticks, --bars and --still exclude each other")
        raise typer.Exit(USAGE)
    if speed is not None and ticks is None and bars is None:
        complain("--speed goes with --ticks or --bars")
        raise typer.Exit(USAGE)
    pace = 1.0 if speed is None else speed
    if ticks is not None:
        return Replayed(ticks, pace)
    if bars is not None:
        return Barred(bars, pace)
    return Still() if still else Generated()
