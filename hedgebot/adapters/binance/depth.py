"""An order book as REST answers it: exact, best prices first."""

from decimal import Decimal
from typing import Any, NamedTuple

from hedgebot.adapters.binance.names import moment, number

Level = tuple[Decimal, Decimal]
"""Price and quantity."""


class Depth(NamedTuple):
    """Both sides of a book at one moment."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    venue_ms: int
    """When the venue answered; 0 where it names no time."""


def depth_of(body: Any) -> Depth:
    """Read an answer of `depth`.

    Raises:
        ValueError, KeyError, TypeError: it is none, or crossed.
    """
    bids, asks = _levels(body["bids"]), _levels(body["asks"])
    if bids and asks and bids[0][0] >= asks[0][0]:
        raise ValueError("the book is crossed")
    return Depth(bids, asks, moment(body.get("E")))


def _levels(rows: Any) -> tuple[Level, ...]:
    levels = tuple((number(price), number(qty)) for price, qty in rows)
    if any(price <= 0 or qty < 0 for price, qty in levels):
        raise ValueError("a level without a price")
    return levels
