"""What people are told of a computed band: which is in force, why, what it is expected to cost."""

from hedgebot.core import band_memory, fees, learning, ratios, wording
from hedgebot.core.learnt import Learnt
from hedgebot.core.policy import Band, Optimal, Policy
from hedgebot.core.state import Hedge

YEAR_DAYS = 365.0
Json = dict[str, object]


def another(policy: Policy, hedge: Hedge, learnt: Learnt, *, quote: str) -> str:
    """The line of another band."""
    cost, fixed = costs_a_year(learnt)
    how = hedge.policy.optimal
    assert how is not None
    return (
        f"{hedge.policy.asset}: band {ends(hedge.policy.band)} around the target, "
        f"solved for {why(learnt, how)}: "
        f"expected {cost:,.0f} {quote} a year of costs and risk, the fixed band "
        f"{ends(policy.hedge(hedge.policy.asset).band)} {fixed:,.0f}"
    )


def why(learnt: Learnt, how: Optimal) -> str:
    """What a band was solved for."""
    return (
        f"{learning.moves_seen(learnt):.1f} moves in {learning.days_seen(learnt):.2f} days, "
        f"volatility {learning.volatility(learnt.price):.2%} a day, "
        f"trading at {1e4 * learning.cost_rate(learnt):.2f} bp with {fees.in_words(learnt, how)}"
    )


def ends(band: Band) -> str:
    """Both ends of a band, with their unit."""
    lower, upper = (wording.coins(round(end, 8)) for end in (band.lower, band.upper))
    return f"{lower} to {upper} {band.unit}"


def costs_a_year(learnt: Learnt) -> tuple[float, float]:
    """Expected costs and risk a year, quote, of the computed band and of the fixed one."""
    cost = band_memory.band_of(learnt.flow)[3] if learnt.flow else 0.0
    return cost * YEAR_DAYS, learnt.solving.fixed_cost * YEAR_DAYS


def ratio(hedge: Hedge, learnt: Learnt) -> Json:
    """The ratio in force, and what is known of it, for `status`."""
    return {"in_force": str(hedge.policy.ratio), "known": ratios.told(learnt.variance)}


def status(policy: Policy, hedge: Hedge, learnt: Learnt) -> Json:
    """The same for `status`."""
    how = hedge.policy.optimal
    assert how is not None
    cost, fixed = costs_a_year(learnt)
    solved = bool(fixed)
    waits = f"{how.moves_min} moves and {wording.span(how.learn_ms)} are wanted"
    return {
        "in_force": "computed" if learnt.solving.in_force else f"fixed: {waits}",
        "solved_for": why(learnt, how),
        "expected_a_year": round(cost) if solved else None,
        "fixed": ends(policy.hedge(hedge.policy.asset).band),
        "fixed_a_year": round(fixed) if solved else None,
    }
