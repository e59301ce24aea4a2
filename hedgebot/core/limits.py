"""Limit windows: opening orders a minute, their notional a UTC day; by hedge.

Every order that was approved counts, sent or not. No rows are kept for it: a start counts the
intents of the day again, so a restart resets nothing.
"""

from decimal import Decimal

from hedgebot.core.books import ZERO
from hedgebot.core.state import Desk, Window
from hedgebot.domain.orders import OrderIntent

MINUTE_MS = 60_000
DAY_MS = 86_400_000


def charge(desk: Desk, intent: OrderIntent, notional: Decimal) -> None:
    """Count an order at its decision; what only shrinks a position is exempt."""
    if intent.reduce_only:
        return
    at_ms = intent.decided_ms
    _add(desk, orders_name(intent.asset), Decimal(1), length_ms=MINUTE_MS, at_ms=at_ms)
    _add(desk, notional_name(intent.asset), notional, length_ms=DAY_MS, at_ms=at_ms)


def used(desk: Desk, name: str, *, length_ms: int, now: int) -> Decimal:
    """What the present window has used."""
    window = desk.windows.get(name)
    return window.value if window and window.start_ms == now - now % length_ms else ZERO


def orders_name(asset: str) -> str:
    """Opening orders a minute."""
    return f"orders_minute:{asset}"


def notional_name(asset: str) -> str:
    """Quote notional of opening orders a UTC day."""
    return f"notional_day:{asset}"


def _add(desk: Desk, name: str, value: Decimal, *, length_ms: int, at_ms: int) -> None:
    total = used(desk, name, length_ms=length_ms, now=at_ms) + value
    desk.windows[name] = Window(at_ms - at_ms % length_ms, total)
