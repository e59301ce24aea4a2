"""Sums that do not round."""

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact

EXACT = Context(prec=400, traps=[Inexact])
"""Sums of a ledger have far fewer digits; should one not fit after all, it raises."""
ZERO = Decimal(0)


def total(parts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    found = ZERO
    for part in parts:
        found = EXACT.add(found, part)
    return found


def less(whole: Decimal, part: Decimal) -> Decimal:
    """The exact difference."""
    return EXACT.subtract(whole, part)


def times(one: Decimal, other: Decimal) -> Decimal:
    """The exact product."""
    return EXACT.multiply(one, other)
