"""What moves prices by itself."""

from decimal import Decimal
from typing import Protocol

from hedgebot.sim.exchange import Exchange
from hedgebot.sim.still import move_price


class Market(Protocol):
    """A source of prices and depth."""

    def advance(self, elapsed_ms: float) -> None:
        """Do what is due by this long after the start."""
        ...

    def jump(self, symbol: str, price: Decimal) -> None:
        """Go to a price of a perpetual, and on from there."""
        ...


class StillMarket:
    """Moves only when told."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def advance(self, elapsed_ms: float) -> None:
        """Nothing happens by itself."""

    def jump(self, symbol: str, price: Decimal) -> None:
        """Go to a price."""
        move_price(self.exchange, symbol, price)
