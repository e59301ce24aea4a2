"""Limit windows: opening orders a minute, their notional a UTC day; by hedge.

An approved order counts whole, and once it is over by what it filled: neither a thin book nor a
journal that fails eats up a day's cap. No rows are kept for it: a start counts the orders of the
day again, so a restart resets nothing.
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


def settle(desk: Desk, intent: OrderIntent, unfilled: Decimal, *, sent: bool) -> None:
    """It is over: give back the notional that it did not fill, and the order if it never left."""
    if intent.reduce_only:
        return
    at_ms = intent.decided_ms
    _give_back(desk, notional_name(intent.asset), unfilled, length_ms=DAY_MS, at_ms=at_ms)
    if not sent:
        name = orders_name(intent.asset)
        _give_back(desk, name, Decimal(1), length_ms=MINUTE_MS, at_ms=at_ms)


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


def _give_back(desk: Desk, name: str, value: Decimal, *, length_ms: int, at_ms: int) -> None:
    window = desk.windows.get(name)
    if window and window.start_ms == at_ms - at_ms % length_ms:
        window.value -= value
