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
    """Signed quantity and its cost: the sum of signed quantity x worth still open.

    Worth is what one unit counts in the settlement coin (`Market.worth`); linear: the price.
    Averaged so, the entry price of an inverse position is the harmonic mean of its prices.
    Cost rather than entry price is stored because it stays exact through every partial close.
    """

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    """Realised since it was opened, before fees."""
    updated_ms: int = 0

    @property
    def average(self) -> Decimal:
        """Average worth of a unit at entry; zero when flat."""
        return self.cost / self.qty if self.qty else ZERO

    def unrealized(self, worth: Decimal) -> Decimal:
        """Profit where a unit counts so much, in the settlement coin, unrounded."""
        return self.qty * worth - self.cost

    def traded(self, change: Decimal, worth: Decimal, now: int) -> tuple["Position", Decimal]:
        """The position after buying `change` (negative: selling), and the profit realised.

        Closing realises (worth - average) x closed quantity, rounded to the cash step; what the
        rounding leaves stays in the cost, so no cash is ever lost. A trade through zero closes
        first and opens the rest at the worth.
        """
        if self.qty * change >= 0:
            opened = self if self.qty else Position()
            return replace(
                opened, qty=self.qty + change, cost=self.cost + change * worth, updated_ms=now
            ), ZERO
        closed = max(change, -self.qty) if change < 0 else min(change, -self.qty)
        share = self.cost * (-closed / self.qty)
        profit = cash(-closed * worth - share)
        qty = self.qty + closed
        left = Position(
            qty,
            self.cost + closed * worth + profit if qty else ZERO,
            self.realized + profit,
            now,
        )
        if closed == change:
            return left, profit
        opened, _ = Position(updated_ms=now).traded(change - closed, worth, now)
        return opened, profit
