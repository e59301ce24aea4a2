"""The last look at an order. Only this module makes an `Approved`; it trusts nobody before it."""

from decimal import Decimal

from hedgebot.core import control, freshness, limits, reconciliation
from hedgebot.core.books import Market
from hedgebot.core.policy import Policy
from hedgebot.core.propose import position_lots
from hedgebot.core.state import Hedge, State
from hedgebot.domain.actions import Approved
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import Phase, TradingState

ROUNDING = 1e-9


def review(state: State, policy: Policy, intent: OrderIntent, now: int) -> Approved | str:
    """Approve the order, or name the rule it breaks."""
    hedge, market = state.hedges[intent.asset], state.markets[intent.instrument]
    refusal = (
        _not_allowed(state, hedge, intent)
        or _not_settled(state, policy, intent, now)
        or _not_fresh(state, policy, market, now)
        or _bad_size(hedge, market, intent)
        or _bad_price(policy, market, intent)
        or _over_cap(state, policy, intent, now)
    )
    return refusal or Approved(intent)


def notional(market: Market, intent: OrderIntent) -> Decimal:
    """Quote value at the limit."""
    return intent.qty if market.steps.inverse else intent.qty * intent.price


def shrinks(state: State, intent: OrderIntent) -> bool:
    """Whether the order only shrinks abs(position)."""
    position = position_lots(state, intent.instrument)
    return position * intent.side.value < 0 and intent.lots <= abs(position)


def _not_allowed(state: State, hedge: Hedge, intent: OrderIntent) -> str:
    hold = control.effective(state.control, intent.asset)
    if state.control.stopping or hold.state is TradingState.HALTED:
        return "trading is halted"
    if intent.instrument not in hedge.policy.instruments:
        return "the instrument is not the hedge's own"
    if intent.reduce_only != shrinks(state, intent):
        return "reduce-only and the position do not agree"
    if hold.state is not TradingState.ACTIVE and not intent.reduce_only:
        return f"{hold.state} allows only what shrinks a position"
    return ""


def _not_settled(state: State, policy: Policy, intent: OrderIntent, now: int) -> str:
    """Invariant 1, over all instruments of the hedge. Its exception: an outcome that is unknown,
    or a venue that cannot be believed, excuses its own instrument, never the one that is traded.
    """
    orders = (o for o in state.desk.orders.values() if o.intent.asset == intent.asset)
    busy = {order.intent.instrument: order.phase for order in orders}
    for own in state.hedges[intent.asset].policy.instruments:
        elsewhere = own != intent.instrument
        venue = state.markets[own].instrument.venue
        if elsewhere and freshness.account_doubt(state, policy, venue, now):
            continue
        if own in busy and not (elsewhere and busy[own] is Phase.UNKNOWN):
            return "one order is outstanding"
        if own not in busy and not reconciliation.agrees(state.ledger.positions[own]):
            return "a position is not settled"
    return ""


def _not_fresh(state: State, policy: Policy, market: Market, now: int) -> str:
    venue = market.instrument.venue
    return (
        freshness.account_doubt(state, policy, venue, now)
        or freshness.mark_doubt(market, policy.limits, now)
        or freshness.touch_doubt(market, state.venues[venue], policy.limits, now)
    )


def _bad_size(hedge: Hedge, market: Market, intent: OrderIntent) -> str:
    instrument = market.instrument
    if intent.qty != instrument.qty(intent.lots):
        return "the quantity is not its lots"
    if not instrument.lots_min <= intent.lots <= instrument.lots_max:
        return "the quantity is outside the venue's bounds"
    value = float(notional(market, intent))
    room = 1.0 + hedge.policy.order.slippage_urgent + ROUNDING
    if value > hedge.policy.order.notional_max * room + market.steps.lot_value(market.mark):
        return "the notional is over notional_max"
    exempt = intent.reduce_only and instrument.close_exempt_from_notional_min
    if value < market.steps.notional_min and not exempt:
        return "the notional is under the venue's minimum"
    return ""


def _bad_price(policy: Policy, market: Market, intent: OrderIntent) -> str:
    if intent.price % market.instrument.tick:
        return "the limit is not a whole number of ticks"
    ratio = float(intent.price) / market.mark
    if abs(ratio - 1.0) > policy.limits.collar + ROUNDING:
        return "the limit is outside the collar of the mark"
    if not market.steps.price_floor - ROUNDING <= ratio <= market.steps.price_ceiling + ROUNDING:
        return "the limit is outside the venue's price bounds"
    return ""


def _over_cap(state: State, policy: Policy, intent: OrderIntent, now: int) -> str:
    """Caps stop what opens; what shrinks a position is exempt."""
    if intent.reduce_only:
        return ""
    asset, caps = intent.asset, policy.limits
    sent = limits.used(state.desk, limits.orders_name(asset), length_ms=limits.MINUTE_MS, now=now)
    if sent >= caps.orders_per_minute:
        return "orders_per_minute is reached"
    day = limits.used(state.desk, limits.notional_name(asset), length_ms=limits.DAY_MS, now=now)
    value = notional(state.markets[intent.instrument], intent)
    return "notional_day is reached" if float(day + value) > caps.notional_day else ""
