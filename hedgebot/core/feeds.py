"""Channels and snapshots: what was lost is read again, and a slow audit reads everything."""

from hedgebot.core import control
from hedgebot.core.books import NEVER
from hedgebot.core.effects import Effects
from hedgebot.core.freshness import READS_FAILED_MAX
from hedgebot.core.policy import Policy
from hedgebot.core.state import State, VenueState
from hedgebot.core.timers import Timer
from hedgebot.domain.actions import Severity, Snapshot
from hedgebot.domain.events import (
    Channel,
    FeedAlive,
    FeedBack,
    FeedLost,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
)
from hedgebot.domain.instruments import InstrumentId

REREAD_MS = 300
"""Least pause between two snapshots of a venue entry."""
MODE_REREAD_MS = 5_000
"""Pace while an account setting is wrong: not every change of one has an event."""
RETRY_MS = 500
RETRY_MS_MAX = 5_000
SNAPSHOT_MS_MAX = 40_000
"""A snapshot without any result for so long is a fault of ours, and counts as failed."""
LOST_ALERT_MS = 10_000
FIRST_LISTING_MS = 6 * 86_400_000
"""A journal without a watermark lists so far back: a lost journal is found out by its orders."""
OVERLAP_MS = 60_000
"""Listings start so long before the watermark: trade ids tell what is known already."""


def back(state: State, _policy: Policy, event: FeedBack, fx: Effects) -> None:
    """A channel is subscribed; the account's is read whole."""
    feed = state.venues[event.venue].feeds[event.channel]
    if event.epoch <= feed.epoch:
        return
    feed.epoch, feed.up, feed.proof_ms, feed.reason = event.epoch, True, fx.now, "subscribed"
    fx.recovered(_key(event.venue, event.channel), f"{event.venue} {event.channel} stream is back")
    if event.channel is Channel.ACCOUNT:
        venue = state.venues[event.venue]
        venue.synced = False
        venue.ask.scope, venue.ask.not_before_ms = None, NEVER  # one under way is of the past
        want(state, event.venue, fx.now)
    if event.channel is Channel.TOUCH:
        _drop_touches(state, event.venue)
    state.wakes.dirty.update(state.hedges)


def _drop_touches(state: State, name: str) -> None:
    """The socket proves what comes from now on, not what came before the gap."""
    for market in state.markets.values():
        if market.instrument.venue == name:
            market.touch = None


def lost(state: State, _policy: Policy, event: FeedLost, fx: Effects) -> None:
    """A channel may have missed events. Losing an epoch that is over already changes nothing."""
    feed = state.venues[event.venue].feeds[event.channel]
    if event.epoch < feed.epoch:
        return
    feed.reason = event.reason  # also of a dial that failed: why it is still not up
    if not feed.up:
        return
    feed.up = False
    if event.channel is Channel.ACCOUNT:
        state.venues[event.venue].synced = False
    state.wakes.timers.ask(Timer("venue", event.venue), fx.now + LOST_ALERT_MS)
    state.wakes.dirty.update(state.hedges)


def alive(state: State, _policy: Policy, event: FeedAlive, fx: Effects) -> None:
    """Proof that an event of this epoch would have come."""
    feed = state.venues[event.venue].feeds[event.channel]
    if event.epoch == feed.epoch and feed.up:
        feed.proof_ms = fx.now


def want(state: State, name: str, at_ms: int) -> None:
    """Ask for a snapshot of a venue entry, then or earlier."""
    venue = state.venues[name]
    venue.wanted_ms = min(venue.wanted_ms, at_ms)
    state.wakes.timers.ask(Timer("venue", name), venue.wanted_ms)


def taken(venue: VenueState, event: SnapshotTaken, now: int) -> bool:
    """Whether a snapshot that arrived is of the present epoch; the next one may be asked for."""
    feed = venue.feeds[Channel.ACCOUNT]
    if event.epoch != feed.epoch:
        return False  # this epoch's was asked for when it began
    venue.ask.scope = None
    venue.ask.failures, venue.ask.not_before_ms = 0, NEVER
    venue.ask.whole = venue.ask.whole and event.scope is not Scope.FULL
    current = feed.up
    if current:
        venue.read_ms = event.requested_ms
        if venue.read_ms <= venue.again_ms:
            venue.wanted_ms = now  # asked for within that same millisecond: it does not count
        venue.synced = venue.synced or event.scope is Scope.FULL
        venue.first_ms = now if venue.first_ms == NEVER else venue.first_ms
    return current


def failed(state: State, _policy: Policy, event: SnapshotFailed, fx: Effects) -> None:
    """REST did not answer: ask again, ever slower."""
    venue = state.venues[event.venue]
    venue.ask.scope = None
    venue.ask.failures += 1
    pause_ms = min(RETRY_MS * 2 ** min(venue.ask.failures, 8), RETRY_MS_MAX)
    venue.ask.not_before_ms = fx.now + pause_ms
    want(state, event.venue, venue.ask.not_before_ms)
    if venue.ask.failures >= READS_FAILED_MAX:
        text = f"{event.venue} cannot be read: {event.reason}"
        fx.raise_alert(Severity.WARNING, f"read:{event.venue}", text)


def check(state: State, policy: Policy, name: str, fx: Effects) -> None:
    """Ask for the snapshot that is due; say which channels have been silent for long."""
    venue = state.venues[name]
    if venue.ask.scope is not None and fx.now - venue.ask.at_ms >= SNAPSHOT_MS_MAX:
        failed(state, policy, SnapshotFailed(name, venue.ask.scope, "no result"), fx)
    _say_silent(state, name, fx)
    feed = venue.feeds[Channel.ACCOUNT]
    if venue.ask.scope is None and feed.up and _due_ms(venue) <= fx.now:
        _ask(state, name, fx)
        venue.wanted_ms = fx.now + policy.limits.audit_every_ms
    _sleep(state, name, fx.now, policy.limits.audit_every_ms)


def _due_ms(venue: VenueState) -> int:
    return max(venue.wanted_ms, venue.ask.at_ms + REREAD_MS, venue.ask.not_before_ms)


def _ask(state: State, name: str, fx: Effects) -> None:
    venue = state.venues[name]
    whole = not venue.synced or venue.ask.whole or control.mode_is_wrong(state.control)
    scope = Scope.FULL if whole else Scope.AUDIT
    venue.ask.scope, venue.ask.at_ms = scope, fx.now
    since = _since(state, name, fx.now) if scope is Scope.FULL else ()
    fx.add(Snapshot(name, scope, venue.feeds[Channel.ACCOUNT].epoch, since))


def _since(state: State, name: str, now: int) -> tuple[tuple[InstrumentId, int], ...]:
    """From where orders and trades are listed, for each instrument of a hedge."""
    marks = state.ledger.watermarks
    return tuple(
        (each, max(0, marks.get(each, now - FIRST_LISTING_MS) - OVERLAP_MS))
        for each, market in state.markets.items()
        if market.hedge and market.instrument.venue == name
    )


def _sleep(state: State, name: str, now: int, audit_every_ms: int) -> None:
    venue = state.venues[name]
    if venue.ask.scope is not None:
        at_ms = venue.ask.at_ms + SNAPSHOT_MS_MAX
    elif venue.feeds[Channel.ACCOUNT].up:
        at_ms = _due_ms(venue)
    else:
        at_ms = now + LOST_ALERT_MS
    silences = [feed.proof_ms + LOST_ALERT_MS for feed in venue.feeds.values()]
    silent_at_ms = min([ms for ms in silences if ms > now], default=now + LOST_ALERT_MS)
    at_ms = min(at_ms, now + audit_every_ms, silent_at_ms)
    state.wakes.timers.ask(Timer("venue", name), max(at_ms, now + 1))


def _say_silent(state: State, name: str, fx: Effects) -> None:
    for channel, feed in state.venues[name].feeds.items():
        silent_ms = fx.now - feed.proof_ms
        if silent_ms >= LOST_ALERT_MS and _used(state, name, channel):
            text = f"{name} {channel} stream is silent for {silent_ms // 1000} s: {feed.reason}"
            fx.raise_alert(Severity.WARNING, _key(name, channel), text)
        elif feed.up and silent_ms < LOST_ALERT_MS and fx.troubled:
            fx.recovered(_key(name, channel), f"{name} {channel} stream is back")


def _used(state: State, name: str, channel: Channel) -> bool:
    """Marks and touches are watched only where a hedge trades."""
    return channel is Channel.ACCOUNT or any(
        state.markets[instrument].instrument.venue == name
        for hedge in state.hedges.values()
        for instrument in hedge.policy.instruments
    )


def _key(name: str, channel: Channel) -> str:
    return f"feed:{name}:{channel}"
