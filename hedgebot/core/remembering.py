"""What was learnt survives a restart: to its journal row and back."""

from dataclasses import replace

from hedgebot.core import band_memory, learning
from hedgebot.core.learnt import Learnt, Paid, Price
from hedgebot.core.policy import Band, BandUnit, HedgePolicy
from hedgebot.core.state import Hedge
from hedgebot.domain.records import LearntKept

BAND_PARTS, PRICE_PARTS, PAID_PARTS = 4, 4, 4


def kept(hedge: Hedge, learnt: Learnt, now: int) -> LearntKept:
    """The row."""
    policy, price, paid = hedge.policy, learnt.price, learnt.paid
    band = (policy.band.lower, policy.band.upper, policy.aim(below=False), policy.aim(below=True))
    return LearntKept(
        at_ms=now,
        asset=policy.asset,
        flow=tuple(learnt.flow),
        price=(price.squares, price.days, price.mark, float(price.at_ms)),
        paid=(paid.fee, paid.slippage, paid.half_spread, learnt.solving.fixed_cost),
        band=band if learnt.solving.in_force else (),
    )


def recalled(policy: HedgePolicy, row: LearntKept | None) -> Learnt:
    """What is known at a start. A row of another form, of another version, is nothing."""
    assert policy.optimal is not None
    learnt = learning.unlearnt(policy.optimal)
    if row is None or not _readable(row):
        return learnt
    squares, days, mark, at_ms = row.price
    fee, slippage, half_spread, fixed_cost = row.paid
    told = policy.optimal.fee
    return Learnt(
        price=Price(squares, days, mark, int(at_ms)),
        paid=Paid(fee if told is None else told, slippage, half_spread, row.at_ms),
        flow=list(row.flow),
        solving=replace(
            learnt.solving, in_force=len(row.band) == BAND_PARTS, fixed_cost=fixed_cost
        ),
    )


def in_force(policy: HedgePolicy, row: LearntKept | None) -> HedgePolicy:
    """The hedge's policy with the band that was in force; the fixed one where none was."""
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


def _readable(row: LearntKept) -> bool:
    lengths = (len(row.flow), len(row.price), len(row.paid))
    return lengths == (band_memory.SIZE, PRICE_PARTS, PAID_PARTS)
