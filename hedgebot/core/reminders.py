"""Looks after open alerts: reminds of the critical ones, ends those that a restart outlived."""

from hedgebot.core.books import NEVER
from hedgebot.core.effects import ALERTS, Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Severity

LOOK_MS = 60_000
FOUND_AGAIN_MS = 120_000
"""After the venues were read: a condition that still lasts has been raised again by then."""
OF_A_HEDGE = {"naked", "cap", "margin", "refused", "never-arrived"}
"""These end when their hedge is back in its band."""


def check(state: State, policy: Policy, fx: Effects) -> None:
    """Look at every open alert, and again while there is one."""
    for key, alert in list(state.wakes.alerts.items()):
        if not alert.seen and _outlived(state, key, fx.now):
            fx.recovered(key, f"not found again since the restart: {alert.told}")
        elif _due(policy, alert.severity, fx.now - alert.said_ms):
            fx.repeat(key, "still")
    if state.wakes.alerts:
        pause_ms = min(LOOK_MS, policy.remind_ms or LOOK_MS)
        state.wakes.timers.ask(ALERTS, fx.now + pause_ms)


def _due(policy: Policy, severity: Severity, silent_ms: int) -> bool:
    critical = severity is Severity.CRITICAL
    return critical and policy.remind_ms > 0 and silent_ms >= policy.remind_ms


def _outlived(state: State, key: str, now: int) -> bool:
    """Raised by an earlier start, and this one would have raised it again."""
    kind, _, name = key.partition(":")
    if kind in OF_A_HEDGE and name in state.hedges:
        return False
    return all(
        venue.synced and venue.first_ms != NEVER and now - venue.first_ms >= FOUND_AGAIN_MS
        for venue in state.venues.values()
    )
