"""Small worlds to play: a book, a folder of prices, and what is asked of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import polars as pl

from hedgebot.core.policy import Policy
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.research.backtest import Flow, Opening, Options, Result, run
from hedgebot.research.history import read_history
from tests.core.world import POLICY
from tests.research.histories import BEGIN, HOUR, folder, rates, walk

PERP = InstrumentId("perp:BTC/USDT:USDT")
SPOT, MARGIN = WalletId("spot:spot"), WalletId("perp:futures")
HOUR_MS = 3_600_000
BEGIN_MS = int(BEGIN.timestamp() * 1000)


def bars(
    prices: Sequence[float], *, begin: datetime = BEGIN, step: timedelta = HOUR, volume: float = 6e4
) -> Any:
    """Bars that close at those prices, each opening where the one before closed."""
    rows = []
    for number, close in enumerate(prices):
        before = prices[number - 1] if number else close
        low, high = min(before, close), max(before, close)
        rows.append((begin + number * step, before, high, low, close, volume))
    names = ["date", "open", "high", "low", "close", "volume"]
    return pl.DataFrame(rows, schema=names, orient="row")


def linear(path: Path, prices: Sequence[float] | None = None, **more: Any) -> Path:
    """A folder of a spot pair and its perpetual, with funding every eight hours."""
    table = walk().with_columns(volume=6e4) if prices is None else bars(prices)
    frames = {
        "BTCUSDT_spot_1h": table,
        "BTCUSDT_perp_1h": table,
        "BTCUSDT_perp_funding_8h": rates(table.height // 8 + 1),
    }
    return folder(path, **{**frames, **more})


def holding(coins: str, dollars: str = "1000000", **more: Any) -> Opening:
    wallets = {(SPOT, "BTC"): D(coins), (MARGIN, "USDT"): D(dollars)}
    return Opening(wallets=wallets, **more)


def played(
    path: Path, flows: Sequence[Flow] = (), *, policy: Policy = POLICY, **options: Any
) -> Result:
    """A run over a folder; ten coins are held unless told otherwise."""
    options.setdefault("opening", holding("10"))
    return run(policy, read_history(path), flows, Options(**options))


def coin(at_h: float, qty: str, **more: Any) -> Flow:
    """So many coins, so many hours after the beginning."""
    return Flow(BEGIN_MS + int(at_h * HOUR_MS), "BTC", D(qty), **more)
