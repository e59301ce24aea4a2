"""What is held and hedged: the same plans, in coins of another size."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Coin:
    """An asset with its spot pair and its perpetual."""

    asset: str
    spot: str
    perp: str
    unified: str
    """The perpetual in ccxt's words."""
    multiplier: Decimal
    """Coins in one unit of the perpetual."""
    unit: Decimal
    """Coins that a plan's `1` stands for."""
    lot: Decimal
    """Of the perpetual, in its own unit."""
    tick: Decimal
    least: Decimal
    """Coins of the smallest order that opens a position, at the first price, and a little more."""

    def coins(self, size: str) -> str:
        """A plan's size in coins, exact."""
        return f"{(Decimal(size) * self.unit).normalize():f}"

    def contracts(self, size: str) -> str:
        """A plan's size in the perpetual's own unit, on its lot."""
        qty = Decimal(size) * self.unit / self.multiplier
        return f"{(qty // self.lot * self.lot).normalize():f}"


def _coin(asset: str, perp: str, **numbers: str) -> Coin:
    unified = perp.removesuffix("USDT") + "/USDT:USDT"
    exact = {name: Decimal(text) for name, text in numbers.items()}
    return Coin(asset, f"{asset}USDT", perp, unified, **exact)


COINS = {
    "BTC": _coin(
        "BTC", "BTCUSDT", multiplier="1", unit="1", lot="0.001", tick="0.10", least="0.001"
    ),
    "PEPE": _coin(
        "PEPE", "1000PEPEUSDT", multiplier="1000", unit="50000000", lot="1", tick="0.0000001",
        least="520000",
    ),
}  # fmt: skip
