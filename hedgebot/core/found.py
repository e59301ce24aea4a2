"""Orders at the venue that are not open with us: other people's, lost rows, other writers'."""

import math

from hedgebot.core import control, ids, orders
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import Foreign, Order, State, hedge_of
from hedgebot.domain.actions import Cancel, Severity, Stop
from hedgebot.domain.events import SnapshotTaken
from hedgebot.domain.orders import OrderIntent, OrderReport, OrderStatus, Purpose
from hedgebot.domain.records import EpochKept, IntentKept


def foreign(state: State, said: OrderReport, fx: Effects) -> None:
    """Somebody else's open order on a hedge's instrument: named, alerted, waited for."""
    hedge = hedge_of(state, said.instrument)
    if hedge is None:
        return
    key = (said.instrument, said.venue_order_id)
    alert = f"foreign:{said.instrument}:{said.venue_order_id}"
    if said.status is OrderStatus.WORKING:
        left = (said.qty - said.filled_qty).normalize()
        price = f"at {said.price.normalize():f}" if said.price else "without a price"
        text = f"{said.side.name} {left:f} on {said.instrument} {price}, id {said.client_order_id}"
        state.desk.foreign[key] = Foreign(text, fx.now)
        fx.raise_alert(Severity.WARNING, alert, f"foreign open order: {text}")
    elif state.desk.foreign.pop(key, None) is not None:
        fx.recovered(alert, f"foreign order {said.client_order_id} is {said.status}")
    state.wakes.dirty.add(hedge.policy.asset)


def forget_foreign(state: State, event: SnapshotTaken, fx: Effects) -> None:
    """Foreign orders that a snapshot asked for since does not show any more are over."""
    still_open = {(order.instrument, order.venue_order_id) for order in event.open_orders}
    for key, order in list(state.desk.foreign.items()):
        market = state.markets[key[0]]
        shown = key in still_open or event.requested_ms <= order.heard_ms
        if market.instrument.venue == event.venue and not shown:
            del state.desk.foreign[key]
            fx.recovered(f"foreign:{key[0]}:{key[1]}", f"foreign order is over: {order.text}")
            state.wakes.dirty.add(market.hedge)


def not_open(state: State, policy: Policy, said: OrderReport, fx: Effects) -> Order | None:
    """Our id, but no open order: closed long ago, a lost row, or another writer's."""
    assert said.order_id is not None
    ended_ms = state.desk.known.get(said.order_id)
    if ended_ms is not None:
        if said.status is OrderStatus.WORKING and said.venue_ms > ended_ms:
            text = f"order {said.order_id:032x} was closed here and works at the venue: cancelled"
            fx.tell(Severity.CRITICAL, f"reopened:{said.order_id:x}", text)
            fx.add(Cancel(said.order_id, said.instrument))
        return None
    epoch, sequence = ids.parts(said.order_id)[1:]
    desk = state.desk
    if epoch == desk.epoch and sequence <= desk.sequence:
        return None  # ours, of this start, long closed and no longer in memory
    if epoch >= desk.epoch and not _other_epoch(state, policy, epoch, fx):
        return None
    return _lost_row(state, policy, said, fx)


def _other_epoch(state: State, policy: Policy, epoch: int, fx: Effects) -> bool:
    """Another writer, or an older copy of the journal. True: adopted, go on above it."""
    desk = state.desk
    if policy.adopt:
        desk.epoch, desk.sequence = epoch + 1, 0
        fx.keep(EpochKept(fx.now, desk.epoch))
        text = f"adopted: the venue knew epoch {epoch}, this daemon goes on as {desk.epoch}"
        fx.tell(Severity.WARNING, f"epoch:{epoch}", text)
        return True
    state.control.stopping = True
    control.withdraw_unsent(state, None, fx)
    why = (
        f"the venue knows orders of epoch {epoch}, this journal is at {desk.epoch}: another daemon "
        "trades this account, or the journal is an older copy; stop the other one or restore the "
        "journal, or `hedgebot run --adopt` to take the venue as truth"
    )
    fx.add(Stop(why, 2))
    return False


def _lost_row(state: State, policy: Policy, said: OrderReport, fx: Effects) -> Order | None:
    """Journal the order as found, fold it, tell a person."""
    hedge = hedge_of(state, said.instrument)
    if hedge is None or said.order_id is None:
        return None
    at_ms = min(said.venue_ms, fx.now)
    intent = OrderIntent(
        order_id=said.order_id,
        asset=hedge.policy.asset,
        instrument=said.instrument,
        side=said.side,
        lots=int(said.qty / state.markets[said.instrument].instrument.lot),
        qty=said.qty,
        price=said.price,
        reduce_only=said.reduce_only,
        purpose=Purpose.REBALANCE,
        mark=math.nan,  # nobody knows it any more: no slippage is told of this order
        decided_ms=at_ms,
        send_before_ms=at_ms,
    )
    order = orders.recovered(
        intent,
        now=fx.now,
        recv_window_ms=policy.limits.recv_window_ms,
        venue_order_id=said.venue_order_id,
    )
    state.desk.orders[said.order_id] = order
    state.desk.known[said.order_id] = 0
    fx.keep(IntentKept(intent, policy.dry_run))
    text = f"order {said.order_id:032x} on {said.instrument} had no row: journaled as found"
    fx.tell(Severity.WARNING, f"lost-row:{said.order_id:x}", text)
    return order
