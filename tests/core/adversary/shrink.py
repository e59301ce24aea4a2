"""Makes a failing plan smaller while it fails in the same way."""

from collections.abc import Iterator
from dataclasses import replace

from tests.core.adversary.case import Case
from tests.core.adversary.plan import Item, Plan, Setup

PLAIN = Setup()


def rules(plan: Plan) -> set[str]:
    """What a plan is accused of; an assertion of `core` counts as `crash`."""
    case = Case(plan)
    try:
        case.play()
    except AssertionError:
        return {"crash"}
    return {rule for rule, _ in case.judge.accusations}


def shrunk(plan: Plan, rule: str) -> Plan:
    """Drop items and make the setup plain, as long as the rule is still broken."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(plan):
            if rule in rules(candidate):
                plan, smaller = candidate, True
                break
    return plan


def _smaller(plan: Plan) -> Iterator[Plan]:
    for index in range(len(plan.items)):
        yield plan.without(index)
    for name in PLAIN.__dataclass_fields__:
        plain = getattr(PLAIN, name)
        if getattr(plan.setup, name) != plain:
            yield replace(plan, setup=replace(plan.setup, **{name: plain}))
    for index, item in enumerate(plan.items):
        for simpler in _simpler(item):
            items = (*plan.items[:index], simpler, *plan.items[index + 1 :])
            yield replace(plan, items=items)


def _simpler(item: Item) -> Iterator[Item]:
    if item.kind in {"deposit", "spot", "manual", "withdrawal", "foreign"}:
        sign = "-" if item.size.startswith("-") else ""
        if item.size.lstrip("-") != "1":
            yield replace(item, size=f"{sign}1")
