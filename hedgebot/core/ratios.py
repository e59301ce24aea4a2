"""The minimum-variance ratio of a hedge, learnt from the hourly returns of index and mark.

Index and mark come in one message, so that their returns are of the same hour. An hour that was not
seen whole is left out: stamps that do not agree would look like a hedge that does not fit. The
ratio that is found is used where its error is small and it is not one by chance; else it is 1.
"""

import math
from dataclasses import replace
from decimal import Decimal

from hedgebot.core import lines, min_variance
from hedgebot.core.books import Market
from hedgebot.core.effects import Effects
from hedgebot.core.judge import Judgement
from hedgebot.core.learnt import Variance
from hedgebot.core.state import Hedge, State
from hedgebot.domain.records import Verdict

HOUR_MS = 3_600_000
LATE_MS = 300_000
"""A return is of an hour, or of so little more."""
DAY_MS = 86_400_000
PLACES = 3
ERRORS = 2.0
"""So many standard errors are taken for chance."""
ERROR_MAX = 0.01
PAIRS_MIN = 168.0
"""A week of hours."""
ONE = Decimal(1)
RATIO_MAX = Decimal("1.5")


def look(state: State, hedge: Hedge, found: Judgement, fx: Effects) -> None:
    """Fold an hour that is over; once a day see whether another ratio is in order."""
    market = state.markets[hedge.policy.instruments[0]]
    room = state.ledger.learnt[hedge.policy.asset].variance
    if found.blind or not see(hedge, room, market, fx.now):
        return
    if fx.now - room.set_ms >= DAY_MS:
        room.set_ms = fx.now
        _consider(state, hedge, room, fx)


def see(hedge: Hedge, room: Variance, market: Market, now: int) -> bool:
    """Fold an hour that is over, if it was seen whole. Whether one was over."""
    index = market.held.index
    lasted_ms = now - room.at_ms
    if lasted_ms < HOUR_MS or not market.mark > 0.0 or not index > 0.0:
        return False
    if lasted_ms <= HOUR_MS + LATE_MS:
        _fold(room, market, hedge.policy.variance_days or 1.0)
    room.index, room.mark, room.at_ms = index, market.mark, now
    return True


def _fold(room: Variance, market: Market, days: float) -> None:
    keep = math.exp(-HOUR_MS / DAY_MS / days)
    spot = math.log(market.held.index / room.index)
    hedge = math.log(market.mark / room.mark)
    room.moments = min_variance.seen(room.moments, spot, hedge, keep)


def wanted(room: Variance) -> Decimal:
    """The ratio that the moments speak for; 1 where they do not know enough."""
    ratio, error = min_variance.ratio(room.moments), min_variance.ratio_error(room.moments)
    known = min_variance.pairs(room.moments) >= PAIRS_MIN and error <= ERROR_MAX
    if not known or abs(ratio - 1.0) <= ERRORS * error:
        return ONE
    return max(Decimal(0), min(round(Decimal(repr(ratio)), PLACES), RATIO_MAX))


def _consider(state: State, hedge: Hedge, room: Variance, fx: Effects) -> None:
    """Another ratio is another target: taken only if it is not the one in force by chance."""
    present, found = hedge.policy.ratio or ONE, wanted(room)
    error = min_variance.ratio_error(room.moments)
    if found == present or abs(float(found - present)) <= ERRORS * error:
        return
    take(state, hedge, found)
    text = f"{hedge.policy.asset}: ratio {found} in the place of {present}: {told(room)}"
    verdict = hedge.said.verdict or Verdict.IN_BAND
    said = lines.Said(verdict=verdict, reason="another ratio", text=text, shown=None)
    fx.keep(lines.line(state, hedge, said, fx.now))
    state.wakes.dirty.add(hedge.policy.asset)


def take(state: State, hedge: Hedge, ratio: Decimal) -> None:
    """Put a ratio in force. What it does to the deviation is no flow."""
    untouched = state.ledger.learnt[hedge.policy.asset].untouched
    if untouched.noted is not None:
        untouched.noted += (ratio - (hedge.policy.ratio or 0)) * hedge.outlook.parts.gross
    hedge.policy = replace(hedge.policy, ratio=ratio)


def told(room: Variance) -> str:
    """What was found, with its error."""
    moments = room.moments
    if min_variance.pairs(moments) < 2.0 or math.isinf(min_variance.ratio_error(moments)):
        return "nothing is known yet"
    ratio = min_variance.ratio(moments)
    return (
        f"minimum variance at {ratio:.4f} +- {ERRORS * min_variance.ratio_error(moments):.4f}, "
        f"from {min_variance.pairs(moments):.0f} hours; it takes away "
        f"{min_variance.effectiveness(moments, ratio):.2%} of the variance, a ratio of 1 "
        f"{min_variance.effectiveness(moments, 1.0):.2%}"
    )
