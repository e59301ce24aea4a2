"""The life of an order. Every transition stands in one table.

    intended -> working -> closed
    intended -> unknown -> working | closed (never_arrived among the reasons)

An order is closed only when the fills folded add up to the quantity that the venue reports: until
then something is missing, and it is looked up. "Partly filled" is a quantity, not a state.
"""

from decimal import Decimal
from enum import Enum, auto

from hedgebot.core.state import Order, Search
from hedgebot.domain.instruments import is_inverse
from hedgebot.domain.orders import Fill, OrderIntent, OrderReport, OrderStatus
from hedgebot.domain.records import CloseReason, OrderMoved, Phase

SUBMIT_MS_MAX = 15_000
"""A send without any result for so long is a fault of ours; its outcome is unknown."""
ASK_AFTER_MS = 1_000
"""An IOC, or a missing fill, is looked up after so long."""
ASK_AGAIN_MS = 2_000
ABSENT_MARGIN_MS = 1_000
"""*Not found* counts only so long after the request became invalid at the venue."""
FORGOTTEN_MS = 60_000
"""An order that was reported and is not found any more is doubted for so long, twice."""
ABSENT_PAUSE_MS = 250
ABSENT_NEEDED = 2
CANCEL_AFTER_MS = 10_000
"""An IOC that the venue still calls working after so long is cancelled."""


class Told(Enum):
    """What happened to an order."""

    WORKING = auto()
    """The venue reported it, or a fill of it: it arrived."""
    ENDED = auto()
    """Reported over, and the fills add up."""
    REFUSED = auto()
    NOT_SENT = auto()
    SILENT = auto()
    """No answer that tells the outcome."""
    ABSENT = auto()
    """Two look-ups that count agree that the venue knows no such order."""


TRANSITIONS: dict[tuple[Phase, Told], Phase] = {
    (Phase.INTENDED, Told.WORKING): Phase.WORKING,
    (Phase.INTENDED, Told.ENDED): Phase.CLOSED,
    (Phase.INTENDED, Told.REFUSED): Phase.CLOSED,
    (Phase.INTENDED, Told.NOT_SENT): Phase.CLOSED,
    (Phase.INTENDED, Told.SILENT): Phase.UNKNOWN,
    (Phase.WORKING, Told.WORKING): Phase.WORKING,
    (Phase.WORKING, Told.ENDED): Phase.CLOSED,
    (Phase.WORKING, Told.SILENT): Phase.WORKING,  # the stream has already told that it arrived
    (Phase.WORKING, Told.REFUSED): Phase.UNKNOWN,  # it arrived and was refused: ask
    (Phase.WORKING, Told.NOT_SENT): Phase.UNKNOWN,
    (Phase.WORKING, Told.ABSENT): Phase.UNKNOWN,  # look-ups that contradict the stream: ask on
    (Phase.UNKNOWN, Told.WORKING): Phase.WORKING,
    (Phase.UNKNOWN, Told.ENDED): Phase.CLOSED,
    (Phase.UNKNOWN, Told.SILENT): Phase.UNKNOWN,
    (Phase.UNKNOWN, Told.ABSENT): Phase.CLOSED,
    (Phase.UNKNOWN, Told.REFUSED): Phase.UNKNOWN,
    (Phase.UNKNOWN, Told.NOT_SENT): Phase.UNKNOWN,
}
"""INTENDED cannot be absent: nobody looks up what is still being sent. CLOSED has no way out."""

CLOSE_REASONS = {
    OrderStatus.FILLED: CloseReason.FILLED,
    OrderStatus.CANCELLED: CloseReason.CANCELLED,
    OrderStatus.REJECTED: CloseReason.REJECTED,
    OrderStatus.EXPIRED: CloseReason.EXPIRED,
    OrderStatus.EXPIRED_IN_MATCH: CloseReason.EXPIRED_IN_MATCH,
}


def intended(intent: OrderIntent) -> Order:
    """An order that is about to be committed and sent."""
    return Order(intent=intent, phase=Phase.INTENDED, since_ms=intent.decided_ms)


def recovered(intent: OrderIntent, *, now: int, recv_window_ms: int, venue_order_id: str) -> Order:
    """An open intent found at start: it may have been written until its approval expired."""
    signed_until = min(now, intent.send_before_ms)
    order = Order(
        intent=intent,
        phase=Phase.UNKNOWN,
        since_ms=now,
        search=Search(valid_until_ms=signed_until + recv_window_ms),
    )
    order.reported.venue_order_id = venue_order_id
    return order


def move(order: Order, told: Told, now: int, detail: str = "") -> OrderMoved | None:
    """Apply one transition. The row to keep, or None where nothing changed.

    Raises:
        AssertionError: the table has no such transition: a bug of ours.
    """
    phase = TRANSITIONS.get((order.phase, told))
    assert phase is not None, f"order {order.intent.order_id:032x}: {order.phase} told {told}"
    if detail:
        order.reported.detail = detail
    if phase is order.phase:
        return None
    order.phase = phase
    order.since_ms = now
    return moved(order, now, _close_reason(order, told) if phase is Phase.CLOSED else None)


def moved(order: Order, now: int, reason: CloseReason | None = None) -> OrderMoved:
    """The order as a journal row."""
    return OrderMoved(
        order.intent.order_id,
        now,
        order.phase,
        order.execution.qty,
        order.reported.venue_order_id,
        reason,
        order.reported.detail,
    )


def _close_reason(order: Order, told: Told) -> CloseReason:
    match told:
        case Told.REFUSED:
            return CloseReason.REJECTED
        case Told.NOT_SENT:
            return CloseReason.NOT_SENT
        case Told.ABSENT:
            return CloseReason.NEVER_ARRIVED
        case _:
            assert order.reported.end is not None
            return CLOSE_REASONS[order.reported.end]


def note_report(order: Order, report: OrderReport) -> None:
    """Fold the venue's word: cumulative quantity only grows, an end stays an end."""
    reported = order.reported
    reported.filled = max(reported.filled, report.filled_qty)
    reported.venue_order_id = report.venue_order_id or reported.venue_order_id
    reported.detail = report.reject_reason or reported.detail
    reported.said_ms = max(reported.said_ms, report.venue_ms)
    if report.status is not OrderStatus.WORKING:
        reported.end = report.status


def note_fill(order: Order, fill: Fill) -> None:
    """Fold one execution; the caller has seen to it that no trade counts twice."""
    execution = order.execution
    execution.qty += fill.qty
    inverse = is_inverse(fill.instrument)
    execution.value += fill.qty / fill.price if inverse else fill.qty * fill.price
    execution.fees[fill.fee_asset] = execution.fees.get(fill.fee_asset, Decimal(0)) + fill.fee
    order.reported.filled = max(order.reported.filled, execution.qty)
    order.reported.venue_order_id = fill.venue_order_id or order.reported.venue_order_id


def arrived(order: Order) -> Told:
    """What a report or a fill means: over, if the end is known and the fills add up."""
    complete = order.execution.qty == order.reported.filled
    return Told.ENDED if order.reported.end is not None and complete else Told.WORKING


def absence_counts(order: Order, requested_ms: int) -> bool:
    """Whether a *not found*, asked for at `requested_ms`, is evidence (invariant 2).

    Of an order that the venue has reported it is none for a minute, and never once it has filled.
    """
    if order.reported.filled:
        return False
    if order.phase is Phase.WORKING or order.reported.venue_order_id:
        return requested_ms >= order.since_ms + FORGOTTEN_MS
    return requested_ms >= order.search.valid_until_ms + ABSENT_MARGIN_MS


def ask_at(order: Order) -> int:
    """When the order should be looked up, or given up as silent; our clock."""
    search = order.search
    if order.phase is Phase.INTENDED:
        return order.since_ms + SUBMIT_MS_MAX
    if order.phase is Phase.WORKING:
        return max(order.since_ms + ASK_AFTER_MS, search.asked_ms + ASK_AGAIN_MS)
    if search.attempts == 0:
        return order.since_ms
    pause_ms = min(ABSENT_PAUSE_MS * search.attempts, ASK_AGAIN_MS)
    return max(search.asked_ms + pause_ms, search.valid_until_ms + ABSENT_MARGIN_MS)
