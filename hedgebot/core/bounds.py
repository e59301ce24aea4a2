"""Target and band of one hedge in coins, at a given amount of what is pending."""

from dataclasses import dataclass

from hedgebot.core import band
from hedgebot.core.books import Market
from hedgebot.core.policy import BandUnit, HedgePolicy
from hedgebot.core.sizing import hedge_lots
from hedgebot.core.state import Outlook

HAIR = 1e-9
UNITS = {BandUnit.COIN: band.COIN, BandUnit.PERCENT: band.PERCENT, BandUnit.USD: band.USD}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the net delta is and where it may be, coins."""

    net_delta: float
    target: float
    below: float
    """Width under the target, as configured."""
    above: float
    least: float
    """The smallest order that opens: no side is narrower (invariant 3 rests on it)."""

    @property
    def deviation(self) -> float:
        return self.net_delta - self.target

    @property
    def lower(self) -> float:
        """Least net delta inside the band."""
        return self.target - max(self.below, self.least)

    @property
    def upper(self) -> float:
        """Greatest net delta inside the band."""
        return self.target + max(self.above, self.least)

    @property
    def inside(self) -> bool:
        """Whether the net delta is inside the band, as wide as it is counted."""
        return self.lower <= self.net_delta <= self.upper

    @property
    def as_configured(self) -> bool:
        """Whether the net delta is inside the band as the user wrote it."""
        hair = HAIR * self.least  # an order aimed at the edge ends on it, but for float error
        return -self.below - hair <= self.deviation <= self.above + hair

    def lots(self, market: Market, aim: float, lots_min: int) -> int:
        """Signed lots of that market which bring the net delta back; 0 inside the band."""
        return hedge_lots(
            self.deviation,
            below=max(self.below, self.least),
            above=max(self.above, self.least),
            aim=aim,
            lot=market.steps.lot_coins(market.mark),
            lots_min=lots_min,
        )


def at(
    hedge: HedgePolicy,
    look: Outlook,
    market: Market,
    *,
    pending: float,
    least: int,
    unsure: float = 0.0,
) -> Bounds:
    """The bounds with so much of what is pending counted.

    Args:
        hedge: target, band.
        look: the exposure.
        market: the instrument whose mark values the band.
        pending: coins, between `look.low` and `look.high`.
        least: smallest order that opens, lots of that market.
        unsure: by how much the hedge may be other than counted, coins (`failover`).
    """
    gross = look.gross + pending
    target = band.target_delta(
        gross,
        target=float("nan" if hedge.target is None else hedge.target),
        ratio=float(hedge.ratio or 0),
    )
    mark, steps = market.mark, market.steps
    coin_price = steps.coin_price(mark)
    unit = UNITS[hedge.band.unit]
    return Bounds(
        net_delta=gross + look.hedge + unsure,
        target=target,
        below=band.side_width(hedge.band.lower, unit, gross, coin_price),
        above=band.side_width(hedge.band.upper, unit, gross, coin_price),
        least=least * steps.lot_coins(mark),
    )


def shown(hedge: HedgePolicy, look: Outlook, market: Market, collar: float) -> Bounds | None:
    """The bounds with everything pending counted, as the venue says it; None without a mark."""
    if not market.mark:
        return None
    least = least_lots(market, collar)
    return at(hedge, look, market, pending=look.low + look.high, least=least)


def least_lots(market: Market, collar: float) -> int:
    """Smallest order that opens: the venue values it at its limit, up to a collar off the mark."""
    steps = market.steps
    value = steps.lot_value(market.mark * (1.0 - collar))
    return band.least_lots(steps.lots_min, steps.notional_min, value)
