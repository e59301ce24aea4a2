"""Bar files that tests write, and a replay of them without a server."""

import gzip
import zipfile
from collections.abc import Sequence
from pathlib import Path

from hedgebot.sim.bars.replay import BarReplay
from hedgebot.sim.binance.pulse import market_of
from hedgebot.sim.binance.server import build
from hedgebot.sim.config import Barred, SimConfig

NOON = 1_620_043_200_000
"""2021-05-03 12:00 UTC, ms."""
MINUTE = 60_000
WALL = 1_700_000_000_000
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)
Prices = Sequence[object]
"""Open, high, low, close."""


def dump_lines(bars: Sequence[Prices], begin: int = NOON, *, scale: int = 1) -> list[str]:
    """Lines as the venue's dumps have them, a minute each."""
    lines = []
    for number, (open_, high, low, close) in enumerate(bars):
        at = begin + number * MINUTE
        head = f"{at * scale},{open_},{high},{low},{close},5"
        lines.append(f"{head},{(at + MINUTE) * scale - 1},300000,12,2,120000,0")
    return lines


def write(path: Path, lines: Sequence[str]) -> Path:
    """A file of these lines, in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in lines).encode()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{path.stem}.csv", text)
    else:
        path.write_bytes(text)
    return path


def minutes(path: Path, *bars: Prices, begin: int = NOON) -> Path:
    """A dump of one-minute bars."""
    return write(path, dump_lines(bars, begin))


def flat(count: int, price: object) -> list[Prices]:
    """Bars without a move."""
    return [(price,) * 4] * count


def replay(folder: Path, *, speed: float = 1.0, loop: bool = False) -> BarReplay:
    """The folder on its way through an exchange whose wall clock stands."""
    plan = Barred(folder, speed, loop=loop)
    exchange, _ = build(SimConfig(market=plan, wall_ms=lambda: WALL))
    market = market_of(exchange)
    assert isinstance(market, BarReplay)
    return market
