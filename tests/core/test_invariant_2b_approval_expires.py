"""Invariant 2b: an approval expires, and every change of trading state withdraws what is unsent."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core.policy import Limits
from hedgebot.domain.actions import Action, Answer, Approved, Cancel, Place, Withdraw
from hedgebot.domain.events import (
    Command,
    CommandKind,
    Event,
    JournalFailed,
    ModeName,
    ModeSeen,
    NotSent,
    NotSentReason,
    OrderSeen,
    Refused,
    StopAsked,
)
from hedgebot.domain.orders import OrderIntent, OrderStatus, Refusal
from hedgebot.domain.records import CloseReason, IntentKept
from tests.core.test_invariant_2_unknown_outcomes import closes
from tests.core.two import own_eth, two_assets
from tests.core.world import POLICY, World, only, placed, rows


def unsent() -> tuple[World, OrderIntent]:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    return world, order


def command(kind: CommandKind, asset: str | None = None) -> Command:
    return Command(command_id="c1", kind=kind, asset=asset, by="test")


def withdrawn(found: list[Action]) -> list[int]:
    return [action.order_id for action in only(Withdraw, found)]


@pytest.mark.parametrize("approval_ms", [500, 120])
def test_an_order_may_be_sent_until_half_a_second_after_its_decision(approval_ms: int) -> None:
    world = World(policy=replace(POLICY, limits=Limits(approval_ms=approval_ms))).start()
    (order,) = placed(world.buy_spot(D(1)))

    assert order.decided_ms == world.now
    assert order.send_before_ms == world.now + approval_ms


def test_the_row_of_an_intent_stands_before_its_order() -> None:
    world = World().start()
    found = world.buy_spot(D(1))
    (row,) = rows(IntentKept, found)
    (place,) = only(Place, found)

    assert row.intent == place.order.intent
    assert isinstance(place.order, Approved)
    kinds = [type(getattr(action, "record", action)) for action in found]
    assert kinds.index(IntentKept) < kinds.index(Place)


@pytest.mark.parametrize(
    "event",
    [
        command(CommandKind.PAUSE),
        command(CommandKind.PAUSE, "BTC"),
        command(CommandKind.REDUCE_ONLY),
        command(CommandKind.FLATTEN),
        command(CommandKind.RESUME),
        JournalFailed("disk full"),
        ModeSeen("perp", ModeName.POSITION_MODE, "hedge"),
        StopAsked("SIGTERM"),
    ],
    ids=lambda event: getattr(event, "kind", type(event).__name__),
)
def test_every_change_of_trading_state_withdraws_unsent_intents(event: Event) -> None:
    world, order = unsent()

    assert withdrawn(world.tell(event)) == [order.order_id]


def test_a_refusal_that_halts_the_book_withdraws_what_another_hedge_has_not_sent() -> None:
    world = two_assets()
    (refused,) = placed(world.buy_spot(D(1)))
    (other,) = placed(own_eth(world, D(2)))
    found = world.tell(Refused(refused.order_id, Refusal.FATAL, "-2015", "invalid API key"))

    assert other.order_id in withdrawn(found)


def test_a_command_is_answered_after_the_withdrawal() -> None:
    world, _ = unsent()
    found = world.tell(command(CommandKind.PAUSE))
    order = [type(action) for action in found if isinstance(action, Withdraw | Answer)]

    assert order == [Withdraw, Answer]


def test_what_the_venue_has_is_not_withdrawn() -> None:
    world, order = unsent()
    world.tell(OrderSeen(world.report(order, OrderStatus.WORKING, D(0))))
    found = world.tell(command(CommandKind.PAUSE))

    assert withdrawn(found) == []
    assert only(Cancel, found) == []  # an immediate order: its end is on its way


def test_withdrawn_closes_as_not_sent_and_nothing_else_is_sent() -> None:
    world, order = unsent()
    world.tell(command(CommandKind.PAUSE))
    found = world.tell(NotSent(order.order_id, NotSentReason.WITHDRAWN))

    assert closes(found) == [CloseReason.NOT_SENT]
    assert placed(found + world.wait(60_000)) == []


def test_too_late_closes_as_not_sent_and_the_next_decision_has_a_new_id() -> None:
    world, order = unsent()
    found = world.tell(NotSent(order.order_id, NotSentReason.LATE))
    assert closes(found) == [CloseReason.NOT_SENT]
    assert placed(found) == []
    (again,) = placed(world.wait(600))

    assert again.order_id != order.order_id
    assert again.decided_ms > order.decided_ms


def test_a_commit_that_takes_two_seconds_with_a_pause_in_between_sends_nothing() -> None:
    """The executor asks before it writes: the withdrawal was there, and the approval is over."""
    world, order = unsent()
    world.wait(1_000)
    found = world.tell(command(CommandKind.PAUSE))
    assert withdrawn(found) == [order.order_id]
    world.wait(1_000)
    assert order.send_before_ms < world.now
    world.tell(NotSent(order.order_id, NotSentReason.WITHDRAWN))

    assert placed(world.wait(30_000)) == []


def test_an_order_of_another_asset_is_left_alone() -> None:
    world, _ = unsent()
    found = world.tell(command(CommandKind.PAUSE, "ETH"))

    assert withdrawn(found) == []
    (answer,) = only(Answer, found)
    assert not answer.accepted
    assert "no hedge of ETH; there are: BTC" in answer.text
