"""Makes a failing plan smaller while it breaks the same rule."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice

from tests.simulation.campaign import Stage
from tests.simulation.plan import DISTURBANCES, Plan, Setup

PLAIN = Setup()
PLAYS_MAX = 80


def shrunk(stage: Stage, plan: Plan, rule: str) -> Plan:
    """Drop items, make the setup plain and sizes round, as long as the rule is still broken."""
    plays, smaller = 0, True
    while smaller and plays < PLAYS_MAX:
        smaller = False
        with closing(stage.play_each(islice(_smaller(plan), PLAYS_MAX - plays))) as played:
            for candidate, outcome in played:
                plays += 1
                if rule in outcome.rules:
                    plan, smaller = candidate, True
                    break
    return plan


def _smaller(plan: Plan) -> Iterator[Plan]:
    for index in range(len(plan.items)):
        yield plan.without(index)
    if plan.setup != PLAIN:
        yield replace(plan, setup=PLAIN)
    for name in PLAIN.__dataclass_fields__:
        plain = getattr(PLAIN, name)
        if getattr(plan.setup, name) != plain:
            yield replace(plan, setup=replace(plan.setup, **{name: plain}))
    for index, item in enumerate(plan.items):
        round_size = "-1" if item.size.startswith("-") else "1"
        if item.kind in DISTURBANCES and not DISTURBANCES[item.kind][1] and item.size != round_size:
            simpler = replace(item, size=round_size)
            yield replace(plan, items=(*plan.items[:index], simpler, *plan.items[index + 1 :]))
