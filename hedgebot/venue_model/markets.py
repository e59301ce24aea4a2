"""What can be traded at the modelled venue: steps, limits, fees, maintenance brackets."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hedgebot.domain.instruments import Kind


@dataclass(frozen=True, slots=True)
class Bracket:
    """One tier of maintenance margin, by notional in the settlement coin."""

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
    """A spot pair or a perpetual. Quantities in base coins, of an inverse one in contracts."""

    symbol: str
    """The venue's own: BTCUSDT, BTCUSD_PERP."""
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
    """Perpetuals only; ascending."""
    contract: Decimal = Decimal(1)
    """Inverse only: USD in one contract."""
    funding_hours: int = 8
    funding_cap: Decimal = Decimal("0.02")
    liquidation_fee: Decimal = Decimal("0.0125")
    take_bound: Decimal = Decimal("0.05")
    """How far from the mark a market order may reach, as a fraction."""

    @property
    def settle(self) -> str:
        """The coin of margin, profit and fees."""
        return self.base if self.kind is Kind.INVERSE else self.quote

    def worth(self, price: Decimal) -> Decimal:
        """What one unit counts at a price, in the settlement coin: profit is its change.

        Linear: the price itself. Inverse: a contract of C USD is bought by owing C / price coins,
        so it counts -C / price, which rises with the price too.
        """
        return -self.contract / price if self.kind is Kind.INVERSE else price

    def price_at(self, worth: Decimal) -> Decimal:
        """The price at which one unit counts so much; zero for zero."""
        if self.kind is Kind.INVERSE:
            return -self.contract / worth if worth else worth
        return worth

    def notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """Size of a quantity in the settlement coin: positive."""
        return abs(qty * self.worth(price))

    def bracket(self, notional: Decimal) -> Bracket:
        """The tier that holds this notional (its absolute value); the last one above all caps."""
        for tier in self.brackets:
            if abs(notional) < tier.cap:
                return tier
        return self.brackets[-1]
