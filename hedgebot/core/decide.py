"""Acts on the verdict of one hedge: places the order, says what changed, keeps the time."""

from hedgebot.core import (
    exposure,
    ids,
    learning,
    limits,
    lines,
    margin,
    orders,
    ratios,
    remedies,
    risk,
    triggers,
    wording,
)
from hedgebot.core.bounds import Bounds
from hedgebot.core.effects import Effects
from hedgebot.core.judge import Judgement, judge
from hedgebot.core.policy import Limits, Policy
from hedgebot.core.propose import Proposal
from hedgebot.core.state import Hedge, Said, State, outstanding
from hedgebot.core.timers import Timer, order_timer
from hedgebot.domain.actions import Place, Severity
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import IntentKept, Verdict

WAIT_SAID_MS = 1_000
"""A wait is said once it has lasted so long: between a fill and its position lie milliseconds."""
WAIT_POLL_MS = 250
"""Pace at which a waiting hedge is looked at again, besides the events that end the wait."""
CAPS = ("orders_per_minute is reached", "notional_day is reached")
KNOWN_MAX = 100_000


def decide(state: State, policy: Policy, asset: str, fx: Effects) -> None:
    """Judge one hedge and do what the verdict asks."""
    hedge = state.hedges[asset]
    if asset in state.wakes.moved:
        state.wakes.moved.discard(asset)
        hedge.outlook = exposure.compute(state, policy, asset)
    found = judge(state, policy, hedge, fx.now)
    if hedge.policy.has_triggers and not found.blind:
        triggers.begin(hedge, state.markets[hedge.policy.instruments[0]], fx.now)
    if hedge.policy.variance_days is not None:
        ratios.look(state, hedge, found, fx)
    if hedge.policy.optimal is not None:
        learning.look(state, hedge, found, fx.now)
    if found.proposal is not None:
        found = _place(state, policy, hedge, fx, found=found, proposal=found.proposal)
    if found.inside:
        _inside(hedge, fx, found)
    else:
        _outside(state, policy, hedge, fx, found=found)
    if found.verdict is not Verdict.TRADE:
        _say(state, hedge, found, fx)
    pause_ms = rest_ms(policy.limits) if found.inside else WAIT_POLL_MS
    state.wakes.timers.ask(Timer("hedge", asset), fx.now + pause_ms)


def rest_ms(limits: Limits) -> int:
    """A hedge that is known to be inside is looked at again after so long, whatever happens."""
    return max(limits.mark_age_ms_max // 2, WAIT_POLL_MS)


def intent_of(
    state: State, policy: Policy, hedge: Hedge, proposal: Proposal, *, now: int
) -> OrderIntent:
    """Name the proposal: the next id of this epoch. The state does not change."""
    instrument = state.markets[proposal.instrument].instrument
    desk = state.desk
    deployment = desk.deployments[instrument.account]
    return OrderIntent(
        order_id=ids.make(deployment, desk.epoch, desk.sequence + 1),
        asset=hedge.policy.asset,
        instrument=instrument.id,
        side=Side.BUY if proposal.lots > 0 else Side.SELL,
        lots=abs(proposal.lots),
        qty=instrument.qty(abs(proposal.lots)),
        price=proposal.price,
        reduce_only=proposal.reduce_only,
        purpose=proposal.purpose,
        mark=proposal.mark,
        decided_ms=now,
        send_before_ms=now + policy.limits.approval_ms,
    )


def _place(
    state: State, policy: Policy, hedge: Hedge, fx: Effects, *, found: Judgement, proposal: Proposal
) -> Judgement:
    intent = intent_of(state, policy, hedge, proposal, now=fx.now)
    approved = risk.review(state, policy, intent, fx.now)
    if isinstance(approved, str) and proposal.purpose in triggers.SWEEPS:
        return Judgement(Verdict.IN_BAND, "", found.shown, inside=True, held=True)
    if isinstance(approved, str):
        if approved in CAPS:
            text = f"{approved}: nothing that opens is sent; {wording.naked(hedge)}"
            text = f"{intent.asset}: {text}"
            fx.raise_alert(Severity.CRITICAL, f"cap:{intent.asset}", text, gist=approved)
        return Judgement(Verdict.WAIT, f"risk: {approved}", found.shown)
    fx.recovered(f"cap:{intent.asset}", f"{intent.asset}: caps have room again")
    desk = state.desk
    desk.sequence += 1
    desk.orders[intent.order_id] = orders.intended(intent)
    desk.known[intent.order_id] = 0
    if len(desk.known) > KNOWN_MAX:
        del desk.known[next(iter(desk.known))]
    fx.keep(IntentKept(intent, policy.dry_run))
    limits.charge(desk, intent, risk.notional(state.markets[intent.instrument], intent))
    learning.deciding(state, intent.asset, state.markets[intent.instrument].touch)
    _say_trade(state, hedge, intent, fx, shown=found.shown)
    fx.add(Place(approved))
    state.wakes.timers.ask(order_timer(intent.order_id), fx.now + orders.SUBMIT_MS_MAX)
    return found


def _say_trade(
    state: State, hedge: Hedge, intent: OrderIntent, fx: Effects, *, shown: Bounds | None
) -> None:
    said = lines.Said(
        verdict=Verdict.TRADE,
        reason=intent.purpose.value,
        text=wording.intended(hedge, intent),
        shown=shown,
        intent=intent,
    )
    fx.keep(lines.line(state, hedge, said, fx.now))
    hedge.said = Said(Verdict.TRADE, intent.purpose.value)


def _inside(hedge: Hedge, fx: Effects, found: Judgement) -> None:
    asset, flat = hedge.policy.asset, found.verdict is Verdict.FLAT
    text = ""
    if fx.troubled:
        text = f"{asset}: {'flat' if flat else 'back in band'}, {wording.naked(hedge)}"
    for trouble in ("naked", "cap", "margin"):
        fx.recovered(f"{trouble}:{asset}", text)
    if found.held:
        return  # what was refused was refused for a trade that is still wanted
    if wording.FOUND in hedge.causes:
        hedge.causes.remove(wording.FOUND)
    if hedge.pace.traded:
        hedge.pace.traded = False
        hedge.pace.cooldown_until_ms = fx.now + hedge.policy.order.cooldown_ms
        hedge.causes.clear()
    hedge.out_ms = None
    hedge.pace.refusals = 0
    margin.forget(hedge, fx.now)
    for trouble in ("refused", "never-arrived"):
        fx.recovered(f"{trouble}:{asset}", text)


def _outside(state: State, policy: Policy, hedge: Hedge, fx: Effects, *, found: Judgement) -> None:
    """Out of band, or not known to be inside: after a while a person must know (invariant 6)."""
    if hedge.out_ms is None:
        hedge.out_ms = fx.now
    lasted_ms = fx.now - max(hedge.out_ms, hedge.filled.at_ms)
    if lasted_ms < policy.limits.naked_alert_ms or found.verdict is Verdict.TRADE:
        return
    asset = hedge.policy.asset
    how = "not hedged" if found.shown and not found.shown.inside else "not known to be hedged"
    text = f"{asset}: {how} for {lasted_ms // 1000} s, {wording.naked(hedge)}: {found.reason}"
    market = state.markets[hedge.policy.instruments[0]]
    text += wording.at_stake(hedge, market, found.shown)
    remedy = remedies.gate_remedy(found.reason, halted=found.verdict is Verdict.HALTED)
    key = f"naked:{asset}"
    fx.raise_alert(Severity.CRITICAL, key, text, gist=found.reason, remedy=remedy)


def _say(state: State, hedge: Hedge, found: Judgement, fx: Effects) -> None:
    """Only a change of verdict or reason is a decision; a wait must have lasted a moment."""
    said = hedge.said
    if (found.verdict, found.reason) == (said.verdict, said.reason):
        said.waiting_ms = None
        return
    if found.verdict is Verdict.WAIT:
        if said.waiting_ms is None:
            said.waiting_ms = fx.now
        if fx.now - said.waiting_ms < WAIT_SAID_MS or outstanding(state, hedge.policy.asset):
            return
    text = wording.decided(hedge, found.verdict, found.reason, found.shown)
    told = lines.Said(verdict=found.verdict, reason=found.reason, text=text, shown=found.shown)
    fx.keep(lines.line(state, hedge, told, fx.now))
    hedge.said = Said(found.verdict, found.reason)
