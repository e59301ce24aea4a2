"""Counters of limit windows; each change is a journal row, so that a restart does not reset it."""

from decimal import Decimal

from hedgebot.core.books import ZERO
from hedgebot.core.effects import Effects
from hedgebot.core.state import Desk, Window
from hedgebot.domain.records import CounterKept

MINUTE_MS = 60_000
DAY_MS = 86_400_000


def used(desk: Desk, name: str, *, length_ms: int, now: int) -> Decimal:
    """What the present window has used."""
    window = desk.windows.get(name)
    return window.value if window and window.start_ms == now - now % length_ms else ZERO


def charge(desk: Desk, name: str, value: Decimal, *, length_ms: int, fx: Effects) -> None:
    """Add to the present window."""
    start_ms = fx.now - fx.now % length_ms
    total = used(desk, name, length_ms=length_ms, now=fx.now) + value
    desk.windows[name] = Window(start_ms, total)
    fx.keep(CounterKept(name, start_ms, total))


def orders_name(asset: str) -> str:
    """Opening orders a minute."""
    return f"orders_minute:{asset}"


def notional_name(asset: str) -> str:
    """Quote notional of opening orders a UTC day."""
    return f"notional_day:{asset}"
