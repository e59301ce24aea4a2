"""Orders whose state is not certain: asked about, until it is."""

from hedgebot.core import desk, fills, orders
from hedgebot.core.effects import Effects
from hedgebot.core.orders import Told
from hedgebot.core.policy import Policy
from hedgebot.core.state import Order, State
from hedgebot.domain.actions import Cancel, LookUp, Severity
from hedgebot.domain.events import LookedUp, LookUpFailed
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import Phase

CLOCK_MARGIN_MS = 60_000
"""Trades are listed from so long before the intent: the venue's clock is not ours."""
ALERT_MS = 10_000


def answered(state: State, policy: Policy, event: LookedUp, fx: Effects) -> None:
    """What the venue knows of the order, and of the account's trades."""
    order = state.desk.orders.get(event.order_id)
    if order is not None:
        order.search.under_way = False
    if event.report is not None:
        desk.report(state, policy, event.report, fx)
    for fill in event.fills:
        fills.fold(state, policy, fill, fx)
    order = state.desk.orders.get(event.order_id)
    if order is None:
        return
    if event.report is None:
        _absent(state, policy, order, event, fx=fx)
    else:
        order.search.absent = 0
    if order.phase is not Phase.CLOSED:
        desk.sleep(state, order, fx)


def failed(state: State, _policy: Policy, event: LookUpFailed, fx: Effects) -> None:
    """No answer: asked again at the pace of `orders.ask_at`."""
    order = state.desk.orders.get(event.order_id)
    if order is not None:
        order.search.under_way = False
        desk.sleep(state, order, fx)


def check(state: State, policy: Policy, order_id: OrderId, fx: Effects) -> None:
    """An order's timer: look it up, cancel what should be over, tell a person."""
    order = state.desk.orders.get(order_id)
    if order is None:
        return
    search = order.search
    if search.under_way and fx.now - search.asked_ms >= desk.LOOK_UP_MS_MAX:
        search.under_way = False
    if not search.under_way and orders.ask_at(order) <= fx.now:
        if order.phase is Phase.INTENDED:
            search.valid_until_ms = fx.now + policy.limits.recv_window_ms
            desk.tell(state, policy, order, fx, told=Told.SILENT, detail="no result of the send")
        _ask(order, fx)
    desk.sleep(state, order, fx)


def _absent(state: State, policy: Policy, order: Order, event: LookedUp, *, fx: Effects) -> None:
    """Two look-ups that agree, both made after the request could still arrive (invariant 2)."""
    if order.phase is Phase.INTENDED or not orders.absence_counts(order, event.requested_ms):
        return
    order.search.absent += 1
    if order.search.absent >= orders.ABSENT_NEEDED:
        order.search.absent = 0
        why = "the venue knows no such order"
        desk.tell(state, policy, order, fx, told=Told.ABSENT, detail=why)


def _ask(order: Order, fx: Effects) -> None:
    search, intent = order.search, order.intent
    search.under_way, search.asked_ms = True, fx.now
    search.attempts += 1
    fx.add(LookUp(intent.order_id, intent.instrument, intent.decided_ms - CLOCK_MARGIN_MS))
    age_ms = fx.now - order.since_ms
    works = order.phase is Phase.WORKING and order.reported.end is None
    if works and age_ms >= orders.CANCEL_AFTER_MS:
        fx.add(Cancel(intent.order_id, intent.instrument))
    if age_ms >= ALERT_MS:
        what = f"{intent.asset}: {intent.side.name} {intent.qty.normalize():f}"
        text = f"{what} on {intent.instrument} is {order.phase} for {age_ms // 1000} s"
        text = f"{text}; nothing else is sent there"
        fx.raise_alert(Severity.CRITICAL, f"unknown:{intent.order_id:x}", text)
