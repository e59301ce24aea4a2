"""Folds what the venue says of orders into their life cycle."""

from hedgebot.core import aftermath, control, feeds, found, orders
from hedgebot.core.effects import Effects
from hedgebot.core.orders import Told
from hedgebot.core.policy import Policy
from hedgebot.core.state import Order, State
from hedgebot.core.timers import order_timer
from hedgebot.domain.events import NotSent, OrderSeen, OutcomeUnknown, Refused, Submitted
from hedgebot.domain.orders import Fill, OrderReport, Refusal
from hedgebot.domain.records import Phase

LOOK_UP_MS_MAX = 20_000
"""A look-up without any result for so long is a fault of ours; it is asked again."""


def submitted(state: State, policy: Policy, event: Submitted, fx: Effects) -> None:
    """The venue answered an order with its state."""
    report(state, policy, event.report, fx)


def seen(state: State, policy: Policy, event: OrderSeen, fx: Effects) -> None:
    """The account stream, or the answer to a cancel."""
    report(state, policy, event.report, fx)


def refused(state: State, policy: Policy, event: Refused, fx: Effects) -> None:
    """The venue named a reason; nothing is working."""
    order = state.desk.orders.get(event.order_id)
    if order is None:
        return
    aftermath.note_refusal(state, policy, order, event=event, fx=fx)
    if event.refusal is Refusal.FATAL:
        control.halt(state, f"{order.intent.instrument} refused: {event.message}", fx)
    if event.refusal is Refusal.REDUCE_ONLY:
        venue = state.markets[order.intent.instrument].instrument.venue
        state.venues[venue].ask.whole = True  # the position mode may be the reason
        feeds.want(state, venue, fx.now + 1)
    detail = f"{event.code} {event.message}".strip()
    tell(state, policy, order, fx, told=Told.REFUSED, detail=detail)


def not_sent(state: State, policy: Policy, event: NotSent, fx: Effects) -> None:
    """Nothing was written."""
    order = state.desk.orders.get(event.order_id)
    if order is not None:
        aftermath.note_not_sent(state.hedges[order.intent.asset], event, fx)
        tell(state, policy, order, fx, told=Told.NOT_SENT, detail=event.reason)


def silent(state: State, policy: Policy, event: OutcomeUnknown, fx: Effects) -> None:
    """A timeout is not a failure: the order is looked up (invariant 2)."""
    order = state.desk.orders.get(event.order_id)
    if order is not None:
        order.search.valid_until_ms = event.valid_until_ms
        tell(state, policy, order, fx, told=Told.SILENT, detail=event.reason)


def report(state: State, policy: Policy, said: OrderReport, fx: Effects) -> None:
    """Fold the state of an order, whoever sent it."""
    if said.order_id is None:
        found.foreign(state, said, fx)
        return
    order = state.desk.orders.get(said.order_id) or found.not_open(state, policy, said, fx)
    if order is not None:
        orders.note_report(order, said)
        tell(state, policy, order, fx, told=orders.arrived(order))


def tell(
    state: State, policy: Policy, order: Order, fx: Effects, *, told: Told, detail: str = ""
) -> None:
    """Apply a transition, keep its row, and see to what follows."""
    row = orders.move(order, told, fx.now, detail)
    if row is not None:
        fx.keep(row)
    if order.phase is Phase.CLOSED:
        assert row is not None, "a closed order was told something"
        aftermath.closed(state, policy, order, row=row, fx=fx)
    else:
        sleep(state, order, fx)


def sleep(state: State, order: Order, fx: Effects) -> None:
    """Set the timer at which the order should be looked up."""
    search = order.search
    at_ms = search.asked_ms + LOOK_UP_MS_MAX if search.under_way else orders.ask_at(order)
    state.wakes.timers.ask(order_timer(order.intent.order_id), max(at_ms, fx.now + 1))


def joined(state: State, fill: Fill) -> Order | None:
    """The open order that a fill belongs to: by our id, else by the venue's order id."""
    if fill.order_id is not None:
        return state.desk.orders.get(fill.order_id)
    for order in state.desk.orders.values():
        same = order.intent.instrument == fill.instrument
        if same and order.reported.venue_order_id == fill.venue_order_id != "":
            return order
    return None
