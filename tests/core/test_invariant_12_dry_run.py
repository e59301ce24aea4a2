"""Invariant 12: a dry run decides as a live run does, and each of its orders is marked as one."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebot.domain.actions import Action, Keep
from hedgebot.domain.records import IntentKept
from tests.core.world import POLICY, World, placed, rows

DRY = replace(POLICY, dry_run=True)
CHANGES = st.lists(
    st.integers(-2_000, 2_000).filter(bool).map(lambda lots: D(lots) / 1_000),
    min_size=1,
    max_size=4,
)


def played(world: World, changes: list[D]) -> World:
    world.start(D(10))
    world.obey(list(world.actions))
    for change in changes:
        world.obey(world.buy_spot(change))
    return world


def unmarked(action: Action) -> Action:
    if isinstance(action, Keep) and isinstance(action.record, IntentKept):
        return Keep(replace(action.record, dry_run=False))
    return action


@settings(max_examples=40, deadline=None)
@given(CHANGES)
def test_it_decides_as_a_live_run_and_marks_every_order(changes: list[D]) -> None:
    live, dry = World(), World(policy=DRY)
    assert dry.state.desk.deployments != live.state.desk.deployments, "ids name their run"
    dry.state.desk.deployments = dict(live.state.desk.deployments)
    played(live, changes)
    played(dry, changes)
    orders = rows(IntentKept, dry.actions)

    assert len(orders) == len(placed(dry.actions)) >= 1
    assert all(order.dry_run for order in orders)
    assert not any(order.dry_run for order in rows(IntentKept, live.actions))
    assert [unmarked(action) for action in dry.actions] == live.actions
