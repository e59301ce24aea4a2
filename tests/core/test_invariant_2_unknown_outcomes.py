"""Invariant 2: a timeout is not a failure, and a send is never repeated."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebot.core import orders
from hedgebot.domain.actions import Action, Alert, Cancel, Keep, LookUp, Severity
from hedgebot.domain.events import (
    Event,
    FillSeen,
    LookedUp,
    LookUpFailed,
    NotSent,
    NotSentReason,
    OrderSeen,
    OutcomeUnknown,
    Refused,
    Submitted,
)
from hedgebot.domain.orders import Cause, OrderIntent, OrderStatus, Refusal
from hedgebot.domain.records import CloseReason, FillKept, OrderMoved, Phase
from tests.core.world import World, alerts, lookups, only, placed

WINDOW_MS = 3_000


def silent(spot: str = "1") -> tuple[World, OrderIntent, list[Action]]:
    """An order whose answer never came; its signature was good for another 3 s."""
    world = World().start()
    (order,) = placed(world.buy_spot(D(spot)))
    world.now += 200
    unknown = OutcomeUnknown(order.order_id, "read timed out", world.now + WINDOW_MS)
    return world, order, world.tell(unknown)


def moves(found: list[Action]) -> list[OrderMoved]:
    return [k.record for k in only(Keep, found) if isinstance(k.record, OrderMoved)]


def closes(found: list[Action]) -> list[CloseReason | None]:
    return [move.reason for move in moves(found) if move.phase is Phase.CLOSED]


def unknown_alerts(found: list[Action]) -> list[Alert]:
    return [alert for alert in alerts(found) if alert.key.startswith("unknown:")]


# -- asking ------------------------------------------------------------------------------------


def test_silence_is_unknown_and_is_looked_up_by_its_id() -> None:
    world, order, found = silent()

    assert [(m.phase, m.detail) for m in moves(found)] == [(Phase.UNKNOWN, "read timed out")]
    (ask,) = lookups(found + world.wait(10))
    assert (ask.order_id, ask.instrument) == (order.order_id, order.instrument)
    assert ask.since_ms == order.decided_ms - 60_000  # trades, though the clocks differ


def test_a_send_without_any_result_is_unknown_too() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    found = world.wait(orders.SUBMIT_MS_MAX + 500)

    assert [m.phase for m in moves(found)] == [Phase.UNKNOWN]
    assert [ask.order_id for ask in lookups(found)] == [order.order_id]


def test_one_look_up_at_a_time() -> None:
    world, _, _ = silent()

    assert len(lookups(world.wait(15_000))) == 1


def test_a_look_up_that_is_never_answered_is_asked_again() -> None:
    world, _, _ = silent()

    assert len(lookups(world.wait(45_000))) == 3


def test_a_look_up_that_failed_is_asked_again_at_a_pace() -> None:
    world, order, _ = silent()
    asked = 0
    for _ in range(400):
        for _ask in lookups(world.wait(100)):
            asked += 1
            world.tell(LookUpFailed(order.order_id, "503"))

    assert 20 <= asked <= 25  # forty seconds, at most every two


def test_an_outcome_unknown_for_ten_seconds_is_a_critical_alert() -> None:
    world, order, _ = silent()
    found = list[Action]()
    for _ in range(30):
        found += world.wait(500)
        if lookups(found[-5:]):
            world.tell(LookUpFailed(order.order_id, "503"))

    (told,) = unknown_alerts(found)
    assert told.severity is Severity.CRITICAL
    assert "SELL 1 on perp:BTC/USDT:USDT is unknown for 1" in told.text
    end = world.looked_up(order, world.report(order, OrderStatus.EXPIRED, D(0)))
    assert [alert.recovered for alert in unknown_alerts(end)] == [True]


# -- not found ---------------------------------------------------------------------------------


def test_not_found_counts_only_when_the_request_cannot_arrive_any_more_and_twice() -> None:
    world, order, _ = silent()
    told_ms = world.now
    counted_ms, found = list[int](), list[Action]()
    while not closes(found):
        asks = lookups(world.wait(50))
        for _ in asks:
            found += world.looked_up(order)
            counted_ms.append(world.now - told_ms)
        assert world.now - told_ms < 20_000

    assert closes(found) == [CloseReason.NEVER_ARRIVED]
    counts = [ms for ms in counted_ms if ms >= WINDOW_MS + 1_000]
    assert len(counts) == 2
    assert len(counted_ms) > 2  # the earlier ones told nothing
    (again,) = placed(found + world.wait(300))
    assert again.order_id != order.order_id
    assert again.lots == 1000
    assert any("never arrived" in alert.text for alert in alerts(found))


def test_nor_does_it_count_earlier_after_a_send_without_any_result() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    found, begun = list[Action](), world.now
    while not closes(found) and world.now < begun + 60_000:
        found += world.looked_up(order) if lookups(world.wait(50)) else []

    assert closes(found) == [CloseReason.NEVER_ARRIVED]
    assert world.now - begun >= orders.SUBMIT_MS_MAX + WINDOW_MS + 1_000


def test_a_look_up_asked_for_earlier_does_not_count_however_late_its_answer_is() -> None:
    world, order, _ = silent()
    early = world.now + WINDOW_MS + 999
    world.now += 60_000
    for _ in range(3):
        assert not closes(world.tell(LookedUp(order.order_id, None, (), requested_ms=early)))


def test_two_that_do_not_agree_do_not_count() -> None:
    world, order, _ = silent()
    world.wait(5_000)
    world.looked_up(order)
    world.now += 300
    found = world.looked_up(order, world.report(order, OrderStatus.WORKING, D(0)))
    assert [m.phase for m in moves(found)] == [Phase.WORKING]
    world.now += 300
    world.tell(OutcomeUnknown(order.order_id, "late", world.now))
    assert closes(world.looked_up(order)) == []
    world.now += orders.FORGOTTEN_MS

    assert moves(world.looked_up(order)) == [], "the first one since it was found"


# -- found -------------------------------------------------------------------------------------


def test_found_and_filled_is_folded_and_never_sent_again() -> None:
    world, order, _ = silent()
    world.wait(10)
    report = world.report(order, OrderStatus.FILLED, order.qty)
    found = world.looked_up(order, report, world.fill_of(order, order.qty))
    assert closes(found) == [CloseReason.FILLED]
    assert placed(found) == []
    world.move(order.instrument, -order.qty)

    assert placed(world.wait(30_000)) == []


def test_a_trade_without_our_id_is_joined_by_the_venues_order_id() -> None:
    world, order, _ = silent()
    world.tell(OrderSeen(world.report(order, OrderStatus.WORKING, D(0))))
    unnamed = replace(world.fill_of(order, order.qty), order_id=None, cause=Cause.FOREIGN)
    found = world.looked_up(order, world.report(order, OrderStatus.FILLED, order.qty), unnamed)

    assert closes(found) == [CloseReason.FILLED]
    (kept,) = [k.record for k in only(Keep, found) if isinstance(k.record, FillKept)]
    assert (kept.fill.order_id, kept.fill.cause) == (order.order_id, Cause.OURS)


def test_a_trade_of_another_order_is_not_joined() -> None:
    world, order, _ = silent()
    world.tell(OrderSeen(world.report(order, OrderStatus.WORKING, D(0))))
    theirs = replace(
        world.fill_of(order, D("0.1")), order_id=None, venue_order_id="77", cause=Cause.FOREIGN
    )
    world.tell(FillSeen(theirs))

    assert world.state.desk.orders[order.order_id].execution.qty == 0


def test_an_end_whose_fills_are_missing_is_asked_about_until_they_came() -> None:
    world, order, _ = silent()
    world.wait(10)
    report = world.report(order, OrderStatus.FILLED, order.qty)
    found = world.looked_up(order, report)
    assert closes(found) == []
    assert len(lookups(world.wait(2_500))) == 1
    late = world.looked_up(order, report, world.fill_of(order, order.qty))

    assert closes(late) == [CloseReason.FILLED]


def test_an_order_that_the_stream_showed_is_not_unknown() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(OrderSeen(world.report(order, OrderStatus.WORKING, D(0))))
    found = world.tell(OutcomeUnknown(order.order_id, "reset", world.now + WINDOW_MS))

    assert moves(found) == []


def test_an_immediate_order_that_goes_on_working_is_looked_up_and_then_cancelled() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    report = world.report(order, OrderStatus.WORKING, D(0))
    world.tell(Submitted(order.order_id, report))
    cancelled_ms = 0
    for _ in range(150):
        found = world.wait(100)
        if only(Cancel, found) and not cancelled_ms:
            cancelled_ms = world.now - order.decided_ms
        if lookups(found):
            world.looked_up(order, report)

    assert orders.CANCEL_AFTER_MS <= cancelled_ms <= orders.CANCEL_AFTER_MS + 2_500


def test_an_order_that_the_venue_has_forgotten_is_closed_in_the_end() -> None:
    """It was reported, and now no look-up finds it: after two minutes the hedge goes on."""
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.WORKING, D(0))))
    found, began = list[Action](), world.now
    while not closes(found) and world.now - began < 300_000:
        more = world.wait(500)
        found += more
        if lookups(more):
            found += world.looked_up(order)

    assert closes(found) == [CloseReason.NEVER_ARRIVED]
    assert 100_000 < world.now - began < 140_000
    assert len(unknown_alerts(found)) == 2  # raised once, and over
    assert len(placed(found + world.wait(300))) == 1


def test_a_forgotten_order_with_a_missing_fill_is_never_closed() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.WORKING, D("0.5"))))
    found = list[Action]()
    for _ in range(400):
        more = world.wait(500)
        found += more
        if lookups(more):
            found += world.looked_up(order)

    assert closes(found) == []


# -- refusals are refusals -----------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [Refusal.THROTTLED, Refusal.CLOCK, Refusal.REDUCE_ONLY])
def test_a_named_refusal_is_an_answer(refusal: Refusal) -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    found = world.tell(Refused(order.order_id, refusal, "-1008", "overloaded"))

    assert closes(found) == [CloseReason.REJECTED]
    assert lookups(found + world.wait(100)) == []


# -- reports that come late, twice, in any order -----------------------------------------------


def test_a_late_report_of_a_closed_order_is_old_news() -> None:
    """The answer overtakes the stream, which then tells that the order was accepted."""
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    stale = world.report(order, OrderStatus.WORKING, D(0))
    world.now += 5
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.EXPIRED, D(0))))
    found = world.tell(OrderSeen(stale))

    assert only(Cancel, found) == []
    assert alerts(found) == []
    assert moves(found) == []


def test_a_closed_order_that_works_at_the_venue_is_cancelled_with_a_critical_alert() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(NotSent(order.order_id, NotSentReason.LATE))
    world.now += 5
    found = world.tell(OrderSeen(world.report(order, OrderStatus.WORKING, D(0))))

    assert [cancel.order_id for cancel in only(Cancel, found)] == [order.order_id]
    (told,) = alerts(found)
    assert told.severity is Severity.CRITICAL
    assert "works at the venue" in told.text


def test_a_late_fill_of_a_closed_order_counts_and_is_told() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.EXPIRED, D(0))))
    found = world.tell(FillSeen(world.fill_of(order, D("0.3"))))
    world.move(order.instrument, D("-0.3"))

    assert any("late fill" in alert.text for alert in alerts(found))
    assert world.state.ledger.positions[order.instrument].arithmetic == D("-0.3")


OUTCOMES = st.sampled_from(["filled", "part", "nothing", "silent", "refused", "not sent", "reset"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(OUTCOMES, min_size=1, max_size=6),
    st.lists(st.integers(0, 6), min_size=6, max_size=6),
    st.integers(0, 63),
)
def test_whatever_the_outcomes_no_id_is_sent_twice_and_the_position_is_the_venues(
    outcomes: list[str], shuffle: list[int], doubled: int
) -> None:
    """The venue executes or not; what it tells comes doubled and in any order."""
    world = World().start()
    found = world.buy_spot(D("1.5"))
    sent = placed(found)
    for n, outcome in enumerate(outcomes):
        if len(sent) <= n:
            break
        order = sent[n]
        news = _news(world, order, outcome)
        news = [news[i % len(news)] for i in shuffle] + news + news * (doubled >> n & 1)
        for event in news:
            found += world.tell(event)
        found += world.tell_position()
        for _ in range(60):
            more = world.wait(200)
            found += more
            if lookups(more):
                found += _truth(world, order)
        sent = placed(world.actions)
        assert len({intent.order_id for intent in sent}) == len(sent)

    book = world.state.ledger.positions[sent[0].instrument]
    assert book.arithmetic == world.position
    assert len(world.state.desk.orders) <= 1


EXECUTED: dict[int, D] = {}


def _news(world: World, order: OrderIntent, outcome: str) -> list[Event]:
    order_id = order.order_id
    quantities = {"filled": order.qty, "part": order.lots // 2 * D("0.001"), "reset": order.qty}
    qty = quantities.get(outcome, D(0))
    EXECUTED[order_id] = qty
    world.position += qty * order.side.value
    if outcome == "refused":
        return [Refused(order_id, Refusal.THROTTLED, "429", "slow down")]
    if outcome == "not sent":
        return [NotSent(order_id, NotSentReason.LATE)]
    if outcome in {"silent", "reset"}:
        return [OutcomeUnknown(order_id, outcome, world.now + WINDOW_MS)]
    end = OrderStatus.FILLED if outcome == "filled" else OrderStatus.EXPIRED
    report = world.report(order, end, qty)
    told: list[Event] = [Submitted(order_id, report), OrderSeen(report)]
    return told + ([FillSeen(world.fill_of(order, qty))] if qty else [])


def _truth(world: World, order: OrderIntent) -> list[Action]:
    qty = EXECUTED[order.order_id]
    if not qty:
        return world.looked_up(order)
    report = world.report(order, OrderStatus.FILLED, qty)
    return world.looked_up(order, report, world.fill_of(order, qty))


def test_look_ups_are_reads_and_carry_no_order() -> None:
    world, _, found = silent()

    assert placed(found + world.wait(60_000)) == []
    assert all(isinstance(ask, LookUp) for ask in lookups(world.actions))
