"""The book that an order meets: a price that moved against it, a spread, and levels."""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hedgebot.domain.instruments import Side
from hedgebot.research.backtest.options import Frictions
from hedgebot.venue_model.book import Level
from hedgebot.venue_model.markets import Market

ENDLESS = Decimal(10) ** 15
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Meeting:
    """What an order finds at the venue when it arrives."""

    arrived: Decimal
    """The price then, moved against the order."""
    touch: Decimal
    """Best price of the other side."""
    levels: tuple[list[Level], list[Level]]
    """Bids and asks; the side that the order does not meet is empty."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The market as the bars tell it."""

    price: float
    span: float
    """High less low of its bar, as a fraction of the price."""
    bar_ms: int
    volume: float
    """A minute, in the instrument's own unit; infinite: not told."""


def half_spread(frictions: Frictions, market: Market, price: Decimal) -> Decimal:
    """At least half a tick: nobody shows less."""
    return max(market.tick / 2, price * Decimal(repr(frictions.half_spread)))


def touch_of(frictions: Frictions, market: Market, price: float) -> tuple[float, float]:
    """Best bid and ask around a price."""
    half = float(half_spread(frictions, market, Decimal(repr(price))))
    return price - half, price + half


def shown(frictions: Frictions, price: float) -> float:
    """Coins at the touch."""
    return frictions.depth_usd / price


def meeting(
    frictions: Frictions,
    market: Market,
    moment: Moment,
    *,
    side: Side,
    qty: Decimal,
    limit: Decimal,
) -> Meeting:
    """The book in front of an order for so much, in the venue's unit, as far as its limit."""
    price = Decimal(repr(moment.price))
    share = min(1.0, frictions.latency_ms / moment.bar_ms)
    move = Decimal(repr(frictions.adverse * moment.span * math.sqrt(share)))
    arrived = price * (ONE + side.value * move)
    touch = _on_tick(arrived + side.value * half_spread(frictions, market, price), side, market)
    room = _room(frictions, market, moment, qty)
    levels = _levels(frictions, market, touch, side=side, wanted=min(qty, room), limit=limit)
    return Meeting(arrived, touch, ([], levels) if side is Side.BUY else (levels, []))


def _on_tick(price: Decimal, side: Side, market: Market) -> Decimal:
    """Away from the order."""
    rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
    return (price / market.tick).to_integral_value(rounding) * market.tick


def _room(frictions: Frictions, market: Market, moment: Moment, qty: Decimal) -> Decimal:
    """What can be had at all, whole lots."""
    most = moment.volume * frictions.share
    if not math.isfinite(most):
        return qty if most > 0 else Decimal(0)
    unit = market.lot * market.contract
    return Decimal(repr(most)) // unit * market.lot


def _levels(
    frictions: Frictions,
    market: Market,
    touch: Decimal,
    *,
    side: Side,
    wanted: Decimal,
    limit: Decimal,
) -> list[Level]:
    step = touch * Decimal(repr(frictions.level))
    dollars = Decimal(repr(frictions.depth_usd))
    each = dollars / market.contract if market.contract != ONE else dollars / touch
    each = max(each // market.lot * market.lot, market.lot)
    found: list[Level] = []
    left, count = wanted, 0
    while left > 0:
        price = _on_tick(touch + side.value * step * count, side, market)
        if (price - limit) * side.value > 0:
            break
        piece = min(each, left)
        if found and found[-1][0] == price:
            found[-1] = (price, found[-1][1] + piece)
        else:
            found.append((price, piece))
        left, count = left - piece, count + 1
    return found
