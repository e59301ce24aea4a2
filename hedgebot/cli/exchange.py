"""`sim binance`: the local exchange in the foreground."""

from pathlib import Path

import typer

from hedgebot.sim.binance.app import run as serve
from hedgebot.sim.config import Generated, Replayed, SimConfig


def run(*, port: int, seed: int, ticks: Path | None) -> None:
    """Serve until stopped.

    Raises:
        typer.Exit: with the exchange's exit code.
    """
    market = Generated() if ticks is None else Replayed(ticks)
    raise typer.Exit(serve(SimConfig(port=port, seed=seed, market=market)))
