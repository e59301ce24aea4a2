"""What can be traded at the modelled venue: steps, limits, fees, maintenance brackets."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hedgebot.domain.instruments import Kind


@dataclass(frozen=True, slots=True)
class Bracket:
    """One tier of maintenance margin, by notional in quote."""

    floor: Decimal
    cap: Decimal
    leverage_max: int
    rate: Decimal
    """Maintenance margin per notional."""
    cum: Decimal
    """The maintenance amount: what keeps the margin continuous across tiers."""


def brackets(tiers: Sequence[tuple[int, int, str]]) -> tuple[Bracket, ...]:
    """Tiers of (cap, largest leverage, maintenance rate); floors and `cum` follow from them.

    `cum` of a tier is that of the tier below plus floor x (difference of rates).
    """
    found = [
        Bracket(Decimal(0), Decimal(tiers[0][0]), tiers[0][1], Decimal(tiers[0][2]), Decimal(0))
    ]
    for (floor, _, low), (cap, leverage, high) in pairwise(tiers):
        cum = found[-1].cum + floor * (Decimal(high) - Decimal(low))
        found.append(Bracket(Decimal(floor), Decimal(cap), leverage, Decimal(high), cum))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """A spot pair or a linear perpetual. Quantities in base coins (contracts of 1 base)."""

    symbol: str
    """The venue's own: BTCUSDT."""
    kind: Kind
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    price_digits: int
    """Decimals that the venue prints."""
    qty_digits: int
    qty_min: Decimal
    qty_max: Decimal
    market_qty_max: Decimal
    price_min: Decimal
    price_max: Decimal
    notional_min: Decimal
    up_max: Decimal
    """Highest limit as a multiple of the mark (spot: of the average price)."""
    down_min: Decimal
    fee_maker: Decimal
    fee_taker: Decimal
    brackets: tuple[Bracket, ...] = ()
    """Linear only; ascending."""
    funding_hours: int = 8
    funding_cap: Decimal = Decimal("0.02")
    liquidation_fee: Decimal = Decimal("0.0125")
    take_bound: Decimal = Decimal("0.05")
    """How far from the mark a market order may reach, as a fraction."""

    def bracket(self, notional: Decimal) -> Bracket:
        """The tier that holds this notional (its absolute value); the last one above all caps."""
        for tier in self.brackets:
            if abs(notional) < tier.cap:
                return tier
        return self.brackets[-1]
