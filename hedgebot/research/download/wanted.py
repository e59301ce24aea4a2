"""What is to be downloaded, from what a person writes."""

import re
from dataclasses import dataclass

from hedgebot.adapters.binance.options import Family
from hedgebot.adapters.binance.past import Prices
from hedgebot.errors import HedgebotError

UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
INTERVALS = (
    "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d",
)  # fmt: skip
"""Lengths that every market of the venue has; weeks and months have no grid of one step."""
SYMBOL = re.compile(r"(?P<base>[A-Z0-9]+)/(?P<quote>[A-Z0-9]+)(?::(?P<settle>[A-Z0-9]+))?")
FUNDING = "funding"


class BadWish(HedgebotError):
    """What was asked for cannot be downloaded; one line a problem."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One series."""

    exchange: Family
    symbol: str
    prices: Prices | None
    """None is funding."""
    interval: str

    @property
    def step_ms(self) -> int:
        """A bar's length."""
        return step_ms_of(self.interval)

    @property
    def spot(self) -> bool:
        return self.exchange == "binance"

    @property
    def what(self) -> str:
        """As its name says it; trades are not named."""
        if self.prices is None:
            return FUNDING
        return "" if self.prices is Prices.TRADES else self.prices.value


def wanted_of(symbols: list[str], interval: str) -> tuple[Wanted, ...]:
    """The series of those symbols: of a perpetual its trades, mark, index and funding.

    Raises:
        BadWish: a symbol or the interval is none; all of them at once.
    """
    problems = []
    if interval not in INTERVALS:
        problems.append(f"--interval {interval}: write one of {', '.join(INTERVALS)}")
    found: list[Wanted] = []
    for symbol in dict.fromkeys(symbols):
        exchange = exchange_of(symbol)
        if exchange is None:
            problems.append(
                f"{symbol}: write a ccxt symbol: BTC/USDT is spot, BTC/USDT:USDT the perpetual in "
                "dollars, BTC/USD:BTC the one settled in the coin"
            )
            continue
        parts = (Prices.TRADES,) if exchange == "binance" else (*Prices, None)
        found += [Wanted(exchange, symbol, part, interval) for part in parts]
    if not symbols:
        problems.append("name at least one symbol: BTC/USDT:USDT")
    if problems:
        raise BadWish("\n".join(problems))
    return tuple(found)


def exchange_of(symbol: str) -> Family | None:
    """The family that lists such a symbol; None: it is no symbol."""
    said = SYMBOL.fullmatch(symbol)
    if said is None:
        return None
    if said["settle"] is None:
        return "binance"
    if said["settle"] == said["quote"]:
        return "binanceusdm"
    return "binancecoinm" if said["settle"] == said["base"] else None


def step_ms_of(interval: str) -> int:
    """Milliseconds of `15m`."""
    return int(interval[:-1]) * UNITS_MS[interval[-1]]
