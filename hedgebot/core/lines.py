"""The canonical line of a decision: every part of the delta, the bounds, the order."""

from dataclasses import dataclass
from decimal import Decimal

from hedgebot.core.bounds import Bounds
from hedgebot.core.state import Hedge, State
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import DecisionKept, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is decided about a hedge, and in which words."""

    verdict: Verdict
    reason: str
    text: str
    shown: Bounds | None
    intent: OrderIntent | None = None
    cost: Decimal | None = None


def line(state: State, hedge: Hedge, said: Said, now: int) -> DecisionKept:
    """The row of the journal and of the log."""
    market = state.markets[hedge.policy.instruments[0]]
    look, shown, intent = hedge.outlook, said.shown, said.intent
    target, lower, upper = (shown.target, shown.lower, shown.upper) if shown else (0.0, 0.0, 0.0)
    return DecisionKept(
        at_ms=now,
        asset=hedge.policy.asset,
        verdict=said.verdict,
        reason=said.reason,
        text=said.text,
        parts=look.parts,
        pending_low=look.pending_low,
        pending_high=look.pending_high,
        target=Decimal(repr(target)),
        band_lower=Decimal(repr(lower)),
        band_upper=Decimal(repr(upper)),
        mark=market.mark,
        mark_age_ms=now - market.mark_ms if market.mark else -1,
        order_id=intent.order_id if intent else None,
        instrument=intent.instrument if intent else None,
        lots=intent.lots * intent.side.value if intent else 0,
        price=intent.price if intent else None,
        cost=said.cost,
    )
