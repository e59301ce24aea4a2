"""The one function that decides. Same events in, same actions out, always.

    fold the event; look at what its timers ask for; decide the hedges that it touched

It awaits nothing, logs nothing and reads no clock; it mutates the one state it is given.
"""

from collections.abc import Callable
from typing import Any, get_args

from hedgebot.core import (
    account,
    computed,
    control,
    desk,
    feeds,
    fees,
    fills,
    freshness,
    lookups,
    reminders,
    snapshot,
    stopping,
    transit_start,
)
from hedgebot.core.decide import decide
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.core.timers import Timer
from hedgebot.domain import events
from hedgebot.domain.actions import Action, WakeAt
from hedgebot.domain.events import Event, MarkSeen, Stamped, Tick, TouchSeen
from hedgebot.domain.fees import FeeSeen, FeeUnread
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId

Fold = Callable[[State, Policy, Any, Effects], None]


def step(state: State, stamped: Stamped, policy: Policy) -> list[Action]:
    """Fold one event and decide. Actions are in the order in which they must take effect."""
    fx = Effects(state, stamped.now)
    FOLDS[type(stamped.event)](state, policy, stamped.event, fx)
    wakes = state.wakes
    for timer in wakes.timers.fired(fx.now):
        TIMERS[timer.kind](state, policy, timer, fx)
    dirty, wakes.dirty = wakes.dirty, set()
    for asset in sorted(dirty) if len(dirty) > 1 else dirty:
        decide(state, policy, asset, fx)
    stopping.check(state, fx)
    earliest = wakes.timers.earliest()
    if earliest is not None and earliest != wakes.asked_ms:
        wakes.asked_ms = earliest
        fx.add(WakeAt(earliest))
    return fx.actions


def _mark(state: State, policy: Policy, event: MarkSeen, fx: Effects) -> None:
    market = state.markets.get(event.instrument)
    believed = market and freshness.hear_mark(market, event, policy.limits, fx.now)
    if market and market.hedge and believed:
        state.wakes.dirty.add(market.hedge)


def _touch(state: State, _policy: Policy, event: TouchSeen, _fx: Effects) -> None:
    """A touch prices orders; it changes no delta, so nothing is decided because of it."""
    market = state.markets.get(event.instrument)
    if market is not None:
        market.touch = event


def _tick(_state: State, _policy: Policy, _event: Tick, _fx: Effects) -> None:
    """The timers do the rest."""


FOLDS: dict[type, Fold] = {
    events.MarkSeen: _mark,
    events.TouchSeen: _touch,
    events.BalanceSeen: account.balance_seen,
    events.FundingSeen: fills.funding,
    events.PositionSeen: account.position_seen,
    events.OrderSeen: desk.seen,
    events.FillSeen: fills.seen,
    events.ModeSeen: control.hear_mode,
    FeeSeen: fees.seen,
    FeeUnread: fees.unread,
    events.SnapshotTaken: snapshot.taken,
    events.SnapshotFailed: feeds.failed,
    events.FeedBack: feeds.back,
    events.FeedLost: feeds.lost,
    events.FeedAlive: feeds.alive,
    events.Submitted: desk.submitted,
    events.Refused: desk.refused,
    events.NotSent: desk.not_sent,
    events.OutcomeUnknown: desk.silent,
    events.LookedUp: lookups.answered,
    events.LookUpFailed: lookups.failed,
    events.WithdrawalsRead: transit_start.read,
    events.WithdrawalsUnread: transit_start.unread,
    events.BandSolved: computed.solved,
    events.JournalFailed: control.journal_failed,
    events.JournalBack: control.journal_back,
    events.Command: control.command,
    events.StopAsked: stopping.asked,
    events.Tick: _tick,
}
assert set(FOLDS) == set(get_args(Event)), "an event has no fold"


def _hedge_timer(state: State, _policy: Policy, timer: Timer, _fx: Effects) -> None:
    state.wakes.dirty.add(timer.name)


TIMERS: dict[str, Callable[[State, Policy, Timer, Effects], None]] = {
    "hedge": _hedge_timer,
    "venue": lambda s, p, t, fx: feeds.check(s, p, t.name, fx),
    "order": lambda s, p, t, fx: lookups.check(s, p, OrderId(int(t.name, 16)), fx),
    "position": lambda s, p, t, fx: account.check_position(s, p, InstrumentId(t.name), fx),
    "balance": lambda s, p, t, fx: account.check_balance(s, p, t.name, fx),
    "band": lambda s, p, t, fx: computed.check(s, p, t.name, fx),
    "control": lambda s, _p, t, fx: control.expire(s, t.name, fx),
    "transit": lambda s, p, _t, fx: transit_start.check(s, p, fx),
    "alerts": lambda s, p, _t, fx: reminders.check(s, p, fx),
    "start": lambda s, _p, _t, fx: control.after_start(s, fx),
}
