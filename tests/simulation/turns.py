"""One order at a time, over all perpetuals of a hedge (invariant 1), as the exchange sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.sim.exchange import Moment, Request
from tests.simulation.coins import Perp

FAILOVER_MS = 5_000
"""So long after an order of unknown outcome another perpetual may trade (ADR 11)."""
LISTED = {"order", "allOrders", "userTrades"}
"""End the paths whose answers say what became of orders."""
WORKING = {"NEW", "PARTIALLY_FILLED"}


@dataclass
class Sent:
    """One order of ours, as the exchange came to see it."""

    client_id: str
    perp: Perp
    units: Decimal
    """Signed, in the perpetual's own unit."""
    reduce_only: bool
    signed_ms: int
    arrived_ms: int
    decided_ms: int
    """When it was decided, as far as one can see from outside."""
    accepted_ms: int | None = None
    answered_ms: int | None = None
    known_ms: int | None = None
    """When anyone was first told what became of it."""


def streamed(orders: Iterable[Sent], event: dict[str, object], now: int) -> None:
    """A user event left for somebody who listens."""
    told = event.get("o")
    if isinstance(told, dict) and told.get("X") not in WORKING:
        _note((order for order in orders if order.client_id == told.get("c")), now)


def answered(orders: Iterable[Sent], moment: Moment, request: Request, now: int) -> None:
    """An answer is about to leave."""
    if moment is not Moment.ANSWERED or request.status != 200:
        return
    prefix, _, name = request.path.rpartition("/")
    if request.verb == "POST":
        told = [o for o in orders if o.client_id == request.params.get("newClientOrderId")]
    else:
        listed = (o for o in orders if o.perp.order.startswith(prefix) and name in LISTED)
        told = [order for order in listed if order.accepted_ms is not None]
    _note(told, now)


def _note(orders: Iterable[Sent], now: int) -> None:
    for order in orders:
        if order.known_ms is None:
            order.known_ms = now


def overlap(orders: Iterable[Sent], order: Sent) -> str:
    """What was decided before the outcome of an earlier order could be known; empty: nothing.

    Both were carried out. The exception: an outcome that is unknown for long shuts only its own
    perpetual.
    """
    for other in orders:
        if other is order or other.accepted_ms is None:
            continue
        first, second = sorted((other, order), key=lambda each: each.decided_ms)
        known = first.known_ms is not None and first.known_ms <= second.decided_ms
        failover = second.perp is not first.perp
        late = second.decided_ms >= first.decided_ms + FAILOVER_MS
        if not known and not (failover and late):
            since_ms = second.decided_ms - first.decided_ms
            return f"{second.client_id} was decided {since_ms} ms after {first.client_id}"
    return ""
