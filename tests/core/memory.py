"""A journal of paper: the rows that `step` kept, read back as a start reads them."""

from dataclasses import replace

from hedgebot.core.policy import Policy
from hedgebot.domain.actions import Action, Keep
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import (
    AlertKept,
    ControlKept,
    Durable,
    FillKept,
    HoldingKept,
    IntentKept,
    Opening,
    OpenIntent,
    OrderMoved,
    Phase,
    Record,
    Start,
    WatermarkKept,
)
from tests.core.world import POLICY, World


def durable_of(actions: list[Action], *, epoch: int = 2, starts: tuple[Start, ...] = ()) -> Durable:
    """What the next start remembers of these actions."""
    rows = [action.record for action in actions if isinstance(action, Keep)]
    return Durable(
        epoch=epoch,
        open_intents=_open(rows),
        known_orders=frozenset(r.intent.order_id for r in rows if isinstance(r, IntentKept)),
        fills=tuple(row.fill for row in rows if isinstance(row, FillKept)),
        controls=tuple({r.asset: r for r in rows if isinstance(r, ControlKept)}.values()),
        opening=opening_of(rows),
        watermarks=tuple({r.instrument: r for r in rows if isinstance(r, WatermarkKept)}.values()),
        holdings=tuple({r.label: r for r in rows if isinstance(r, HoldingKept)}.values()),
        alerts=tuple(
            alert
            for alert in {r.key: r for r in rows if isinstance(r, AlertKept)}.values()
            if not alert.recovered
        ),
        starts=starts,
    )


def opening_of(rows: list[Record]) -> tuple[Opening, ...]:
    """What the limits count of these rows."""
    moves = [row for row in rows if isinstance(row, OrderMoved)]
    filled = {row.order_id: row.filled_qty for row in moves if row.phase is Phase.CLOSED}
    intents = [row.intent for row in rows if isinstance(row, IntentKept)]
    return tuple(
        Opening(each, filled.get(each.order_id, each.qty))
        for each in intents
        if not each.reduce_only
    )


def _open(rows: list[Record]) -> tuple[OpenIntent, ...]:
    intents: dict[OrderId, OpenIntent] = {}
    for row in rows:
        if isinstance(row, IntentKept):
            intents[row.intent.order_id] = OpenIntent(row.intent, "", row.intent.qty * 0)
        elif isinstance(row, OrderMoved) and row.phase is Phase.CLOSED:
            intents.pop(row.order_id, None)
        elif isinstance(row, OrderMoved) and row.order_id in intents:
            known = intents[row.order_id]
            intents[row.order_id] = replace(
                known, venue_order_id=row.venue_order_id, filled_qty=row.filled_qty
            )
    return tuple(intents.values())


def restarted(
    old: World,
    *,
    after_ms: int = 3_000,
    policy: Policy = POLICY,
    starts: tuple[Start, ...] = (),
) -> World:
    """The next daemon on the same journal and venue; `start` brings it up."""
    durable = durable_of(old.actions, epoch=old.state.desk.epoch + 1, starts=starts)
    new = World(policy=policy, instruments=old.instruments, durable=durable, now=old.now + after_ms)
    new.coins, new.positions, new.trades = old.coins, old.positions, old.trades + 1_000
    return new
