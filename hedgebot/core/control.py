"""Trading states (invariant 9): always accepted, remembered, executed when safe.

An operator's hold is durable and lasts until `resume` or its expiry. A fault's hold (modes changed
under us, journal failing) is derived, and leaves by itself when the fault does.
"""

from hedgebot.core import arrivals, transit, wording
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import Control, Hold, State
from hedgebot.core.timers import Timer
from hedgebot.domain.actions import Answer, Severity, Withdraw
from hedgebot.domain.events import (
    Command,
    CommandKind,
    JournalBack,
    JournalFailed,
    ModeName,
    ModeSeen,
)
from hedgebot.domain.records import ControlKept, HoldingKept, Phase, Start, TradingState

BOOK = ""
STRICTNESS = {
    TradingState.ACTIVE: 0,
    TradingState.REDUCING: 1,
    TradingState.FLATTENING: 2,
    TradingState.HALTED: 3,
}
STATES = {
    CommandKind.PAUSE: TradingState.HALTED,
    CommandKind.REDUCE_ONLY: TradingState.REDUCING,
    CommandKind.FLATTEN: TradingState.FLATTENING,
}
STARTS_MAX = 3
STARTS_WITHIN_MS = 300_000
JOURNAL_FAULT = "journal"
MODE_FAULT = "mode:"
FREE = Hold(TradingState.ACTIVE, "", "", 0)


def effective(control: Control, asset: str) -> Hold:
    """The strictest hold on a hedge."""
    holds = [FREE, *control.faults.values()]
    holds += [control.operator[scope] for scope in (BOOK, asset) if scope in control.operator]
    return max(holds, key=lambda hold: STRICTNESS[hold.state])


def command(state: State, policy: Policy, event: Command, fx: Effects) -> None:
    """Carry out a person's wish, or say why not."""
    if event.asset is not None and event.asset not in state.hedges:
        text = wording.unknown_hedge(event.asset, state.hedges)
        fx.add(Answer(event.command_id, False, text))
    elif event.kind is CommandKind.HOLDINGS_SET:
        _holdings_set(state, policy, event, fx)
    elif event.kind is CommandKind.RESUME:
        _resume(state, event, fx)
    else:
        _restrict(state, event, fx)


def _restrict(state: State, event: Command, fx: Effects) -> None:
    scope = event.asset or BOOK
    hold = Hold(STATES[event.kind], event.by, event.reason, fx.now, event.expires_ms)
    state.control.operator[scope] = hold
    if event.expires_ms is not None:
        state.wakes.timers.ask(Timer("control", scope), event.expires_ms)
    withdraw_unsent(state, event.asset, fx)
    fx.keep(_row(scope, hold, fx.now, event.command_id))
    what = f"{scope or 'the book'} is {hold.state}"
    durable = "" if state.control.journal_ok else " (accepted, not durable)"
    why = f": {event.reason}" if event.reason else ""
    lasts = "" if hold.expires_ms is None else f" for {wording.span(hold.expires_ms - fx.now)}"
    text = f"{what}{lasts}{durable}, asked by {event.by}{why}"
    fx.tell(Severity.WARNING, f"control:{scope}", text)
    fx.add(Answer(event.command_id, True, what))  # whether it is durable is said by who commits it


def _resume(state: State, event: Command, fx: Effects) -> None:
    if not state.control.journal_ok:
        text = "refused: the journal is failing; mend it first (disk full, locked?)"
        fx.add(Answer(event.command_id, False, text))
        return
    scope = event.asset or BOOK
    release(state, scope, fx, by=event.by, reason=event.reason, command_id=event.command_id)
    left = [f"{name or 'the book'} stays {hold.state}" for name, hold in _others(state, scope)]
    left += [hold.reason for hold in state.control.faults.values()]
    text = "; ".join([f"{scope or 'the book'} is {TradingState.ACTIVE}", *left])
    fx.add(Answer(event.command_id, True, text))


def _others(state: State, scope: str) -> list[tuple[str, Hold]]:
    return [(name, hold) for name, hold in state.control.operator.items() if name != scope]


def release(
    state: State, scope: str, fx: Effects, *, by: str, reason: str, command_id: str = ""
) -> None:
    """End the operator's hold on a scope; said only where there was one."""
    held = state.control.operator.pop(scope, None)
    withdraw_unsent(state, scope or None, fx)
    active = Hold(TradingState.ACTIVE, by, reason, fx.now)
    fx.keep(_row(scope, active, fx.now, command_id))
    if held is not None:
        why = reason or f"asked by {by}"
        text = f"{scope or 'the book'} is {TradingState.ACTIVE}, was {held.state}: {why}"
        fx.tell(Severity.INFO, f"control:{scope}", text)


def expire(state: State, scope: str, fx: Effects) -> None:
    """End a hold whose time is over."""
    hold = state.control.operator.get(scope)
    if hold is None or hold.expires_ms is None:
        return
    if hold.expires_ms <= fx.now:
        release(state, scope, fx, by="hedgebot", reason=f"{hold.state} has expired")
    else:
        state.wakes.timers.ask(Timer("control", scope), hold.expires_ms)


def halt(state: State, reason: str, fx: Effects) -> None:
    """Stop trading the book until a person resumes it."""
    hold = Hold(TradingState.HALTED, "hedgebot", reason, fx.now)
    state.control.operator[BOOK] = hold
    withdraw_unsent(state, None, fx)
    fx.keep(_row(BOOK, hold, fx.now, ""))
    fx.tell(Severity.CRITICAL, f"halt:{reason}", f"HALTED until `hedgebot resume`: {reason}")


def after_start(state: State, fx: Effects) -> None:
    """Say what the start found; keep the hold of a restart loop."""
    hold = state.control.operator.get(BOOK)
    if state.control.looped and hold is not None:  # None: the first event was a resume
        halt(state, hold.reason, fx)
    for text in state.control.notices:
        fx.tell(Severity.CRITICAL, f"start:{text}", text)
    state.control.looped = False
    state.control.notices.clear()


def fault(state: State, key: str, reason: str, fx: Effects) -> None:
    """HALTED for as long as a fault lasts."""
    known = state.control.faults.get(key)
    since_ms = known.since_ms if known else fx.now
    state.control.faults[key] = Hold(TradingState.HALTED, "hedgebot", reason, since_ms)
    if known is None:
        withdraw_unsent(state, None, fx)
    fx.raise_alert(Severity.CRITICAL, f"fault:{key}", f"HALTED: {reason}", gist=reason)


def mended(state: State, key: str, text: str, fx: Effects) -> None:
    """The fault is over, also one that an earlier start raised."""
    state.control.faults.pop(key, None)
    fx.recovered(f"fault:{key}", text)


def journal_failed(state: State, _policy: Policy, event: JournalFailed, fx: Effects) -> None:
    """An order that cannot be journaled is not sent; cancels and look-ups need no journal."""
    state.control.journal_ok = False
    fault(state, JOURNAL_FAULT, f"the journal is failing: {event.reason}", fx)


def journal_back(state: State, _policy: Policy, _event: JournalBack, fx: Effects) -> None:
    """The journal commits again: what was accepted meanwhile becomes durable."""
    state.control.journal_ok = True
    mended(state, JOURNAL_FAULT, "the journal commits again", fx)
    for scope, hold in state.control.operator.items():
        fx.keep(_row(scope, hold, fx.now, ""))


def mode_is_wrong(control: Control) -> bool:
    """Whether a mode's fault lasts. Not every mode is streamed: audits must see it put right."""
    return any(key.startswith(MODE_FAULT) for key in control.faults)


def hear_mode(state: State, policy: Policy, event: ModeSeen, fx: Effects) -> None:
    """An account setting as it is now: another than the settings want is a fault."""
    wanted = _wanted(policy, event)
    if wanted is None:
        return
    what = f"{event.name} of {event.instrument or event.venue}"
    key = f"{MODE_FAULT}{event.name}:{event.instrument or event.venue}"
    if event.value == wanted:
        mended(state, key, f"{what} is {wanted} again", fx)
    else:
        reason = f"{what} is {event.value}, the settings want {wanted}: change it at the venue"
        fault(state, key, reason, fx)


def _wanted(policy: Policy, event: ModeSeen) -> str | None:
    own = {instrument for hedge in policy.hedges for instrument in hedge.instruments}
    venue = policy.venue(event.venue)
    match event.name:
        case ModeName.POSITION_MODE:
            return venue.position_mode
        case ModeName.ASSETS_MODE:
            return "single"
        case ModeName.MARGIN_MODE:
            return venue.margin_mode if event.instrument in own else None
        case ModeName.LEVERAGE:
            return str(venue.leverage) if event.instrument in own and venue.leverage else None


def withdraw_unsent(state: State, asset: str | None, fx: Effects) -> None:
    """Every change of trading state withdraws what was approved and not written (invariant 2b)."""
    for order in state.desk.orders.values():
        if order.phase is Phase.INTENDED and asset in {None, order.intent.asset}:
            fx.add(Withdraw(order.intent.order_id))
    state.wakes.dirty.update(state.hedges if asset is None else [asset])


def restart_loop(starts: tuple[Start, ...], now: int) -> str:
    """The error that ended the last three starts within five minutes; empty: there is none."""
    recent = [start.error for start in starts if now - start.at_ms <= STARTS_WITHIN_MS]
    last = recent[:STARTS_MAX]
    same = len(last) == STARTS_MAX and len(set(last)) == 1
    return last[0] if same else ""


def _holdings_set(state: State, policy: Policy, event: Command, fx: Effects) -> None:
    holding = next((h for h in policy.holdings if h.label == event.label), None)
    if holding is None:
        text = wording.unknown_holding(event.label, [h.label for h in policy.holdings])
        fx.add(Answer(event.command_id, False, text))
        return
    if event.qty is None or not event.qty.is_finite():
        fx.add(Answer(event.command_id, False, f"{event.label}: {event.qty} is no quantity"))
        return
    before = state.ledger.outside.get(holding.label, holding.qty)
    state.ledger.outside[holding.label] = event.qty
    fx.keep(HoldingKept(fx.now, holding.label, event.qty, holding.qty, event.by))
    text = f"{holding.label}: {before} -> {event.qty} {holding.asset}"
    hedge = state.hedges.get(holding.asset)
    if hedge is not None:
        state.wakes.move(holding.asset)
        wording.note_cause(hedge, f"holdings set {text}")
        arrivals.told(
            state, policy, holding.asset, fx, rise=event.qty - before, where=holding.label
        )
        left = transit.in_words(state, policy, holding.asset, fx.now)
        text += f"; {left}" if left else ""
    fx.add(Answer(event.command_id, True, text))


def _row(scope: str, hold: Hold, now: int, command_id: str) -> ControlKept:
    return ControlKept(
        at_ms=now,
        asset=scope or None,
        state=hold.state,
        by=hold.by,
        reason=hold.reason,
        expires_ms=hold.expires_ms,
        command_id=command_id,
    )
