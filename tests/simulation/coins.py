"""What is held and hedged: the same plans, in coins of another size, on one perpetual or two."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

FUTURES, COIN = "futures", "coin-futures"
"""USDT-M and COIN-M, as the exchange calls its markets."""


@dataclass(frozen=True, slots=True)
class Perp:
    """A perpetual. Its own unit is a contract where it is inverse."""

    market: str
    entry: str
    """The venue in the settings."""
    symbol: str
    unified: str
    """In ccxt's words."""
    prefix: str
    """Of its REST paths."""
    lot: Decimal
    """In its own unit."""
    tick: Decimal
    multiplier: Decimal = Decimal(1)
    """Coins in one unit of a linear one."""
    usd: Decimal = Decimal(0)
    """Dollars in one contract of an inverse one; 0: it is linear."""

    def coins(self, units: Decimal, mark: Decimal) -> Decimal:
        """Delta of an order of so many units, coins, at that mark."""
        return units * self.usd / mark if self.usd else units * self.multiplier

    def contracts(self, coins: Decimal, mark: Decimal) -> str:
        """A quantity in its own unit, on its lot."""
        qty = coins * mark / self.usd if self.usd else coins / self.multiplier
        return f"{(qty // self.lot * self.lot).normalize():f}"

    @property
    def order(self) -> str:
        """Where orders are sent."""
        return f"{self.prefix}/v1/order"


@dataclass(frozen=True, slots=True)
class Coin:
    """An asset with its spot pair and its perpetuals."""

    asset: str
    spot: str
    unit: Decimal
    """Coins that a plan's `1` stands for."""
    least: Decimal
    """Coins of the smallest order that opens a position, at the first price, and a little more."""
    perps: Mapping[str, Perp]
    """By market."""

    def coins(self, size: str) -> str:
        """A plan's size in coins, exact."""
        return f"{(Decimal(size) * self.unit).normalize():f}"

    def traded(self, markets: str) -> tuple[Perp, ...]:
        """The perpetuals that a setup names, by preference."""
        return tuple(self.perps[market] for market in markets.split("+"))


def _linear(symbol: str, lot: str, tick: str, multiplier: str = "1") -> Perp:
    unified = symbol.removesuffix("USDT") + "/USDT:USDT"
    steps = (Decimal(lot), Decimal(tick), Decimal(multiplier))
    return Perp(FUTURES, "perp", symbol, unified, "/fapi", *steps)


_INVERSE = Perp(
    COIN, "coin", "BTCUSD_PERP", "BTC/USD:BTC", "/dapi", Decimal(1), Decimal("0.1"),
    usd=Decimal(100),
)  # fmt: skip
COINS = {
    "BTC": Coin(
        "BTC", "BTCUSDT", Decimal(1), Decimal("0.0018"),
        {FUTURES: _linear("BTCUSDT", "0.001", "0.10"), COIN: _INVERSE},
    ),
    "PEPE": Coin(
        "PEPE", "PEPEUSDT", Decimal(50_000_000), Decimal(520_000),
        {FUTURES: _linear("1000PEPEUSDT", "1", "0.0000001", "1000")},
    ),
}  # fmt: skip
