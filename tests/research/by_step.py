"""The same rules played by the kernel and by `step`, and their trades and money compared."""

import math
from dataclasses import replace
from decimal import Decimal as D
from typing import Any, NamedTuple

import numpy as np
import pytest

from hedgebot.core.policy import Band, BandUnit, OrderStyle
from hedgebot.domain.events import Command, CommandKind
from hedgebot.domain.orders import OrderIntent
from hedgebot.research.sweep.kernel import COLUMNS, play
from hedgebot.research.sweep.world import UNITS, World
from tests.core.world import HEDGE, POLICY
from tests.core.world import World as Bottle

RATE = 5e-4
HOLDINGS = D(10)


class Rules(NamedTuple):
    """A policy, as both are told it."""

    unit: str = "coin"
    below: float = 0.05
    above: float = 0.05
    aim: float = 1.0
    ratio: float = 1.0
    target: float = float("nan")
    notional_max: float = 1e12


class Told(NamedTuple):
    """What was traded, and the money of it."""

    trades: list[tuple[int, int]]
    cost: float
    pnl: float
    funding: float
    deviations: list[float]


def bottle_of(rules: Rules, price: float) -> Bottle:
    by_target = not math.isnan(rules.target)
    hedge = replace(
        HEDGE,
        band=Band(-rules.below, rules.above, BandUnit(rules.unit)),
        rebalance_to=rules.aim,
        ratio=None if by_target else D(str(rules.ratio)),
        target=D(str(rules.target)) if by_target else None,
        order=OrderStyle(cooldown_ms=0, notional_max=rules.notional_max),
    )
    limits = replace(POLICY.limits, orders_per_minute=10**6, notional_day=1e15)
    return Bottle(policy=replace(POLICY, hedges=(hedge,), limits=limits), mark=price)


def orders_at(bottle: Bottle, bar: int, price: float, move: D) -> list[OrderIntent]:
    """All that `step` sends at a bar: a second of its world, each order filled at once.

    Price and move are one moment, so what is decided on is both of them.
    """
    bottle.mark = price
    if not bar:
        bottle.start(spot=HOLDINGS + move, position=D(0))
        orders = bottle.obey(bottle.actions)
    else:
        bottle.now += 1_000
        bottle.tell(Command(command_id=f"p{bar}", kind=CommandKind.PAUSE, by="bar"))
        bottle.alive()
        if move:
            bottle.buy_spot(move)
        told = Command(command_id=f"r{bar}", kind=CommandKind.RESUME, by="bar")
        orders = bottle.obey(bottle.tell(told))
    while more := bottle.obey(bottle.wait(300)):
        orders += more
    return orders


def by_step(world: World, rules: Rules) -> Told:
    """`core.step` itself, and what its trades come to at the bars' prices."""
    prices = world.price.tolist()
    moves = [round(D(move), 8) for move in np.diff(world.gross, prepend=float(HOLDINGS)).tolist()]
    rates = np.diff(world.funding, prepend=0.0).tolist()
    bottle = bottle_of(rules, prices[0])
    trades, deviations = [], []
    cost = pnl = funding = 0.0
    for bar, (price, move) in enumerate(zip(prices[:-1], moves, strict=True)):
        funding -= float(bottle.position) * rates[bar]
        for order in orders_at(bottle, bar, price, move):
            trades.append((bar, order.lots * order.side.value))
            cost += order.lots * 0.001 * price * RATE
        pnl += float(bottle.position) * (prices[bar + 1] - price)
        gross = float(bottle.spot)
        wanted = (1 - rules.ratio) * gross if math.isnan(rules.target) else rules.target
        deviations.append(float(bottle.spot + bottle.position) - wanted)
        bottle.actions.clear()
    return Told(trades, cost, pnl, funding, deviations)


def by_kernel(world: World, rules: Rules, log: Any) -> dict[str, float]:
    out = np.zeros(len(COLUMNS))
    market = (0.001, 1, 100.0, POLICY.limits.collar, rules.notional_max, True)
    by_target = not math.isnan(rules.target)
    line = (1.0, -rules.target) if by_target else (rules.ratio, 0.0)
    rule = (UNITS[rules.unit], rules.aim, *line, RATE, market)
    pieces = (np.array([0]), np.array([rules.below]), np.array([rules.above]))
    play(world, rule, pieces, out, log)
    return dict(zip(COLUMNS, out, strict=True))


def held_together(world: World, rules: Rules) -> int:
    """How many orders both sent, alike.

    Raises:
        AssertionError: they differ, or neither traded.
    """
    told = by_step(world, rules)
    log = np.zeros((len(told.trades) + 1, 2), np.int64)
    found = by_kernel(world, rules, log)
    assert [tuple(row) for row in log[: int(found["orders"])].tolist()] == told.trades
    assert found["cost"] == pytest.approx(told.cost, rel=1e-12)
    assert found["hedge_pnl"] == pytest.approx(told.pnl, rel=1e-9, abs=1e-6)
    assert found["funding"] == pytest.approx(told.funding, rel=1e-9, abs=1e-9)
    assert found["largest"] == pytest.approx(max(map(abs, told.deviations)), abs=1e-9)
    variance = sum(w * x * x for w, x in zip(world.weight, told.deviations, strict=True))
    assert found["variance"] == pytest.approx(variance, rel=1e-9)
    assert told.trades, "nothing was traded: nothing was compared"
    return len(told.trades)


RULES = {
    "to the edge": Rules(),
    "to the target": Rules(aim=0.0),
    "between": Rules(aim=0.5),
    "uneven": Rules(below=0.02, above=0.11),
    "per cent of the holdings": Rules(unit="percent", below=0.5, above=0.8),
    "dollars": Rules(unit="usd", below=900.0, above=1_500.0),
    "narrower than the least order": Rules(below=0.0001, above=0.0001, aim=0.0),
    "half hedged": Rules(ratio=0.5),
    "more than hedged": Rules(ratio=1.5),
    "a target of coins": Rules(target=3.0),
    "a long hedge, and through zero": Rules(target=10.02, below=0.01, above=0.01, aim=0.0),
    "slices": Rules(notional_max=400.0, aim=0.0),
}
