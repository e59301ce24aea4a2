"""What moves prices by itself."""

from decimal import Decimal
from typing import Protocol

from hedgebot.sim.exchange import Exchange
from hedgebot.sim.still import move_price


class Immovable(Exception):
    """A price that cannot be set by hand."""


class Market(Protocol):
    """A source of prices and depth."""

    beat_ms: float
    """How often `advance` wants to be called."""

    def advance(self, elapsed_ms: float) -> None:
        """Do what is due by this long after the start."""
        ...

    def jump(self, symbol: str, price: Decimal) -> None:
        """Go to a price of a perpetual, and on from there."""
        ...


class StillMarket:
    """Moves only when told."""

    beat_ms = 1_000.0

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def advance(self, elapsed_ms: float) -> None:
        """Nothing happens by itself."""

    def jump(self, symbol: str, price: Decimal) -> None:
        """Go to a price."""
        move_price(self.exchange, symbol, price)
