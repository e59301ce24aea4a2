"""Stopping in good order: no new risk, cancel ours, and end once nothing of ours can fill."""

from hedgebot.core import control
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.core.timers import Timer
from hedgebot.domain.actions import Cancel, Stop
from hedgebot.domain.events import StopAsked
from hedgebot.domain.records import Phase

PATIENCE_MS = 5_000
"""After so long the process ends with orders unknown: starting is recovering."""


def asked(state: State, _policy: Policy, event: StopAsked, fx: Effects) -> None:
    """SIGTERM: withdraw what is not written, cancel what works."""
    if state.wakes.stop_by_ms is not None:
        return
    state.control.stopping = True
    state.wakes.stop_by_ms = fx.now + PATIENCE_MS
    control.withdraw_unsent(state, None, fx)
    for order in state.desk.orders.values():
        if order.phase is not Phase.INTENDED:
            fx.add(Cancel(order.intent.order_id, order.intent.instrument))
    state.wakes.timers.ask(Timer("hedge", next(iter(state.hedges))), state.wakes.stop_by_ms)
    state.wakes.stop_reason = event.reason


def check(state: State, fx: Effects) -> None:
    """Stop once no order is open, or patience is over."""
    stop_by_ms = state.wakes.stop_by_ms
    if stop_by_ms is not None and (not state.desk.orders or fx.now >= stop_by_ms):
        fx.add(Stop(state.wakes.stop_reason))
