"""What a venue makes of the premium of a perpetual over its index."""

from decimal import Decimal

INTEREST = Decimal("0.0001")
"""Of eight hours, at Hyperliquid and for most perpetuals of Binance."""
BOUND = Decimal("0.0005")


def eight_hour_rate(premium: Decimal) -> Decimal:
    """The average premium P, drawn towards the interest I: P + clamp(I - P, +-5 bp), a fraction."""
    return premium + max(-BOUND, min(BOUND, INTEREST - premium))


def hyperliquid_rate(premium: Decimal) -> Decimal:
    """What Hyperliquid settles each hour: an eighth of the rate of eight hours, before its cap.

    Source: Hyperliquid Docs, Trading, Funding; and its own settlements of 2024, row by row.
    """
    return eight_hour_rate(premium) / 8
