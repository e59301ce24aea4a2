"""What follows when an order is over: the pace of the next one, the line people read."""

from dataclasses import replace

from hedgebot.core import (
    bounds,
    exposure,
    learning,
    limits,
    lines,
    margin,
    pricing,
    remedies,
    risk,
    wording,
)
from hedgebot.core.books import Market
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import Filled, Filtered, Hedge, Order, State
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import NotSent, Refused
from hedgebot.domain.orders import OrderIntent, Refusal
from hedgebot.domain.records import CloseReason, OrderMoved, Verdict

RETRY_MS = 200
RETRY_MS_MAX = 5_000
RETRIES_MAX = 5
"""In a row; then a critical alert, and one try every RETRY_SLOW_MS: no gate latches shut."""
RETRY_SLOW_MS = 10_000
BARRED_MS = 20_000
"""What a filter refused is not tried again as it is, unless an input changes."""
THIN = 0.1
"""An IOC that filled less than this part of itself."""
THIN_PAUSE_MS = 500
THIN_URGENT_PAUSE_MS = 10_000


def note_refusal(
    state: State, policy: Policy, order: Order, *, event: Refused, fx: Effects
) -> None:
    """When to try again, as a new decision with a new id, and how much."""
    intent = order.intent
    hedge = state.hedges[intent.asset]
    pace = hedge.pace
    pace.reason = f"refused: {event.code} {event.message}".rstrip()
    if event.refusal is Refusal.MARGIN and not intent.reduce_only:
        margin.refused(hedge, order)
        pace.not_before_ms = fx.now + max(margin.SMALLER_MS, event.retry_after_ms)
        _say_no_margin(state, policy, intent, fx)
        return
    _back_off(hedge, fx, at_least_ms=event.retry_after_ms)
    if event.refusal is Refusal.FILTER:
        lots = intent.lots * intent.side.value
        pace.barred[intent.instrument] = Filtered(lots, fx.now + BARRED_MS)
        _say_refused(hedge, f"{pace.reason}: not tried again as it is", fx)


def _say_no_margin(state: State, policy: Policy, intent: OrderIntent, fx: Effects) -> None:
    """What is not hedged for want of margin, and how much is missing as far as that is known."""
    hedge, market = state.hedges[intent.asset], state.markets[intent.instrument]
    room = margin.room_of(hedge, intent.instrument)
    least = bounds.least_lots(market, policy.limits.collar)
    then = "nothing more fits" if room and margin.spent(room, least) else "a smaller order is next"
    qty = wording.quantity(intent.instrument, intent.qty)
    left = wording.naked(hedge)
    text = f"{intent.asset}: {hedge.pace.reason}: {qty} on {intent.instrument}, {then}; {left}"
    shown = bounds.shown(hedge.policy, hedge.outlook, market, policy.limits.collar)
    leverage = policy.venue(market.instrument.venue).leverage
    text += wording.margin_wanted(market, shown, leverage) + wording.at_stake(hedge, market, shown)
    fx.raise_alert(Severity.CRITICAL, f"margin:{intent.asset}", text, gist=left)


def note_not_sent(hedge: Hedge, event: NotSent, fx: Effects) -> None:
    """Nothing left the machine: try again, at the pace of refusals."""
    hedge.pace.reason = f"not sent: {event.reason}"
    _back_off(hedge, fx, at_least_ms=0)


def _back_off(hedge: Hedge, fx: Effects, *, at_least_ms: int) -> None:
    pace = hedge.pace
    pace.refusals += 1
    pause_ms = min(RETRY_MS * 2 ** (pace.refusals - 1), RETRY_MS_MAX)
    if pace.refusals > RETRIES_MAX:
        pause_ms = RETRY_SLOW_MS
        _say_refused(hedge, f"{pace.refusals} tries in a row: {pace.reason}", fx)
    pace.not_before_ms = fx.now + max(pause_ms, at_least_ms)


def _say_refused(hedge: Hedge, what: str, fx: Effects) -> None:
    asset, reason = hedge.policy.asset, hedge.pace.reason
    text = f"{asset}: {what}; {wording.naked(hedge)}"
    remedy = remedies.gate_remedy(reason)
    fx.raise_alert(Severity.CRITICAL, f"refused:{asset}", text, gist=reason, remedy=remedy)


def closed(state: State, policy: Policy, order: Order, *, row: OrderMoved, fx: Effects) -> None:
    """An order is over: the hedge may decide again."""
    intent = order.intent
    del state.desk.orders[intent.order_id]
    state.desk.known[intent.order_id] = order.reported.said_ms  # what is older is old news
    hedge = state.hedges[intent.asset]
    left = replace(intent, qty=intent.qty - order.execution.qty)
    unfilled = risk.notional(state.markets[intent.instrument], left)
    limits.settle(state.desk, intent, unfilled, sent=row.reason is not CloseReason.NOT_SENT)
    state.ledger.positions[intent.instrument].closed_ms = fx.now
    state.wakes.move(intent.asset)
    hedge.outlook = exposure.compute(state, policy, intent.asset)
    fx.recovered(f"unknown:{intent.order_id:x}", f"{intent.asset}: order is {row.reason}")
    if row.reason in {CloseReason.REJECTED, CloseReason.NOT_SENT} and not order.execution.qty:
        if order.reported.end is not None:  # refused by its state, not by an error
            hedge.pace.reason = f"rejected: {row.detail}"
            _back_off(hedge, fx, at_least_ms=0)
        return
    if row.reason is CloseReason.NEVER_ARRIVED:
        text = f"{intent.asset}: an order never arrived: {row.detail}; {wording.naked(hedge)}"
        fx.raise_alert(Severity.WARNING, f"never-arrived:{intent.asset}", text)
        hedge.pace.reason = "the last order never arrived"
        _back_off(hedge, fx, at_least_ms=0)
        return
    _note_fill_ratio(hedge, order, state.markets[intent.instrument], fx)
    learning.ended(state, order, fx.now)
    _say_closed(state, policy, order, row=row, fx=fx)


def _note_fill_ratio(hedge: Hedge, order: Order, market: Market, fx: Effects) -> None:
    pace, style, asset = hedge.pace, hedge.policy.order, hedge.policy.asset
    pace.refusals = 0
    margin.filled(hedge, order, int(order.execution.qty / market.instrument.lot))
    fx.recovered(f"refused:{asset}", f"{asset}: orders are taken again")
    fx.recovered(f"never-arrived:{asset}", f"{asset}: orders arrive again")
    if order.execution.qty:
        pace.traded = True
    if float(order.execution.qty / order.intent.qty) >= THIN:
        price = market.steps.coin_price(order.intent.mark)
        pace.thin, hedge.filled = 0, Filled(fx.now, order.intent.purpose, price)
        return
    before = pricing.slippage_now(pace.thin, style.slippage_max, style.slippage_urgent)
    pace.thin += 1
    now = pricing.slippage_now(pace.thin, style.slippage_max, style.slippage_urgent)
    if now > before:
        text = f"{asset}: three orders filled under 10 %: slippage {before:.2%} -> {now:.2%}"
        fx.tell(Severity.WARNING, f"slippage:{asset}", text)
    urgent = pace.thin >= 3 and now >= style.slippage_urgent
    pace.reason = "the book did not fill the last order"
    pace.not_before_ms = fx.now + (THIN_URGENT_PAUSE_MS if urgent else THIN_PAUSE_MS)


def _say_closed(
    state: State, policy: Policy, order: Order, *, row: OrderMoved, fx: Effects
) -> None:
    """One log line, and one alert where something was filled."""
    intent = order.intent
    hedge, market = state.hedges[intent.asset], state.markets[intent.instrument]
    text = wording.closed(order, row, hedge)
    shown = bounds.shown(hedge.policy, hedge.outlook, market, policy.limits.collar)
    assert row.reason is not None
    said = lines.Said(
        verdict=Verdict.TRADE,
        reason=row.reason,
        text=text,
        shown=shown,
        intent=intent,
        cost=wording.cost(order),
    )
    fx.keep(lines.line(state, hedge, said, fx.now))
    if order.execution.qty:
        fx.tell(Severity.INFO, f"rebalanced:{intent.asset}", text)
