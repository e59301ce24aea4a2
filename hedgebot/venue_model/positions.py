"""A futures position and its exact arithmetic."""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

ZERO = Decimal(0)
CASH = Decimal("0.00000001")
"""The venue books cash in steps of 1e-8."""


def cash(value: Decimal) -> Decimal:
    """Round to the venue's cash step."""
    return value.quantize(CASH, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Position:
    """Signed quantity and its cost: the sum of signed quantity x price still open.

    Cost rather than entry price is stored because it stays exact through every partial close.
    """

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    """Realised since it was opened, before fees."""
    updated_ms: int = 0

    @property
    def entry(self) -> Decimal:
        """Average entry price, quote; zero when flat."""
        return self.cost / self.qty if self.qty else ZERO

    def unrealized(self, mark: Decimal) -> Decimal:
        """Profit at this mark, quote, unrounded."""
        return self.qty * mark - self.cost

    def traded(self, change: Decimal, price: Decimal, now: int) -> tuple["Position", Decimal]:
        """The position after buying `change` (negative: selling), and the profit realised.

        Closing realises (price - entry) x closed quantity, rounded to the cash step; what the
        rounding leaves stays in the cost, so no cash is ever lost. A trade through zero closes
        first and opens the rest at the price.
        """
        if self.qty * change >= 0:
            opened = self if self.qty else Position()
            return replace(
                opened, qty=self.qty + change, cost=self.cost + change * price, updated_ms=now
            ), ZERO
        closed = max(change, -self.qty) if change < 0 else min(change, -self.qty)
        share = self.cost * (-closed / self.qty)
        profit = cash(-closed * price - share)
        qty = self.qty + closed
        left = Position(
            qty,
            self.cost + closed * price + profit if qty else ZERO,
            self.realized + profit,
            now,
        )
        if closed == change:
            return left, profit
        opened, _ = Position(updated_ms=now).traded(change - closed, price, now)
        return opened, profit
