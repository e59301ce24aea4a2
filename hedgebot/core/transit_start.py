"""Withdrawn coins at a start: what the journal knows, and what left while nobody looked."""

from dataclasses import replace
from decimal import Decimal

from hedgebot.core import account, arrivals, exposure, transit, withdrawals
from hedgebot.core.books import NEVER, ZERO, Rise, Transit
from hedgebot.core.effects import Effects
from hedgebot.core.explain import SEARCH_MS_MAX
from hedgebot.core.policy import Policy
from hedgebot.core.reconciliation import SKEW_MS
from hedgebot.core.state import State
from hedgebot.core.withdrawals import name_of
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import WithdrawalsRead, WithdrawalsUnread
from hedgebot.domain.records import Durable, TransitEnd, TransitKept
from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState

POLL_MS = 100
CUT_MS = 1_000
"""Records name whole seconds: one of this second is dated before now."""


def recalled(policy: Policy, durable: Durable, now: int) -> Transit:
    """What the journal knows. Coins that no hedge counts any more are left out."""
    hedged = {hedge.asset for hedge in policy.hedges}
    venues = {venue.name for venue in policy.venues}
    marks = {(row.venue, row.coin): row.venue_ms for row in durable.transit_marks}
    held = {
        name_of(row.venue, row.record_id): row
        for row in sorted(durable.transits, key=lambda row: row.since_ms)
        if row.end is None and row.venue in venues and policy.stands_for(row.coin)[0] in hedged
    }
    used = {name_of(row.venue, row.record_id): row.since_ms for row in durable.transits}
    holds = policy.limits.transit_hold_ms > 0
    starting = {
        venue.name: now
        for venue in policy.venues
        if holds and venue.tells_withdrawals and marks.get((venue.name, ""))
    }
    return Transit(held, used, marks, starting=starting, rises=_rises(policy, durable))


def _rises(policy: Policy, durable: Durable) -> list[Rise]:
    """What holdings rose by and no withdrawal explained yet."""
    assets = {holding.label: holding.asset for holding in policy.holdings}
    known: dict[tuple[str, int], Decimal] = {}
    for row in durable.transits:
        if row.end is TransitEnd.ARRIVED:
            key = (policy.stands_for(row.coin)[0], row.at_ms)
            known[key] = known.get(key, ZERO) + transit.coins(policy, row)
    rises: list[Rise] = []
    for rise in durable.rises:
        asset = assets.get(rise.label, "")
        left = rise.rise - known.get((asset, rise.at_ms), ZERO)
        if asset and left > rise.rise * arrivals.ABOUT:
            rises.append(Rise(asset, rise.at_ms, left, rise.label))
    return rises[-arrivals.RISES_MAX :]


def check(state: State, policy: Policy, fx: Effects) -> None:
    """The timer of everything in transit."""
    _begin(state, policy, fx)
    for asset in state.hedges:
        _settings_changed(state, policy, asset, fx)
    for venue in list(state.ledger.transit.starting):
        _read_at_start(state, venue, fx)
    transit.expire(state, policy, fx)
    wakes = [transit.ends_ms(policy, item) for item in state.ledger.transit.held.values()]
    wakes += [fx.now + POLL_MS for _ in state.ledger.transit.starting]
    if wakes:
        state.wakes.timers.ask(transit.TIMER, min(wakes))


def read(state: State, policy: Policy, event: WithdrawalsRead, fx: Effects) -> None:
    """The records came. The first ones of a start tell what was withdrawn while nobody looked."""
    withdrawals.heard(state, event)
    if state.ledger.transit.starting.pop(event.venue, None) is not None:
        _since_last_start(state, policy, event, fx)
        state.wakes.dirty.update(state.hedges)


def unread(state: State, _policy: Policy, event: WithdrawalsUnread, _fx: Effects) -> None:
    """No records: asked for again for as long as something waits for them."""
    withdrawals.heard(state, event)


def _begin(state: State, policy: Policy, fx: Effects) -> None:
    """From the first start that holds withdrawals on, later starts look for missed ones.

    A start that holds none ends that: what leaves meanwhile is traded.
    """
    holds = policy.limits.transit_hold_ms > 0
    for venue in policy.venues:
        known = state.ledger.transit.marks.get((venue.name, ""), 0)
        if known and not holds:
            transit.mark(state, venue.name, "", fx, venue_ms=0)
        elif holds and venue.tells_withdrawals and not known:
            transit.mark(state, venue.name, "", fx, venue_ms=fx.now - CUT_MS)


def _settings_changed(state: State, policy: Policy, asset: str, fx: Effects) -> None:
    """While no daemon ran a holding was set, or its number in the settings file was changed."""
    items = list(transit.held(state, policy, asset))
    if items:
        rise = exposure.outside(state, policy, asset) - items[-1].outside
        where = "the coins kept elsewhere"
        arrivals.told(state, policy, asset, fx, rise=rise, where=where)


def _read_at_start(state: State, venue: str, fx: Effects) -> None:
    """Nothing is traded before it is known what was withdrawn while nobody looked.

    The wallet is read first: coins that come back in between must not count twice.
    """
    room = state.ledger.transit
    if state.venues[venue].first_ms == NEVER:
        room.starting[venue] = fx.now
        return
    if fx.now - room.starting[venue] < SEARCH_MS_MAX:
        held = (item.since_ms for item in room.held.values() if item.venue == venue)
        withdrawals.ask(state, venue, min([room.marks[venue, ""], *held]), fx)
        return
    del room.starting[venue]
    transit.mark(state, venue, "", fx, venue_ms=state.venues[venue].first_ms - CUT_MS)
    text = f"withdrawal records of {venue} cannot be read: what left before this start is traded"
    trouble = room.searches[venue].trouble if venue in room.searches else ""
    fx.tell(Severity.WARNING, f"withdrawals:{venue}", f"{text} ({trouble or 'no answer'})")
    state.wakes.dirty.update(state.hedges)


def _since_last_start(state: State, policy: Policy, event: WithdrawalsRead, fx: Effects) -> None:
    """Withdrawals that the journal does not know, and what became of those that it does.

    One that was requested after the wallet's first reading is left to the change that it makes.
    What is not held now never will be, should its record come later.
    """
    room = state.ledger.transit
    latest_ms = state.venues[event.venue].first_ms
    failed: list[TransitKept] = []
    for record in sorted(event.withdrawals, key=lambda each: each.applied_ms):
        item = room.held.get(name_of(event.venue, record.record_id))
        if item is not None and record.state is WithdrawalState.FAILED:
            failed.append(item)
            continue
        until_ms = _read_until_ms(state, policy, event.venue, record.coin)
        latest_ms = max(latest_ms, until_ms)
        if record.applied_ms <= until_ms and _missed(
            state, policy, event.venue, record, now=fx.now
        ):
            debit = record.qty + record.fee
            row = transit.hold(state, policy, record, fx, venue=event.venue, debit=debit)
            row = replace(row, since_ms=min(record.applied_ms, fx.now))
            transit.keep(state, row, fx)
            state.wakes.timers.ask(transit.TIMER, transit.ends_ms(policy, row))
            text = f"{transit.named(row)} left before this start: it is in transit and still counts"
            transit.tell(state, policy, row, fx, severity=Severity.WARNING, text=text)
            asset, _ = policy.stands_for(record.coin)
            arrivals.told_already(state, policy, asset, fx, since_ms=record.applied_ms)
    for item in failed:
        _failed(state, policy, item, fx)
    transit.mark(state, event.venue, "", fx, venue_ms=latest_ms - CUT_MS)


def _read_until_ms(state: State, policy: Policy, venue: str, coin: str) -> int:
    """Up to which venue time the first reading of the wallet has what happened to the coin.

    The venue's clock may be ahead of ours: where it dates the wallet, that date counts, where it
    does not, as much as clocks may differ.
    """
    book = state.ledger.assets.get((policy.venue(venue).account, coin))
    mine = policy.venue(venue).wallets
    first_ms = state.venues[venue].first_ms
    if book is None or any(pending.wallet in mine for pending in book.pending):
        return first_ms
    dated = (book.totals[each].said_venue_ms for each in mine if each in book.totals)
    return max([first_ms, *(venue_ms or first_ms + SKEW_MS for venue_ms in dated)])


def _failed(state: State, policy: Policy, item: TransitKept, fx: Effects) -> None:
    """Its coins were back when the wallet was first read, or are still to come: until it has been
    read for a while they are pending, as if they came now.
    """
    venue = policy.venue(item.venue)
    book = state.ledger.assets.get((venue.account, item.coin))
    wallet = next((each for each in venue.wallets if book and each in book.totals), None)
    if book is not None and wallet is not None:
        account.doubt(state, policy, book, wallet, amount=item.debit, fx=fx)


def _missed(state: State, policy: Policy, venue: str, record: Withdrawal, *, now: int) -> bool:
    room = state.ledger.transit
    mark_ms = max(room.marks.get((venue, coin), 0) for coin in ("", record.coin))
    return (
        record.state is not WithdrawalState.FAILED
        and record.applied_ms > mark_ms
        and record.applied_ms + policy.limits.transit_hold_ms > now
        and name_of(venue, record.record_id) not in room.used
        and policy.stands_for(record.coin)[0] in state.hedges
    )
