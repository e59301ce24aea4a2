"""Folds every execution of the account: position, order, wallets, causes."""

from dataclasses import replace

from hedgebot.core import balances, desk, learning, orders, reconciliation, wording
from hedgebot.core.books import NEVER, PositionBook
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import State, hedge_of
from hedgebot.core.timers import Timer
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import FillSeen, FundingSeen
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Cause, Fill
from hedgebot.domain.records import FillKept, FundingKept

UNMATCHED_MS = 200
"""A fill and its balance are milliseconds apart: only what stays unexplained is read again."""
MISMATCH_MS = 500
"""A position that differs from its fills for so long is read by REST."""
SUDDEN = {
    Cause.ADL: "auto-deleveraged",
    Cause.LIQUIDATION: "LIQUIDATED",
    Cause.SETTLEMENT: "settled",
}


def seen(state: State, policy: Policy, event: FillSeen, fx: Effects) -> None:
    """From the account stream."""
    fold(state, policy, event.fill, fx)


def fold(state: State, policy: Policy, fill: Fill, fx: Effects) -> None:
    """Count an execution once, whoever caused it and however often it is told."""
    book = state.ledger.positions.setdefault(fill.instrument, PositionBook())
    if not reconciliation.first_time(book, fill):
        return
    order = desk.joined(state, fill)
    if order is not None and fill.order_id is None:
        fill = replace(fill, order_id=order.intent.order_id, cause=Cause.OURS)
    fx.keep(FillKept(fx.now, fill))
    decided_ms = order.intent.decided_ms if order else NEVER
    before = book.arithmetic
    reconciliation.fold_fill(book, fill, fx.now, decided_ms=decided_ms)
    _wallets(state, policy, fill, fx)
    hedge = hedge_of(state, fill.instrument)
    if hedge is not None:
        if before is not None and book.arithmetic is not None:
            learning.traded(state, hedge.policy.asset, fill, book.arithmetic - before)
        state.wakes.move(hedge.policy.asset)
        watch(state, fill.instrument, fx)
        if order is None:
            _unasked(state, fill, fx)
    if order is not None:
        orders.note_fill(order, fill)
        desk.tell(state, policy, order, fx, told=orders.arrived(order))


def funding(_state: State, _policy: Policy, event: FundingSeen, fx: Effects) -> None:
    """Cash that the wallet shows already: only the ledger wants it."""
    fx.keep(FundingKept(fx.now, event))


def watch(state: State, instrument: InstrumentId, fx: Effects) -> None:
    """Look at a position that is not settled until it is."""
    if not reconciliation.agrees(state.ledger.positions[instrument]):
        state.wakes.timers.ask(Timer("position", instrument), fx.now + MISMATCH_MS)


def _wallets(state: State, policy: Policy, fill: Fill, fx: Effects) -> None:
    for leg in fill.legs:
        asset = policy.stands_for(leg.asset)[0]
        if asset not in state.hedges:
            continue
        account = policy.venue(leg.wallet.partition(":")[0]).account
        book = state.ledger.assets.get((account, leg.asset))
        if book is None:
            continue
        explained = balances.note_leg(book, leg, venue_ms=fill.venue_ms, now=fx.now)
        state.wakes.moved.add(asset)  # decided when its balance follows, or by the timer
        if explained:
            state.wakes.dirty.add(asset)
        state.wakes.timers.ask(Timer("balance", f"{account}/{leg.asset}"), fx.now + UNMATCHED_MS)
        fee_alone = (leg.asset, leg.change) == (fill.fee_asset, -fill.fee)
        if fill.cause is not Cause.OURS and not fee_alone:  # nor what a hedge's own order earned
            what = wording.quantity(fill.instrument, fill.qty)
            text = f"{wording.VERBS[fill.side]} {what} on {fill.instrument}"
            wording.note_cause(state.hedges[asset], text)


def _unasked(state: State, fill: Fill, fx: Effects) -> None:
    """An execution of ours that no open order explains: foreign, forced, or late."""
    hedge = state.hedges[state.markets[fill.instrument].hedge]
    text = (
        f"{wording.VERBS[fill.side]} {wording.quantity(fill.instrument, fill.qty)} "
        f"on {fill.instrument} at {fill.price.normalize():f}"
    )
    if fill.order_id is not None:
        text = f"late fill of a closed order: {text}"
        fx.tell(Severity.WARNING, f"late-fill:{fill.instrument}:{fill.trade_id}", text)
    elif fill.cause in SUDDEN:
        text = f"{SUDDEN[fill.cause]}: {text}"
        key = f"{fill.cause}:{fill.instrument}:{fill.trade_id}"
        fx.tell(Severity.CRITICAL, key, f"{hedge.policy.asset}: {text}")
    else:
        text = f"not by hedgebot: {text}"
        key = f"foreign-fill:{fill.instrument}:{fill.trade_id}"
        fx.tell(Severity.WARNING, key, f"{hedge.policy.asset}: {text}")
    wording.note_cause(hedge, text)
