"""Folds a REST snapshot: orders first, then fills, then what they should add up to."""

from hedgebot.core import account, control, desk, feeds, fills, found
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.events import Scope, SnapshotTaken
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.records import WatermarkKept


def taken(state: State, policy: Policy, event: SnapshotTaken, fx: Effects) -> None:
    """What REST said, if it is of the present epoch; else it is asked for again."""
    venue = state.venues[event.venue]
    if not feeds.taken(venue, event):
        feeds.want(state, event.venue, fx.now)
        return
    fx.recovered(f"read:{event.venue}", f"{event.venue} can be read again")
    _orders_and_positions(state, policy, event, fx)
    account.snapshot_balances(state, policy, event, fx)
    for mode in event.modes:
        control.hear_mode(state, policy, mode, fx)
    found.forget_foreign(state, event, fx)
    if event.scope is Scope.FULL:
        _advance_watermarks(state, event, fx)
    feeds.check(state, policy, event.venue, fx)
    state.wakes.dirty.update(state.hedges)


def _orders_and_positions(state: State, policy: Policy, event: SnapshotTaken, fx: Effects) -> None:
    """A first position comes before the fills of the past, which are in it; a later one after."""
    first = [row for row in event.positions if _unread(state, row.instrument)]
    for row in first:
        account.snapshot_position(state, policy, row, event, fx=fx)
    for report in (*event.orders, *event.open_orders):
        desk.report(state, policy, report, fx)
    for fill in event.fills:
        fills.fold(state, policy, fill, fx)
    for row in event.positions:
        if row not in first:
            account.snapshot_position(state, policy, row, event, fx=fx)


def _unread(state: State, instrument: InstrumentId) -> bool:
    book = state.ledger.positions.get(instrument)
    return book is not None and book.arithmetic is None


def _advance_watermarks(state: State, event: SnapshotTaken, fx: Effects) -> None:
    """Everything up to the newest row listed is in the journal once this step is committed."""
    for instrument, market in state.markets.items():
        if market.instrument.venue != event.venue or not market.hedge:
            continue
        rows = [o.venue_ms for o in event.orders if o.instrument == instrument]
        rows += [f.venue_ms for f in event.fills if f.instrument == instrument]
        newest = max(rows, default=0)
        if newest > state.ledger.watermarks.get(instrument, 0):
            state.ledger.watermarks[instrument] = newest
            fx.keep(WatermarkKept(instrument, newest))
