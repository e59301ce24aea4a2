"""Invariant 7: nothing unbounded. Memories have an end, loops a pace, retries a stop."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import balances, decide, reconciliation, wording
from hedgebot.domain.actions import Action, Alert, Cancel, LookUp, Snapshot, Stop
from hedgebot.domain.events import (
    Event,
    FillSeen,
    LookedUp,
    NotSent,
    NotSentReason,
    OutcomeUnknown,
    Refused,
    StopAsked,
    Submitted,
)
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent, OrderStatus, Refusal
from hedgebot.domain.records import DecisionKept, Durable
from tests.core.test_invariant_1_one_order_when_settled import foreign_fill
from tests.core.world import PERP, PERP_WALLET, SPOT_WALLET, World, lookups, only, placed, rows

End = Callable[[World, OrderIntent], Event]


def refused(refusal: Refusal) -> End:
    return lambda _world, order: Refused(order.order_id, refusal, "-1", "no")


def ended(status: OrderStatus) -> End:
    return lambda world, order: Submitted(order.order_id, world.report(order, status, D(0)))


def not_sent(reason: NotSentReason) -> End:
    return lambda _world, order: NotSent(order.order_id, reason)


def silent(world: World, order: OrderIntent) -> Event:
    return OutcomeUnknown(order.order_id, "timeout", world.now + 3_000)


WITHOUT_FILL = sorted(set(OrderStatus) - {OrderStatus.WORKING, OrderStatus.FILLED})
ENDS: dict[str, End] = {
    **{f"refused {refusal}": refused(refusal) for refusal in Refusal},
    **{f"ended {status}": ended(status) for status in WITHOUT_FILL},
    **{f"not sent {reason}": not_sent(reason) for reason in NotSentReason},
    "silent": silent,
}


def endless(end: End, *, opens: bool) -> World:
    """Two minutes in which every order meets the same end, and no look-up finds anything."""
    world = World().start(D(1) if opens else D(0), D(0) if opens else D(-1))
    found = list(world.actions)
    while world.now < World().now + 120_000:
        events = [end(world, order) for order in placed(found)]
        events += [LookedUp(ask.order_id, None, (), world.now) for ask in lookups(found)]
        found = [action for event in events for action in world.tell(event)]
        found += world.wait(500)
    return world


@pytest.mark.parametrize("opens", [True, False], ids=["opening", "shrinking"])
@pytest.mark.parametrize("name", ENDS)
def test_no_end_of_an_order_makes_a_tight_loop(*, name: str, opens: bool) -> None:
    world = endless(ENDS[name], opens=opens)

    assert 1 <= len(placed(world.actions)) <= 18  # six at once, then one in ten seconds
    assert len(only(Alert, world.actions)) <= 8
    assert len(rows(DecisionKept, world.actions)) <= 80


# -- reads -----------------------------------------------------------------------------------------


def asked(found: list[Action]) -> int:
    return len(only(Snapshot, found))


def test_reads_have_a_pace_whatever_they_wait_for() -> None:
    """A position that never settles and an amount that is never confirmed: two venues, a minute."""
    world = World().start(D(1), D(-1))
    world.tell(FillSeen(foreign_fill(world, "0.5")))  # no position follows
    world.balance(SPOT_WALLET, D(2))

    assert asked(world.wait(60_000, readable=False)) <= 2 * 12  # each fails after five seconds
    assert asked(world.wait(60_000)) <= 2 * 60


def test_a_venue_that_fails_at_once_is_asked_ever_slower() -> None:
    world = World().start(D(1), D(-1))
    world.balance(SPOT_WALLET, D(2))
    began, count = world.now, 0
    while world.now < began + 120_000:
        count += asked(world.wait(100, readable=False))
        world.asks = [(at - 10_000, ask) for at, ask in world.asks]  # overdue: fails in no time

    assert count <= 2 * 30


def test_streams_that_shout_ask_for_no_more_reads() -> None:
    world = World().start(D(1), D(-1))
    found = list[Action]()
    for n in range(600):
        world.now += 5
        found += world.balance(SPOT_WALLET, D("0.001") if n % 2 else D("-0.001"))
        found += world.answer()

    assert asked(found) <= 2 * 12  # three seconds


# -- memory ----------------------------------------------------------------------------------------


def test_fills_are_remembered_up_to_a_number() -> None:
    world = World().start(D(1), D(-1))
    for n in range(reconciliation.TAPE_MAX + 500):
        fill = replace(foreign_fill(world, "0.5"), venue_ms=world.now + n)
        world.tell(FillSeen(fill))
        spot = replace(fill, instrument=InstrumentId("spot:BTC/USDT"), trade_id=f"s{n}")
        world.tell(FillSeen(spot))
    for book in world.state.ledger.positions.values():
        assert len(book.tape.seen) <= reconciliation.TAPE_MAX
        assert len(book.tape.early) <= reconciliation.TAPE_MAX
        assert len(book.proofs) <= 2
    hedge = world.state.hedges["BTC"]

    assert len(hedge.causes) <= wording.CAUSES_MAX
    assert len(world.state.wakes.alerts) < 10


def test_amounts_that_cannot_be_confirmed_are_kept_up_to_a_number_and_none_is_lost() -> None:
    world = World().start(D(1), D(-1))
    for n in range(2 * balances.PENDING_MAX):
        world.now += 1
        world.balance((SPOT_WALLET, PERP_WALLET)[n % 2], D("0.01") if n % 3 else D("-0.005"))
    book = world.state.ledger.assets["main", "BTC"]
    assert len(book.pending) <= balances.PENDING_MAX + 1
    low, high = balances.interval(book)
    for wallet, total in book.totals.items():
        amount = sum((p.amount for p in book.pending if p.wallet == wallet), D(0))
        assert total.said == total.confirmed + amount
    assert low == D("-0.005") * len([n for n in range(2 * balances.PENDING_MAX) if n % 3 == 0])

    found = world.wait(30_000)
    assert not book.pending
    assert len(placed(found)) == 1
    assert high > 0


def test_order_ids_are_remembered_up_to_a_number() -> None:
    ids = frozenset(OrderId(n) for n in range(decide.KNOWN_MAX + 5))
    world = World(durable=Durable(epoch=1, known_orders=ids)).start()
    before = len(world.state.desk.known)
    world.buy_spot(D(1))

    assert len(world.state.desk.known) <= before


def test_timers_do_not_pile_up() -> None:
    world = World().start(D(1), D(-1))
    for n in range(3_000):
        world.now += 3
        world.balance(SPOT_WALLET, D("0.0001") if n % 2 else D("-0.0001"))
        world.price(50_000.0 + n % 7)
        world.answer()
    timers = world.state.wakes.timers

    assert len(timers._heap) < 200
    assert len(timers._at) < 20


def test_a_day_of_quiet_adds_nothing() -> None:
    world = World().start(D(1), D(-1))
    world.wait(600_000)
    before = len(repr(world.state))
    world.wait(3_600_000)

    assert abs(len(repr(world.state)) - before) < 100


# -- the end ---------------------------------------------------------------------------------------


def stops(found: list[Action]) -> list[Stop]:
    return only(Stop, found)


def test_asked_to_stop_with_nothing_out_it_stops_at_once() -> None:
    world = World().start(D(1), D(-1))
    (stop,) = stops(world.tell(StopAsked("SIGTERM")))

    assert (stop.reason, stop.exit_code) == ("SIGTERM", 0)


def test_asked_to_stop_it_cancels_waits_for_the_end_and_takes_no_new_risk() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.WORKING, D(0))))
    found = world.tell(StopAsked("SIGTERM"))
    assert [cancel.order_id for cancel in only(Cancel, found)] == [order.order_id]
    assert stops(found) == []
    assert stops(world.wait(1_000)) == []
    ended_now = world.tell(
        Submitted(order.order_id, world.report(order, OrderStatus.CANCELLED, D(0)))
    )

    assert len(stops(ended_now)) == 1
    assert placed(ended_now) == []


def test_patience_with_an_unknown_order_ends_after_five_seconds() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(OutcomeUnknown(order.order_id, "timeout", world.now + 3_000))
    world.tell(StopAsked("SIGTERM"))
    assert stops(world.wait(4_900)) == []

    assert stops(world.wait(200))


def test_look_ups_of_a_lost_order_have_a_pace() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.WORKING, D(0))))
    count = 0
    while world.now < order.decided_ms + 60_000:
        found = world.wait(100)
        count += len(only(LookUp, found))
        for _ in lookups(found):
            world.looked_up(order, world.report(order, OrderStatus.WORKING, D(0)))

    assert 25 <= count <= 35  # every two seconds
    assert PERP in world.state.markets
