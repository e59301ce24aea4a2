"""A local exchange with a recorded past, and downloads from it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from hedgebot.adapters.binance.options import Network
from hedgebot.adapters.binance.past import Span
from hedgebot.research.download import Download, Report, download, wanted_of
from hedgebot.research.download.patience import Patience
from hedgebot.sim.binance.server import serve
from hedgebot.sim.config import Barred, SimConfig
from hedgebot.sim.exchange import Exchange
from tests.research.histories import BEGIN, rates, walk
from tests.research.middleman import Middleman, standing_before

HOURS = 1_300
BEGIN_MS = int(BEGIN.timestamp() * 1000)
LONG_AFTER = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
LINEAR, SPOT, INVERSE = "BTC/USDT:USDT", "BTC/USDT", "BTC/USD:BTC"
PERP = "BTCUSDT_perp_1h"


def recorded(folder: Path, **frames: Any) -> Path:
    """Bar files of one coin, whole unless a test gives others."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = walk(HOURS, seed=2).drop("volume")
    found = {
        "BTCUSDT_spot_1h": walk(HOURS, seed=1),
        PERP: walk(HOURS, seed=2),
        "BTCUSDT_perp_mark_1h": mark,
        "BTCUSDT_perp_index_1h": walk(HOURS, seed=3).drop("volume"),
        "BTCUSDT_perp_funding_8h": rates(HOURS // 8 + 1),
        "BTCUSD_PERP_1h": walk(HOURS, seed=4),
        "BTCUSD_PERP_mark_1h": walk(HOURS, seed=5).drop("volume"),
        "BTCUSD_PERP_index_1h": walk(HOURS, seed=6).drop("volume"),
        "BTCUSD_PERP_funding_8h": rates(HOURS // 8 + 1),
        **frames,
    }
    for name, frame in found.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def spot_only(folder: Path) -> Path:
    """One bar file: a town that is built in no time."""
    folder.mkdir(parents=True)
    walk(HOURS, seed=1).write_parquet(folder / "BTCUSDT_spot_1h.parquet")
    return folder


@dataclass
class Quiet:
    said: list[str] = field(default_factory=list)

    def begin(self, name: str, span: Span) -> None: ...

    def reached(self, at_ms: int) -> None: ...

    def say(self, text: str) -> None:
        self.said.append(text)


@dataclass
class PastTown:
    """The exchange, who stands before it, and what was recorded."""

    source: Path
    exchange: Exchange
    man: Middleman
    told: Quiet = field(default_factory=Quiet)

    async def bring(
        self, out: Path, *symbols: str, begin: int = BEGIN_MS, end: int | None = None,
        interval: str = "1h", within_s: float = 20.0,
    ) -> dict[str, Report]:  # fmt: skip
        plan = Download(
            wanted=wanted_of(list(symbols or (LINEAR,)), interval), folder=out, begin_ms=begin,
            end_ms=end, network=Network.LOCAL, rest_url=self.man.url,
            patience=Patience(within_s, pause_s=0.01),
        )  # fmt: skip
        return {report.name: report for report in await download(plan, self.told)}

    def same(self, out: Path, name: str) -> bool:
        """Whether the file holds what was recorded, bit for bit."""
        was, came = (pl.read_parquet(folder / f"{name}.parquet") for folder in (self.source, out))
        was = was.with_columns(pl.col("date").dt.cast_time_unit("ms"))
        return was.equals(came.select(was.columns))


@asynccontextmanager
async def past_town(source: Path, *, wall_ms: int = LONG_AFTER) -> AsyncIterator[PastTown]:
    """With a clock that stands, long after all bars unless told otherwise."""
    config = SimConfig(market=Barred(source, speed=0.001), wall_ms=lambda: wall_ms)
    running = await serve(config)
    try:
        async with standing_before(running.rest_url) as man:
            yield PastTown(source, running.exchange, man)
    finally:
        await running.close()
