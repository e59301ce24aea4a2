"""What should be done about one hedge now. Reads the state, changes nothing: `plan` shows it too.

The order of questions: may we trade at all; is everything known and settled; is the net delta
outside its band at both ends of what is pending; and only then how much, where, at which limit.
"""

from dataclasses import dataclass, replace

from hedgebot.core import bounds, control, failover, freshness, triggers
from hedgebot.core.books import Market
from hedgebot.core.bounds import Bounds
from hedgebot.core.failover import Sight
from hedgebot.core.policy import Policy
from hedgebot.core.propose import Need, Proposal, propose
from hedgebot.core.state import Hedge, State
from hedgebot.domain.orders import Purpose
from hedgebot.domain.records import TradingState, Verdict

FLATTENING = "flattening"
"""Begins the reason of whatever is said of a hedge that closes its positions."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do about a hedge, and why."""

    verdict: Verdict
    reason: str
    shown: Bounds | None
    """With everything pending as the venue says it; None while there is no mark."""
    proposal: Proposal | None = None
    inside: bool = False
    """Known to be inside its band, as wide as it is counted: nobody need worry."""
    held: bool = False
    """Inside, and a trigger asks for a trade that something holds back for now."""
    blind: bool = False
    """Something is unknown, stale or unsettled: what is counted may not be so."""


def judge(state: State, policy: Policy, hedge: Hedge, now: int) -> Judgement:
    """The verdict on one hedge."""
    hold = control.effective(state.control, hedge.policy.asset)
    market = reference(state, policy, hedge, now)
    look = hedge.outlook
    shown = bounds.shown(hedge.policy, look, market, policy.limits.collar)
    flatten = hold.state is TradingState.FLATTENING
    sight = _sight(state, policy, hedge, now, flatten=flatten)
    doubt = sight.doubt or freshness.mark_doubt(market, policy.limits, now)
    if hold.state is TradingState.HALTED:
        reason = hold.reason or f"asked by {hold.by}"
        inside = not doubt and shown is not None and not shown.lots(market, 1.0, 1)
        return Judgement(Verdict.HALTED, reason, shown, inside=inside, blind=bool(doubt))
    if doubt or shown is None:
        why = f"{FLATTENING}: {doubt}" if flatten else doubt
        return Judgement(Verdict.WAIT, why, shown, blind=True)
    if flatten:
        return _flatten(state, policy, hedge, now, shown=shown, sight=sight)
    low, high = _both_ends(policy, hedge, market, shown=shown, sight=sight)
    ends = (low.lots(market, 1.0, 1), high.lots(market, 1.0, 1))
    if ends[0] * ends[1] <= 0:
        swept = None
        if hedge.policy.has_triggers and ends == (0, 0):
            need = Need(low, high, reducing=hold.state is TradingState.REDUCING, shut=sight.shut)
            swept = _sweep(state, policy, hedge, now, shown=shown, need=need)
        return swept or _quiet(hedge, shown, ends, sight)
    purpose = Purpose.FAILOVER if sight.shut else Purpose.REBALANCE
    reducing = hold.state is TradingState.REDUCING
    need = Need(low, high, reducing=reducing, purpose=purpose, shut=sight.shut)
    found = _outcome(propose(state, policy, hedge, now, need=need), shown)
    return replace(found, blind=True) if sight.shut else found


def reference(state: State, policy: Policy, hedge: Hedge, now: int) -> Market:
    """The market that values the band: the first by preference whose mark can be used."""
    markets = [state.markets[instrument] for instrument in hedge.policy.instruments]
    usable = (m for m in markets if not freshness.mark_doubt(m, policy.limits, now))
    return next(usable, markets[0])


def _sight(state: State, policy: Policy, hedge: Hedge, now: int, *, flatten: bool) -> Sight:
    if state.control.stopping:
        return Sight("stopping")
    return failover.look(state, policy, hedge, now, everywhere=not flatten)


def _both_ends(
    policy: Policy, hedge: Hedge, market: Market, *, shown: Bounds, sight: Sight
) -> tuple[Bounds, Bounds]:
    """The least and the greatest net delta that what is pending or unknown leaves possible."""
    look = hedge.outlook
    if not (look.low or look.high or sight.shut):
        return shown, shown
    least = bounds.least_lots(market, policy.limits.collar)

    def end(pending: float, index: int) -> Bounds:
        pending, unsure = pending + sight.gross[index], sight.hedge[index]
        return bounds.at(hedge.policy, look, market, pending=pending, least=least, unsure=unsure)

    return end(look.low, 0), end(look.high, 1)


def _sweep(
    state: State, policy: Policy, hedge: Hedge, now: int, *, shown: Bounds, need: Need
) -> Judgement | None:
    """A trade to the target from inside the band, or what holds it back; None where no trigger asks
    for one, or it would be too small.
    """
    market = reference(state, policy, hedge, now)
    purpose = triggers.fired(hedge, market, now)
    low, high = (replace(end, below=0.0, above=0.0) for end in (need.low, need.high))
    if purpose is None or low.lots(market, 0.0, 1) * high.lots(market, 0.0, 1) <= 0:
        return None
    whole = replace(need, low=low, high=high, purpose=purpose, aim=0.0)
    found = propose(state, policy, hedge, now, need=whole)
    blind = bool(need.shut)
    if isinstance(found, Proposal):
        return Judgement(Verdict.TRADE, "", shown, found, blind=blind)
    if found[0] is Verdict.TOO_SMALL:
        return None
    return Judgement(Verdict.IN_BAND, "", shown, inside=True, held=True, blind=blind)


def _quiet(hedge: Hedge, shown: Bounds, ends: tuple[int, int], sight: Sight) -> Judgement:
    """Inside at both ends, or right at one end only."""
    if ends != (0, 0):
        blind = bool(sight.shut)
        return Judgement(Verdict.WAIT, sight.why or "a pending amount decides", shown, blind=blind)
    if shown.as_configured or hedge.outlook.low or hedge.outlook.high or sight.shut:
        return Judgement(Verdict.IN_BAND, "", shown, inside=True, blind=bool(sight.shut))
    reason = "outside the band by less than the smallest order"
    return Judgement(Verdict.TOO_SMALL, reason, shown, inside=True)


def _flatten(
    state: State, policy: Policy, hedge: Hedge, now: int, *, shown: Bounds, sight: Sight
) -> Judgement:
    """Position target 0 on the hedge's instruments; pending balances do not hold it.

    What cannot be closed now does not keep the others open.
    """
    held = _outcome((Verdict.WAIT, f"{FLATTENING}: {sight.why}"), shown) if sight.shut else None
    for own in hedge.policy.instruments:
        if own not in sight.shut and state.ledger.positions[own].arithmetic:
            need = Need(shown, shown, flatten=own, purpose=Purpose.FLATTEN)
            found = _outcome(propose(state, policy, hedge, now, need=need), shown)
            if found.proposal is not None:
                return found
            held = held or replace(found, reason=f"{FLATTENING}: {found.reason}")
    return held or Judgement(Verdict.FLAT, f"{FLATTENING}: no position is left", shown, inside=True)


def _outcome(found: Proposal | tuple[Verdict, str], shown: Bounds) -> Judgement:
    if isinstance(found, Proposal):
        return Judgement(Verdict.TRADE, "", shown, found)
    verdict, reason = found
    return Judgement(verdict, reason, shown)
