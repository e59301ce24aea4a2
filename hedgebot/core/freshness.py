"""What may be believed, and until when (invariant 5). A missing mark is never price zero."""

from hedgebot.core.books import Market
from hedgebot.core.policy import Limits, Policy
from hedgebot.core.state import State, VenueState
from hedgebot.domain.events import Channel, MarkSeen, TouchSeen

JUMP_AGREES = 0.05
JUMP_NEEDED = 3
"""A jump is believed once three marks in a row agree with it within 5 %."""
INDEX_GAP_MAX = 0.10
"""Largest believable distance of mark and index: the deepest hour on record is 2.6 %."""
FROZEN_MOVE = 0.003
"""A mark is frozen if it stood still for its greatest age while the touch moved that far."""
READS_FAILED_MAX = 3
"""So many failed snapshots in a row: the venue cannot be read."""
AUDITS_MISSED_MAX = 4
"""The REST audit is overdue after so many of its periods."""


def hear_mark(market: Market, event: MarkSeen, limits: Limits, now: int) -> bool:
    """Fold a mark, if it can be believed."""
    mark, held = event.mark, market.held
    if not 0.0 < mark < float("inf"):
        return False
    if market.mark and abs(mark / market.mark - 1.0) > limits.mark_jump_max:
        agrees = held.jump and abs(mark / held.jump - 1.0) <= JUMP_AGREES
        held.jump, held.jump_count = mark, held.jump_count + 1 if agrees else 1
        if held.jump_count < JUMP_NEEDED:
            return False
    held.jump, held.jump_count = 0.0, 0
    if mark != market.mark:
        held.changed_ms, held.mid_then = now, _mid(market.touch)
    market.mark, market.mark_ms, held.index = mark, now, event.index
    return True


def mark_doubt(market: Market, limits: Limits, now: int) -> str:
    """Why the mark cannot be used; empty: it can."""
    symbol = market.instrument.id
    if not market.mark:
        return f"no mark of {symbol} yet"
    age_ms = now - market.mark_ms
    if age_ms > limits.mark_age_ms_max:
        return f"mark of {symbol} is old"
    if market.held.index > 0.0 and abs(market.mark / market.held.index - 1.0) > INDEX_GAP_MAX:
        return f"mark of {symbol} is absurd against its index"
    still_ms = now - market.held.changed_ms
    if still_ms > limits.mark_age_ms_max and _touch_moved(market):
        return f"mark of {symbol} is frozen"
    return ""


def touch_doubt(market: Market, venue: VenueState, limits: Limits, now: int) -> str:
    """Why the touch cannot be traded against; empty: it can."""
    symbol, touch = market.instrument.id, market.touch
    if touch is None:
        return f"no touch of {symbol} yet"
    if not _alive(venue, Channel.TOUCH, limits.touch_age_ms_max, now):
        return f"touch of {symbol} is old"
    if not 0.0 < touch.bid < touch.ask:
        return f"touch of {symbol} is crossed or empty"
    if abs(_mid(touch) / market.mark - 1.0) > limits.collar:
        return f"touch of {symbol} is outside the collar of its mark"
    return ""


def account_doubt(state: State, policy: Policy, name: str, now: int) -> str:
    """Why balances, positions and orders of a venue entry cannot be believed; empty: they can."""
    venue, limits = state.venues[name], policy.limits
    if not _alive(venue, Channel.ACCOUNT, limits.account_age_ms_max, now):
        return f"account stream of {name} is silent: {venue.feeds[Channel.ACCOUNT].reason}"
    if not venue.synced:
        return f"{name} is being read"
    if venue.read_ms <= venue.again_ms:
        return f"{name} is being read a second time"
    if name in state.ledger.transit.starting:
        return f"withdrawals of {name} are being read"
    if now - venue.read_ms > AUDITS_MISSED_MAX * limits.audit_every_ms:
        return f"{name} could not be audited"
    return ""


def only_being_read(state: State, policy: Policy, name: str, now: int) -> bool:
    """Whether nothing is wrong with a doubtful venue but that a reading is under way."""
    venue = state.venues[name]
    return (
        _alive(venue, Channel.ACCOUNT, policy.limits.account_age_ms_max, now)
        and venue.ask.failures < READS_FAILED_MAX
    )


def _touch_moved(market: Market) -> bool:
    """Since the mark last changed; a touch that was dropped with its feed tells nothing."""
    mid, then = _mid(market.touch), market.held.mid_then
    return bool(mid and then) and abs(mid / then - 1.0) > FROZEN_MOVE


def _alive(venue: VenueState, channel: Channel, age_ms_max: int, now: int) -> bool:
    feed = venue.feeds[channel]
    return feed.up and now - feed.proof_ms <= age_ms_max


def _mid(touch: TouchSeen | None) -> float:
    return (touch.bid + touch.ask) / 2.0 if touch else 0.0
