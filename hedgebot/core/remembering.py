"""What was learnt survives a restart: to its journal row and back."""

from dataclasses import replace
from decimal import Decimal

from hedgebot.core import band_memory, learning
from hedgebot.core.books import NEVER
from hedgebot.core.learnt import FEE, Learnt, Paid, Price, Tier, Variance, Whence
from hedgebot.core.min_variance import Moments
from hedgebot.core.policy import Band, BandUnit, HedgePolicy, Optimal
from hedgebot.core.state import Hedge
from hedgebot.domain.records import LearntKept

BAND_PARTS, PRICE_PARTS, PAID_PARTS = 4, 4, 8
OLDER_PARTS = 4
"""Of what was paid, before the venue was asked for its fee."""
UNTOLD = -1.0
WHENCES = tuple(Whence)
RATIO_PARTS = len(Moments._fields) + 5


def kept(hedge: Hedge, learnt: Learnt, now: int) -> LearntKept:
    """The row."""
    policy, price = hedge.policy, learnt.price
    band = (policy.band.lower, policy.band.upper, policy.aim(below=False), policy.aim(below=True))
    return LearntKept(
        at_ms=now,
        asset=policy.asset,
        flow=tuple(learnt.flow),
        price=(price.squares, price.days, price.mark, float(price.at_ms)),
        paid=_paid(hedge, learnt),
        band=band if learnt.solving.in_force else (),
        ratio=_ratio(hedge, learnt.variance),
    )


def _paid(hedge: Hedge, learnt: Learnt) -> tuple[float, ...]:
    """A fee that the settings name was not learnt, should they name none one day."""
    paid, tier = learnt.paid, learnt.tier
    named = hedge.policy.optimal is not None and hedge.policy.optimal.fee is not None
    fee, whence = (FEE, Whence.ASSUMED) if named else (paid.fee, tier.whence)
    costs = (fee, paid.slippage, paid.half_spread, learnt.solving.fixed_cost)
    told = UNTOLD if tier.told is None else tier.told
    return (*costs, told, float(WHENCES.index(whence)), paid.traded, float(paid.traded_ms))


def _paid_kept(row: LearntKept) -> tuple[float, ...]:
    """An older row tells of the fee alone: another than the assumed one was paid by fills."""
    if len(row.paid) != OLDER_PARTS:
        return row.paid
    whence = Whence.ASSUMED if row.paid[0] == FEE else Whence.FILLS
    return (*row.paid, UNTOLD, float(WHENCES.index(whence)), 0.0, float(NEVER))


def _ratio(hedge: Hedge, room: Variance) -> tuple[float, ...]:
    if hedge.policy.variance_days is None or room.at_ms == NEVER:
        return ()
    times = (float(room.at_ms), float(room.set_ms))
    return (*room.moments, room.index, room.mark, *times, float(hedge.policy.ratio or 0))


def recalled(policy: HedgePolicy, row: LearntKept | None) -> Learnt:
    """What is known at a start. A row of another form, of another version, is nothing."""
    learnt = learning.unlearnt(policy.optimal or Optimal())
    if row is None:
        return learnt
    if _ratio_kept(policy, row):
        *moments, index, mark, at_ms, set_ms, _ = row.ratio
        learnt.variance = Variance(Moments(*moments), index, mark, int(at_ms), int(set_ms))
    if policy.optimal is None or not _readable(row):
        return learnt
    squares, days, mark, at_ms = row.price
    fee, slippage, half_spread, fixed_cost, told, whence, traded, traded_ms = _paid_kept(row)
    named = policy.optimal.fee
    learnt.price = Price(squares, days, mark, int(at_ms))
    learnt.paid = Paid(fee if named is None else named, slippage, half_spread, row.at_ms)
    learnt.paid.traded, learnt.paid.traded_ms = traded, int(traded_ms)
    learnt.tier = Tier(None if told == UNTOLD else told, WHENCES[int(whence)])
    learnt.flow = list(row.flow)
    learnt.solving.in_force = len(row.band) == BAND_PARTS
    learnt.solving.fixed_cost = fixed_cost
    return learnt


def in_force(policy: HedgePolicy, row: LearntKept | None) -> HedgePolicy:
    """The hedge's policy with the band and the ratio that were in force; as the settings say it
    where none were.
    """
    if row is not None and _ratio_kept(policy, row):
        policy = replace(policy, ratio=Decimal(repr(row.ratio[-1])).normalize())
    if policy.optimal is None or row is None or not _readable(row):
        return policy
    if len(row.band) != BAND_PARTS:
        return policy
    lower, upper, above, below = row.band
    return replace(
        policy,
        band=Band(min(lower, 0.0), max(upper, 0.0), BandUnit.COIN),
        rebalance_to=above,
        rebalance_to_below=below,
    )


def _ratio_kept(policy: HedgePolicy, row: LearntKept) -> bool:
    return policy.variance_days is not None and len(row.ratio) == RATIO_PARTS


def _readable(row: LearntKept) -> bool:
    lengths = (len(row.flow), len(row.price))
    paid = len(row.paid) in {OLDER_PARTS, PAID_PARTS}
    return paid and lengths == (band_memory.SIZE, PRICE_PARTS)
