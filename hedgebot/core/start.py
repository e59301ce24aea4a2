"""The state at start: what the journal remembers; everything else is asked of the venues.

Starting is recovering: each open intent is *outcome unknown* and is looked up; the first snapshot
of each venue entry lists orders and trades since the watermark.
"""

from dataclasses import replace
from decimal import Decimal

from hedgebot.core import (
    control,
    ids,
    limits,
    orders,
    reconciliation,
    remembering,
    risk,
    transit,
    transit_start,
    wording,
)
from hedgebot.core.books import Market, PositionBook
from hedgebot.core.effects import ALERTS
from hedgebot.core.policy import HedgePolicy, Policy
from hedgebot.core.state import (
    Control,
    Desk,
    Feed,
    Filled,
    Hedge,
    Hold,
    Ledger,
    OpenAlert,
    Order,
    State,
    VenueState,
    Wakes,
)
from hedgebot.core.timers import Timer, Timers, order_timer
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import Channel
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind
from hedgebot.domain.orders import Fill, OrderId, OrderIntent
from hedgebot.domain.records import Durable, LearntKept, TradingState

BETA_PLACES = 18
"""Of coins of one asset for one of another: a quotient has no end."""


def state_at_start(
    policy: Policy, instruments: tuple[Instrument, ...], durable: Durable, *, now: int
) -> State:
    """Build the state; the first events (feeds, snapshots, ticks) bring it to life."""
    instruments = crossed(policy, instruments)
    state = State(
        markets=_markets(policy, instruments),
        venues={venue.name: _venue(now) for venue in policy.venues},
        hedges=_hedges(policy, instruments, durable),
        ledger=_ledger(policy, instruments, durable, now),
        desk=_desk(policy, durable, now),
        control=_control(policy, durable, now),
        wakes=Wakes(Timers(), alerts=_alerts(durable)),
    )
    for fill in sorted(durable.fills, key=lambda fill: fill.venue_ms):
        _remember(state, fill)
    for each in sorted(durable.opening, key=lambda opening: opening.intent.decided_ms):
        counted = replace(each.intent, qty=each.qty)
        limits.charge(state.desk, counted, _notional(state, counted))
    _set_timers(state, now)
    return state


def crossed(policy: Policy, instruments: tuple[Instrument, ...]) -> tuple[Instrument, ...]:
    """A cross hedge's instruments as carriers of what they hedge: one coin of theirs stands for
    1 / beta coins. From here on nothing knows that it is another coin's.
    """
    betas = {own: hedge for hedge in policy.hedges if hedge.beta for own in hedge.instruments}
    return tuple(
        replace(
            each,
            asset=betas[each.id].asset,
            coins_per_unit=round(each.coins_per_unit / (betas[each.id].beta or 1), BETA_PLACES),
        )
        if each.id in betas and each.kind is Kind.LINEAR
        else each
        for each in instruments
    )


def _hedges(
    policy: Policy, instruments: tuple[Instrument, ...], durable: Durable
) -> dict[str, Hedge]:
    return {
        hedge.asset: Hedge(
            remembering.in_force(hedge, _learnt(durable, hedge.asset)),
            filled=_filled(hedge, instruments, durable),
            causes=[wording.FOUND],
        )
        for hedge in policy.hedges
    }


def _filled(hedge: HedgePolicy, instruments: tuple[Instrument, ...], durable: Durable) -> Filled:
    """The last hedge of earlier starts."""
    units = {each.id: each.coins_per_unit for each in instruments if each.kind is not Kind.INVERSE}
    own = [row for row in durable.hedged if row.fill.instrument in hedge.instruments]
    if not own:
        return Filled()
    last = max(own, key=lambda row: row.at_ms)
    return Filled(last.at_ms, price=float(last.fill.price / units.get(last.fill.instrument, 1)))


def _learnt(durable: Durable, asset: str) -> LearntKept | None:
    return next((row for row in durable.learnt if row.asset == asset), None)


def _markets(policy: Policy, instruments: tuple[Instrument, ...]) -> dict[InstrumentId, Market]:
    owner = {own: hedge.asset for hedge in policy.hedges for own in hedge.instruments}
    return {i.id: Market(i, hedge=owner.get(i.id, "")) for i in instruments}


def _venue(now: int) -> VenueState:
    return VenueState({channel: Feed(proof_ms=now) for channel in Channel})


def _ledger(
    policy: Policy, instruments: tuple[Instrument, ...], durable: Durable, now: int
) -> Ledger:
    files = {holding.label: holding.qty for holding in policy.holdings}
    return Ledger(
        positions={instrument.id: PositionBook() for instrument in instruments},
        outside={
            row.label: row.qty
            for row in durable.holdings
            if files.get(row.label) == row.settings_qty  # until the file's own value changes
        },
        watermarks={row.instrument: row.venue_ms for row in durable.watermarks},
        begun_ms=min((start.at_ms for start in durable.starts), default=now),
        transit=transit_start.recalled(policy, durable, now),
        learnt={
            hedge.asset: remembering.recalled(hedge, _learnt(durable, hedge.asset))
            for hedge in policy.hedges
            if hedge.learns
        },
    )


def _desk(policy: Policy, durable: Durable, now: int) -> Desk:
    opened: dict[OrderId, Order] = {}
    for row in durable.open_intents:
        if not _hedged(policy, row.intent):
            continue
        opened[row.intent.order_id] = orders.recovered(
            row.intent,
            now=now,
            recv_window_ms=policy.limits.recv_window_ms,
            venue_order_id=row.venue_order_id,
        )
    accounts = sorted({venue.account for venue in policy.venues})
    return Desk(
        epoch=durable.epoch,
        deployments={
            account: ids.deployment_id(policy.book, account, dry_run=policy.dry_run)
            for account in accounts
        },
        orders=opened,
        known=dict.fromkeys([*sorted(durable.known_orders), *opened], 0),
    )


def _hedged(policy: Policy, intent: OrderIntent) -> bool:
    """Whether the settings still have the hedge that wanted the order."""
    return any(
        hedge.asset == intent.asset and intent.instrument in hedge.instruments
        for hedge in policy.hedges
    )


def _control(policy: Policy, durable: Durable, now: int) -> Control:
    holds = {
        row.asset or control.BOOK: Hold(row.state, row.by, row.reason, row.at_ms, row.expires_ms)
        for row in durable.controls
        if row.state is not TradingState.ACTIVE
    }
    error = control.restart_loop(durable.starts, now)
    if error:
        reason = f"three starts within five minutes ended with: {error}"
        holds[control.BOOK] = Hold(TradingState.HALTED, "hedgebot", reason, now)
    orphans = [row.intent for row in durable.open_intents if not _hedged(policy, row.intent)]
    return Control(
        operator=holds,
        notices=[
            f"order {intent.order_id:032x} on {intent.instrument} has no known end, and the "
            f"settings no longer hedge {intent.asset} there: look it up at the venue"
            for intent in orphans
        ],
        looped=bool(error),
    )


def _remember(state: State, fill: Fill) -> None:
    """A fill that has its row: known to the tape, and to its order if that is still open."""
    book = state.ledger.positions.setdefault(fill.instrument, PositionBook())
    if not reconciliation.first_time(book, fill):
        return
    reconciliation.fold_fill(book, fill, fill.venue_ms)
    if fill.order_id is None:
        return
    order = state.desk.orders.get(fill.order_id)
    if order is not None:
        orders.note_fill(order, fill)


def _notional(state: State, intent: OrderIntent) -> Decimal:
    """Quote value; of an instrument that the settings name no more that of a linear one."""
    market = state.markets.get(intent.instrument)
    return risk.notional(market, intent) if market else intent.qty * intent.price


def _alerts(durable: Durable) -> dict[str, OpenAlert]:
    return {
        row.key: OpenAlert(Severity(row.severity), row.text, row.text, row.at_ms, seen=False)
        for row in durable.alerts
    }


def _set_timers(state: State, now: int) -> None:
    timers = state.wakes.timers
    timers.ask(ALERTS, now)
    for name in state.venues:
        timers.ask(Timer("venue", name), now)
    for asset in state.hedges:
        timers.ask(Timer("hedge", asset), now)
    for order_id in state.desk.orders:
        timers.ask(order_timer(order_id), now)
    for asset in state.ledger.learnt:
        timers.ask(Timer("band", asset), now)
    timers.ask(Timer("start", ""), now)
    timers.ask(transit.TIMER, now)
    for scope, hold in state.control.operator.items():
        if hold.expires_ms is not None:
            timers.ask(Timer("control", scope), hold.expires_ms)
