"""Which order brings a hedge back: instrument, whole lots, limit. Nothing here approves it."""

from dataclasses import dataclass
from decimal import Decimal

from hedgebot.core import freshness, margin, pricing, sizing, wording
from hedgebot.core.books import Market
from hedgebot.core.bounds import Bounds, least_lots
from hedgebot.core.failover import FAILOVER_MS
from hedgebot.core.policy import Policy
from hedgebot.core.state import Filtered, Hedge, State
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Purpose
from hedgebot.domain.records import Verdict

Why = tuple[Verdict, str]
"""Why there is no order."""


@dataclass(frozen=True, slots=True)
class Need:
    """What an order is for: the bounds at both ends of what is pending."""

    low: Bounds
    high: Bounds
    reducing: bool = False
    """Only what shrinks a position."""
    flatten: InstrumentId | None = None
    """Close this position, whatever the delta."""
    purpose: Purpose = Purpose.REBALANCE
    shut: frozenset[InstrumentId] = frozenset()
    """Not to be traded (`failover`)."""
    aim: float | None = None
    """Where a trade ends, as a share of the width; None: where the policy says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An order that would be right; not approved yet."""

    instrument: InstrumentId
    lots: int
    """Signed."""
    price: Decimal
    mark: float
    reduce_only: bool
    purpose: Purpose


def position_lots(state: State, instrument: InstrumentId) -> int:
    """Our position in whole lots, towards zero; signed."""
    qty = state.ledger.positions[instrument].arithmetic or Decimal(0)
    return int(qty / state.markets[instrument].instrument.lot)


def propose(state: State, policy: Policy, hedge: Hedge, now: int, *, need: Need) -> Proposal | Why:
    """The order that fits the need, or why there is none."""
    foreign = _foreign(state, hedge)
    if foreign and not policy.allow_foreign_orders:
        return Verdict.WAIT, foreign
    if now < hedge.pace.not_before_ms:
        return Verdict.WAIT, hedge.pace.reason
    if now < hedge.pace.cooldown_until_ms and need.flatten is None:
        return Verdict.WAIT, "cooling down"
    selling = need.low.deviation > 0
    if need.flatten is not None:
        selling = position_lots(state, need.flatten) > 0
    market = _choose(state, policy, hedge, now, direction=-1 if selling else 1, need=need)
    if isinstance(market, str):
        return Verdict.WAIT, market
    position = position_lots(state, market.instrument.id)
    shrinks = position > 0 if selling else position < 0
    least = _least(policy, market, shrinks=shrinks)
    lots = -position if need.flatten is not None else _lots(hedge, market, need, least)
    closing = sizing.closing_lots(lots, position) if shrinks else 0
    held = hedge.pace.barred.get(market.instrument.id)
    barred = held.lots if isinstance(held, Filtered) and now < held.until_ms else 0
    most = margin.most(None if closing or isinstance(held, Filtered) else held, least, now)
    return _sized(policy, hedge, market, _Size(lots, closing, least, most, need.purpose, barred))


@dataclass(frozen=True, slots=True)
class _Size:
    lots: int
    closing: int
    """Lots that only shrink the position, 0 where the order would not shrink it."""
    least: int
    most: int | None
    """What the margin may carry; None: as far as anybody knows, any."""
    purpose: Purpose
    barred: int
    """Lots that were refused and are not tried again yet; 0: none."""


def _choose(
    state: State, policy: Policy, hedge: Hedge, now: int, *, direction: int, need: Need
) -> Market | str:
    """Shrink the least preferred position first, open on the most preferred instrument.

    Where its prices are missing, or its margin carries no more, the next one stands in, but not for
    a moment's sake: at a start they only come one after the other.
    """
    own = [each for each in hedge.policy.instruments if each not in need.shut]
    shrinks = [i for i in reversed(own) if position_lots(state, i) * direction < 0]
    if need.flatten is not None:
        shrinks = [need.flatten]
    elif need.reducing and not shrinks:
        return "reducing only: no position to shrink"
    doubt = ""
    for instrument in shrinks or own:
        market = state.markets[instrument]
        venue = state.venues[market.instrument.venue]
        doubt = freshness.mark_doubt(market, policy.limits, now)
        doubt = doubt or freshness.touch_doubt(market, venue, policy.limits, now)
        if not doubt and not shrinks and _spent(policy, hedge, market, now):
            doubt = f"margin of {instrument} carries no more"
        if not doubt:
            return market
        if hedge.out_ms is None or now - hedge.out_ms < FAILOVER_MS:
            return doubt  # looked at again every WAIT_POLL_MS, as every hedge that waits
    return doubt


def _spent(policy: Policy, hedge: Hedge, market: Market, now: int) -> bool:
    room = margin.room_of(hedge, market.instrument.id)
    return margin.most(room, least_lots(market, policy.limits.collar), now) == 0


def _least(policy: Policy, market: Market, *, shrinks: bool) -> int:
    if shrinks and market.instrument.close_exempt_from_notional_min:
        return market.instrument.lots_min
    return least_lots(market, policy.limits.collar)


def _lots(hedge: Hedge, market: Market, need: Need, least: int) -> int:
    """What is right at both ends, in lots of that market."""
    aim = hedge.policy.aim(below=need.low.deviation < 0) if need.aim is None else need.aim
    return sizing.agreed_lots(need.low.lots(market, aim, least), need.high.lots(market, aim, least))


def _sized(policy: Policy, hedge: Hedge, market: Market, size: _Size) -> Proposal | Why:
    """Clip to one slice, hold against the minimum, find the limit."""
    instrument, mark = market.instrument, market.mark
    lots = sizing.slice_lots(
        size.closing or size.lots,
        notional_max=hedge.policy.order.notional_max,
        lot_value=market.steps.lot_value(mark),
        lots_max=market.steps.lots_max,
    )
    if abs(lots) < size.least:
        smallest = wording.quantity(instrument.id, instrument.qty(size.least))
        return Verdict.TOO_SMALL, f"the smallest order of {instrument.id} is {smallest}"
    if size.most is not None:
        lots = max(-size.most, min(size.most, lots))
    if lots == size.barred:
        return Verdict.WAIT, hedge.pace.reason
    price = limit_price(policy, hedge, market, selling=lots < 0)
    if price is None:
        return Verdict.WAIT, f"touch of {instrument.id} is outside the collar of its mark"
    through_zero = size.closing and abs(size.closing) < abs(size.lots)
    rebalance = size.purpose is Purpose.REBALANCE
    return Proposal(
        instrument=instrument.id,
        lots=lots,
        price=price,
        mark=mark,
        reduce_only=bool(size.closing),
        purpose=Purpose.CLOSE_FIRST if through_zero and rebalance else size.purpose,
    )


def limit_price(policy: Policy, hedge: Hedge, market: Market, *, selling: bool) -> Decimal | None:
    """The IOC's limit, a whole number of ticks; None where it could not meet the touch."""
    style, touch, steps = hedge.policy.order, market.touch, market.steps
    assert touch is not None
    collar = policy.limits.collar
    slippage = pricing.slippage_now(hedge.pace.thin, style.slippage_max, style.slippage_urgent)
    if selling:
        floor = market.mark * max(1.0 - collar, steps.price_floor)
        ticks = pricing.sell_ticks(touch.bid, slippage, floor, steps.tick)
        meets = ticks * steps.tick <= touch.bid * (1.0 + 1e-9)
    else:
        ceiling = market.mark * min(1.0 + collar, steps.price_ceiling)
        ticks = pricing.buy_ticks(touch.ask, slippage, ceiling, steps.tick)
        meets = ticks * steps.tick >= touch.ask * (1.0 - 1e-9)
    return market.instrument.tick * ticks if meets else None


def _foreign(state: State, hedge: Hedge) -> str:
    """Open orders on our instruments that are not ours."""
    own = hedge.policy.instruments
    found = [o.text for (instrument, _), o in state.desk.foreign.items() if instrument in own]
    return f"foreign open order: {found[0]}" if found else ""
