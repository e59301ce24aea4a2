"""What should be done about one hedge now. Reads the state, changes nothing: `plan` shows it too.

The order of questions: may we trade at all; is everything known and settled; is the net delta
outside its band at both ends of what is pending; and only then how much, where, at which limit.
"""

from dataclasses import dataclass

from hedgebot.core import bounds, control, freshness, reconciliation
from hedgebot.core.books import Market
from hedgebot.core.bounds import Bounds
from hedgebot.core.policy import Policy
from hedgebot.core.propose import Need, Proposal, propose
from hedgebot.core.state import Hedge, State, outstanding
from hedgebot.domain.orders import Purpose
from hedgebot.domain.records import TradingState, Verdict


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


def judge(state: State, policy: Policy, hedge: Hedge, now: int) -> Judgement:
    """The verdict on one hedge."""
    hold = control.effective(state.control, hedge.policy.asset)
    market = reference(state, policy, hedge, now)
    look = hedge.outlook
    shown = bounds.shown(hedge.policy, look, market, policy.limits.collar)
    flatten = hold.state is TradingState.FLATTENING
    doubt = _doubt(state, policy, hedge, now, everywhere=not flatten)
    doubt = doubt or freshness.mark_doubt(market, policy.limits, now)
    if hold.state is TradingState.HALTED:
        reason = hold.reason or f"asked by {hold.by}"
        inside = not doubt and shown is not None and not shown.lots(market, 1.0, 1)
        return Judgement(Verdict.HALTED, reason, shown, inside=inside)
    if doubt or shown is None:
        return Judgement(Verdict.WAIT, doubt, shown)
    if flatten:
        return _flatten(state, policy, hedge, now, shown=shown)
    low = high = shown
    if look.low or look.high:
        least = bounds.least_lots(market, policy.limits.collar)
        low = bounds.at(hedge.policy, look, market, pending=look.low, least=least)
        high = bounds.at(hedge.policy, look, market, pending=look.high, least=least)
    ends = (low.lots(market, 1.0, 1), high.lots(market, 1.0, 1))
    if ends[0] * ends[1] <= 0:
        return _quiet(hedge, shown, ends)
    need = Need(low, high, reducing=hold.state is TradingState.REDUCING)
    return _outcome(propose(state, policy, hedge, now, need=need), shown)


def reference(state: State, policy: Policy, hedge: Hedge, now: int) -> Market:
    """The market that values the band: the first by preference whose mark can be used."""
    markets = [state.markets[instrument] for instrument in hedge.policy.instruments]
    usable = (m for m in markets if not freshness.mark_doubt(m, policy.limits, now))
    return next(usable, markets[0])


def _doubt(state: State, policy: Policy, hedge: Hedge, now: int, *, everywhere: bool) -> str:
    """Why nothing can be decided: unsettled, unknown or stale (invariants 1 and 5)."""
    if state.control.stopping:
        return "stopping"
    order = outstanding(state, hedge.policy.asset)
    if order is not None:
        return f"one order outstanding: {order.phase}"
    traded_at = {state.markets[own].instrument.venue for own in hedge.policy.instruments}
    for venue in policy.venues:
        if everywhere or venue.name in traded_at:
            doubt = freshness.account_doubt(state, policy, venue.name, now)
            if doubt:
                return doubt
    for own in hedge.policy.instruments:
        if not reconciliation.agrees(state.ledger.positions[own]):
            return f"position of {own} differs from our fills"
    return ""


def _quiet(hedge: Hedge, shown: Bounds, ends: tuple[int, int]) -> Judgement:
    """Inside at both ends, or right at one end only."""
    if ends != (0, 0):
        return Judgement(Verdict.WAIT, "a pending amount decides", shown)
    if shown.as_configured or hedge.outlook.low or hedge.outlook.high:
        return Judgement(Verdict.IN_BAND, "", shown, inside=True)
    reason = "outside the band by less than the smallest order"
    return Judgement(Verdict.TOO_SMALL, reason, shown, inside=True)


def _flatten(state: State, policy: Policy, hedge: Hedge, now: int, *, shown: Bounds) -> Judgement:
    """Position target 0 on the hedge's instruments; pending balances do not hold it.

    What cannot be closed now does not keep the others open.
    """
    held = None
    for own in hedge.policy.instruments:
        if state.ledger.positions[own].arithmetic:
            need = Need(shown, shown, flatten=own, purpose=Purpose.FLATTEN)
            found = _outcome(propose(state, policy, hedge, now, need=need), shown)
            if found.proposal is not None:
                return found
            held = held or found
    return held or Judgement(Verdict.IN_BAND, "flat", shown, inside=True)


def _outcome(found: Proposal | tuple[Verdict, str], shown: Bounds) -> Judgement:
    if isinstance(found, Proposal):
        return Judgement(Verdict.TRADE, "", shown, found)
    verdict, reason = found
    return Judgement(verdict, reason, shown)
