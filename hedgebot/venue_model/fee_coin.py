"""Fees in the venue's own coin, at a discount, as the account owner may switch on.

Source: Binance, "Use BNB to pay for fees": 25 % less on spot, 10 % less on USDT-M, none on COIN-M.
The coin is taken from the wallet that trades; where it holds too little, the whole fee is taken as
without the switch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.venue_model.positions import cash

COIN = "BNB"
SPOT_RATE = Decimal("0.75")
LINEAR_RATE = Decimal("0.90")

Charge = tuple[Decimal, str]
"""A fee and its coin."""


@dataclass(frozen=True, slots=True)
class FeeCoin:
    """The switch, turned on."""

    rate: Decimal
    """What is left of the fee after the discount."""
    coins_for: Callable[[str], Decimal]
    """Coins that one of an asset is worth; zero where the venue has no price."""

    def charge(self, room: Decimal, fee: Decimal, asset: str) -> Charge:
        """What is taken instead of a fee in `asset`, of a wallet with so much room for it."""
        coins = cash(fee * self.rate * self.coins_for(asset))
        return (coins, COIN) if 0 < coins <= room else (fee, asset)
