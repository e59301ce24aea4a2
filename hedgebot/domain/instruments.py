"""What can be traded, and in which steps."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum, StrEnum
from typing import NewType

InstrumentId = NewType("InstrumentId", str)
"""`<venue entry>:<ccxt symbol>`, as the settings write it: `perp:BTC/USDT:USDT`."""

WalletId = NewType("WalletId", str)
"""`<venue entry>:<wallet>`: `spot:spot`, `perp:futures`."""


def is_inverse(instrument: InstrumentId) -> bool:
    """Whether it is settled in its own coin: `coin:BTC/USD:BTC`; its quantities are dollars."""
    coin, _, rest = instrument.partition(":")[2].partition("/")
    return bool(coin) and rest.partition(":")[2] == coin


class Kind(StrEnum):
    """How an instrument carries delta."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"
    OPTION = "option"


class Side(Enum):
    """Side of an order or a fill; the value is its sign."""

    BUY = 1
    SELL = -1

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One market of one venue entry, with its steps and minimums.

    Quantities are in the instrument's own unit: base coins for spot and linear, USD for inverse.
    """

    id: InstrumentId
    venue: str
    account: str
    symbol: str
    market_id: str
    kind: Kind
    asset: str
    """The coin whose delta it carries, aliases applied."""
    quote: str
    settle: str
    coins_per_unit: Decimal = Decimal(1)
    """Coins of `asset` in one unit of a linear quantity: 1000 for 1000PEPE. Inverse ignores it."""
    units_per_contract: Decimal = Decimal(1)
    """The venue's contract in our unit: 100 USD on COIN-M BTC, 1 on USDT-M."""
    lot: Decimal
    """Quantity step, own unit."""
    tick: Decimal
    """Price step, quote per base."""
    lots_min: int = 1
    lots_max: int = 2**53
    """Largest quantity of one order, in lots."""
    notional_min: Decimal = Decimal(0)
    """Smallest notional of an order that opens, quote."""
    close_exempt_from_notional_min: bool = True
    """Whether reduce-only orders may be smaller than that (Binance exempts them from -4164)."""
    price_up_max: Decimal | None = None
    price_down_min: Decimal | None = None
    """The venue's own price bounds, as multiples of the mark (Binance PERCENT_PRICE)."""

    def lots(self, qty: Decimal) -> int:
        """Quantity in whole lots.

        Raises:
            ValueError: the quantity is not a whole number of lots.
        """
        lots = int((qty / self.lot).to_integral_value(ROUND_HALF_EVEN))
        if lots * self.lot != qty:
            raise ValueError(f"{self.id}: {qty} is not a whole number of lots of {self.lot}")
        return lots

    def qty(self, lots: int) -> Decimal:
        """Quantity of so many lots, own unit, same sign."""
        return self.lot * lots
