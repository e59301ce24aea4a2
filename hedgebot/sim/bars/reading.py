"""Bars and funding rates of one file, checked line by line."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from hedgebot.sim.bars.rows import bar_rows, rate_rows, time_ms
from hedgebot.sim.unusable import Unusable

ZERO = Decimal(0)
RATE_MAX = Decimal("0.1")
"""Of one settlement; the venue's caps are far below. More is a per cent or another column."""


class Bar(NamedTuple):
    """Prices of a span of time that begins at `open_ms`."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    """In the file's own unit; zero where it tells none that can be read. It moves nothing."""


class Rate(NamedTuple):
    """A funding rate and when it was settled."""

    at_ms: int
    rate: Decimal


def bars(path: Path) -> Iterator[Bar]:
    """The bars of a file, each after the one before.

    Raises:
        Unusable: a line is no bar, or its time does not follow.
    """
    last_ms = 0
    for number, cells in bar_rows(path):
        try:
            open_, high, low, close = prices = [Decimal(cell) for cell in cells[1:5]]
            bar = Bar(time_ms(cells[0]), open_, high, low, close, _volume(cells[5]))
        except (InvalidOperation, ValueError) as error:
            raise Unusable(f"line {number} is no bar: {', '.join(cells)}") from error
        if not all(price.is_finite() and price > ZERO for price in prices):
            raise Unusable(f"line {number} has a price that is not above zero")
        if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
            raise Unusable(f"line {number}: open and close are not between low and high")
        _follows(number, bar.open_ms, last_ms)
        last_ms = bar.open_ms
        yield bar


def _volume(text: str) -> Decimal:
    try:
        volume = Decimal(text)
    except InvalidOperation:
        return ZERO
    return volume if volume.is_finite() and volume > ZERO else ZERO


def rates(path: Path) -> Iterator[Rate]:
    """The funding rates of a file, each after the one before.

    Raises:
        Unusable: a line is no rate, or its time does not follow.
    """
    last_ms = 0
    for number, cells in rate_rows(path):
        try:
            rate = Rate(time_ms(cells[0]), Decimal(cells[1]))
        except (InvalidOperation, ValueError) as error:
            raise Unusable(f"line {number} is no funding rate: {', '.join(cells)}") from error
        if not (rate.rate.is_finite() and abs(rate.rate) <= RATE_MAX):
            raise Unusable(f"line {number}: no funding rate is {rate.rate} of the notional")
        _follows(number, rate.at_ms, last_ms)
        last_ms = rate.at_ms
        yield rate


def _follows(number: int, at_ms: int, last_ms: int) -> None:
    if at_ms <= last_ms:
        order = "once more" if at_ms == last_ms else f"after {said(last_ms)}"
        raise Unusable(f"line {number} is out of order: {said(at_ms)} {order}")


def said(at_ms: int) -> str:
    """A time as a person reads it, UTC; seconds only where there are any."""
    moment = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
