"""A step of its own after the books: native assets in US dollars, with each price's source."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.ledger.exact import times

PARITY = "taken as one dollar"
DOLLARS = frozenset({"USD", "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI"})


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one coin."""

    usd: Decimal
    source: str
    """Where it comes from, for people."""
    at_ms: int


def price_of(asset: str, prices: Mapping[str, Price]) -> Price | None:
    """A known price, or one dollar for a coin that stands for it; None: nobody named one."""
    if asset in prices:
        return prices[asset]
    return Price(Decimal(1), PARITY, 0) if asset in DOLLARS else None


def in_usd(change: Decimal, price: Price | None) -> Decimal | None:
    """Exact product; None without a price."""
    return None if price is None else times(change, price.usd)
