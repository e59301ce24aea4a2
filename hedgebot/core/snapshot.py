"""Folds a REST snapshot: orders first, then fills, then what they should add up to."""

from hedgebot.core import account, control, desk, feeds, fills, found, reconciliation
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Stop
from hedgebot.domain.events import Scope, SnapshotTaken
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Fill
from hedgebot.domain.records import WatermarkKept


def taken(state: State, policy: Policy, event: SnapshotTaken, fx: Effects) -> None:
    """What REST said, if it is of the present epoch: each is read whole when it begins."""
    venue = state.venues[event.venue]
    first = venue.first_ms
    if not feeds.taken(venue, event, fx.now):
        return
    fx.recovered(f"read:{event.venue}", f"{event.venue} can be read again")
    _orders_and_positions(state, policy, event, fx)
    if _refused(fx):
        return
    account.snapshot_balances(state, policy, event, fx)
    for mode in event.modes:
        control.hear_mode(state, policy, mode, fx)
    if control.mode_is_wrong(state.control):
        feeds.want(state, event.venue, fx.now + feeds.MODE_REREAD_MS)
    found.forget_foreign(state, event, fx)
    if event.scope is Scope.FULL:
        _advance_watermarks(state, event, fx)
    if first != venue.first_ms:
        _read_twice(state, policy, event.venue, fx)
    feeds.check(state, policy, event.venue, fx)
    state.wakes.dirty.update(state.hedges)


def _orders_and_positions(state: State, policy: Policy, event: SnapshotTaken, fx: Effects) -> None:
    """A first position comes before the fills listed with it: its date tells which are in it.

    Without a date (a flat one) they all are, and it comes after them, as a later one does.
    """
    first = [row for row in event.positions if row.venue_ms and _unread(state, row.instrument)]
    for row in first:
        account.snapshot_position(state, policy, row, event, fx=fx)
    for report in (*event.orders, *event.open_orders):
        desk.report(state, policy, report, fx)
    if _refused(fx):
        return
    for fill in event.fills:
        if _before_our_time(state, fill):
            reconciliation.first_time(state.ledger.positions[fill.instrument], fill)
        else:
            fills.fold(state, policy, fill, fx)
    for row in event.positions:
        if row not in first:
            account.snapshot_position(state, policy, row, event, fx=fx)


def _refused(fx: Effects) -> bool:
    """Another writer was found. Its trades are not kept, nor a watermark beyond them: should a
    person adopt this account at the next start, that one must list them all.
    """
    return any(isinstance(action, Stop) for action in fx.actions)


def _unread(state: State, instrument: InstrumentId) -> bool:
    book = state.ledger.positions.get(instrument)
    return book is not None and book.arithmetic is None


def _before_our_time(state: State, fill: Fill) -> bool:
    """A trade from before the first start of this journal: it is in the first position read."""
    ledger = state.ledger
    return (
        fill.instrument not in ledger.watermarks
        and fill.instrument in ledger.positions
        and fill.order_id is None
        and fill.venue_ms < ledger.begun_ms - reconciliation.SKEW_MS
    )


def _read_twice(state: State, policy: Policy, name: str, fx: Effects) -> None:
    """Wallets first read at different moments may show a transfer twice, or not at all: each is
    read once more after the last of them, and what moved in between shows as pending.
    """
    label = policy.venue(name).account
    same = [venue.name for venue in policy.venues if venue.account == label]
    wallets = sum(len(policy.venue(each).wallets) for each in same)
    for each in same if wallets > 1 else ():
        state.venues[each].again_ms = fx.now
        feeds.want(state, each, fx.now + 1)


def _advance_watermarks(state: State, event: SnapshotTaken, fx: Effects) -> None:
    """Everything up to the request is in the journal once this step is committed.

    Our clock stands for the venue's: the listing overlaps by more than the two may differ.
    """
    for instrument, market in state.markets.items():
        if market.hedge and market.instrument.venue == event.venue:
            state.ledger.watermarks[instrument] = event.requested_ms
            fx.keep(WatermarkKept(instrument, event.requested_ms))
