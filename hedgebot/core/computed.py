"""The computed band of a hedge: when it is asked for, how an answer is taken, what is kept of it.

A band takes tens of milliseconds to find, so `step` asks for it (`SolveBand`) and goes on; the
answer is an event like any other, which a replay folds and does not compute again. What is in force
stands in the hedge's policy as any band does: whatever trades by a fixed band trades by this one.
"""

import math
from dataclasses import replace

from hedgebot.core import (
    band_memory,
    bounds,
    learning,
    lines,
    optimal,
    remembering,
    telling,
    triggers,
)
from hedgebot.core.bounds import Bounds
from hedgebot.core.effects import Effects
from hedgebot.core.learnt import Learnt
from hedgebot.core.policy import Band, BandUnit, HedgePolicy, Policy
from hedgebot.core.state import Hedge, State
from hedgebot.core.timers import Timer
from hedgebot.domain.actions import Severity, SolveBand
from hedgebot.domain.events import BandSolved
from hedgebot.domain.records import Verdict

LOOK_MS = 10_000
SOLVE_MS_MAX = 60_000
"""A question without an answer for so long is asked again."""
KEEP_MS = 900_000
"""Pace at which the journal is given what is known; a killed process forgets as much at most."""


def check(state: State, policy: Policy, asset: str, fx: Effects) -> None:
    """The timer of one hedge's band: ask for another where enough is new."""
    learnt = state.ledger.learnt.get(asset)
    if learnt is None:
        return
    state.wakes.timers.ask(Timer("band", asset), fx.now + LOOK_MS)
    solving = learnt.solving
    if solving.asked_ms is not None and fx.now - solving.asked_ms >= SOLVE_MS_MAX:
        solving.asked_ms = None
        _trouble(state.hedges[asset], f"no answer within {SOLVE_MS_MAX // 1000} s", fx)
    if solving.asked_ms is not None or state.desk.orders:
        return
    if learnt.flow and band_memory.is_due(learnt.flow):
        _ask(state, policy, state.hedges[asset], learnt, fx=fx)
    elif fx.now - solving.kept_ms >= KEEP_MS:
        _keep(state.hedges[asset], learnt, fx)


def _ask(state: State, policy: Policy, hedge: Hedge, learnt: Learnt, *, fx: Effects) -> None:
    asset = hedge.policy.asset
    shown = of_fixed(state, policy, hedge)
    if shown is None:
        return
    learnt.solving.asked_ms = fx.now
    fx.add(
        SolveBand(
            asset=asset,
            asked_ms=fx.now,
            memory=tuple(learnt.flow),
            least=shown.least,
            fixed=(
                max(shown.below, shown.least),
                max(shown.above, shown.least),
                policy.hedge(asset).rebalance_to,
            ),
        )
    )


def of_fixed(state: State, policy: Policy, hedge: Hedge) -> Bounds | None:
    """The bounds that the hedge's own fixed band would set now; None without a mark."""
    market = state.markets[hedge.policy.instruments[0]]
    fixed = policy.hedge(hedge.policy.asset)
    return bounds.shown(fixed, hedge.outlook, market, policy.limits.collar)


def solved(state: State, policy: Policy, event: BandSolved, fx: Effects) -> None:
    """Take an answer, if it is to the question under way."""
    learnt = state.ledger.learnt.get(event.asset)
    if learnt is None or learnt.solving.asked_ms != event.asked_ms:
        return
    trouble = event.trouble or ("" if _sound(event) else "the answer is no number")
    if trouble:  # asked again after the time that an answer may take
        _trouble(state.hedges[event.asset], trouble, fx)
        return
    fx.recovered(_key(event.asset), f"{event.asset}: bands are found again")
    learnt.solving.asked_ms = None
    learnt.solving.fixed_cost = event.fixed_cost
    learnt.flow[:] = event.memory
    hedge = state.hedges[event.asset]
    _take(state, policy, hedge, learnt, fx=fx)
    _keep(hedge, learnt, fx)
    state.wakes.dirty.add(event.asset)  # what moved since the question is noted now


def _sound(event: BandSolved) -> bool:
    """Whether it is a memory with a band in it, and a cost to compare with."""
    memory = event.memory
    numbers = all(map(math.isfinite, (event.fixed_cost, *memory)))
    whole = len(memory) == band_memory.SIZE and numbers
    return whole and min(band_memory.band_of(list(memory))[:2]) >= 0.0


def _trouble(hedge: Hedge, why: str, fx: Effects) -> None:
    band, asset = telling.ends(hedge.policy.band), hedge.policy.asset
    text = f"{asset}: no band was found ({why}); the one in force stays, {band}"
    fx.raise_alert(Severity.WARNING, _key(asset), text, gist=why)


def _key(asset: str) -> str:
    return f"band:{asset}"


def _take(state: State, policy: Policy, hedge: Hedge, learnt: Learnt, *, fx: Effects) -> None:
    shown, how = of_fixed(state, policy, hedge), hedge.policy.optimal
    if shown is None or how is None or not learning.known_enough(learnt, how):
        return
    price = triggers.coin_price(state.markets[hedge.policy.instruments[0]])
    before = hedge.policy
    hedge.policy = in_force(before, learnt, least=shown.least, most=how.risk_holding / price)
    learnt.solving.in_force = True
    if hedge.policy != before:
        _say(state, policy, hedge, learnt, fx=fx)


def in_force(policy: HedgePolicy, learnt: Learnt, *, least: float, most: float) -> HedgePolicy:
    """The policy with the computed band. Orders cannot be smaller than `least`, so that trigger and
    end lie so far apart around the width that costs least; no side is wider than `most`.
    """
    below, above, inner, _ = band_memory.band_of(learnt.flow)
    lower = optimal.trigger_and_end(max(min(below, most), least), inner, least)
    upper = optimal.trigger_and_end(max(min(above, most), least), inner, least)
    return replace(
        policy,
        band=Band(-lower[0], upper[0], BandUnit.COIN),
        rebalance_to=upper[1] / upper[0],
        rebalance_to_below=lower[1] / lower[0],
    )


def _keep(hedge: Hedge, learnt: Learnt, fx: Effects) -> None:
    learnt.solving.kept_ms = fx.now
    if all(map(math.isfinite, learnt.flow)):  # a row that is refused would halt the trading
        fx.keep(remembering.kept(hedge, learnt, fx.now))
    else:
        learnt.flow.clear()
        learnt.untouched.noted = None
        _trouble(hedge, "what was learnt is no number: it begins anew", fx)


def _say(state: State, policy: Policy, hedge: Hedge, learnt: Learnt, *, fx: Effects) -> None:
    market = state.markets[hedge.policy.instruments[0]]
    shown = bounds.shown(hedge.policy, hedge.outlook, market, policy.limits.collar)
    verdict = hedge.said.verdict or Verdict.IN_BAND
    text = telling.another(policy, hedge, learnt, quote=market.instrument.quote)
    said = lines.Said(verdict=verdict, reason="another band costs less", text=text, shown=shown)
    fx.keep(lines.line(state, hedge, said, fx.now))
