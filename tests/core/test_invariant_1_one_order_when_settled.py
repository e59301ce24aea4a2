"""Invariant 1: one order outstanding per hedge, over all its instruments, and only when settled."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.domain.actions import Action, Alert, Cancel, Keep, Severity, Snapshot
from hedgebot.domain.events import (
    FillSeen,
    OrderSeen,
    OutcomeUnknown,
    Position,
    PositionSeen,
    Scope,
    Submitted,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Cause, Fill, OrderReport, OrderStatus
from hedgebot.domain.records import AdoptionKept, FillKept
from tests.core.two import ALT, ETH_PERP, own_eth, two_assets, two_world
from tests.core.world import PERP, POLICY, World, alerts, only, placed, rows


def foreign_fill(world: World, qty: str, cause: Cause = Cause.FOREIGN) -> Fill:
    world.trades += 1
    return Fill(
        instrument=PERP, trade_id=f"f{world.trades}", venue_order_id="theirs",
        client_order_id="web_1", order_id=None, side=Side.BUY if D(qty) > 0 else Side.SELL,
        qty=abs(D(qty)), price=D(50_100), fee=D(0), fee_asset="USDT", cause=cause, legs=(),
        venue_ms=world.now,
    )  # fmt: skip


def adoptions(actions: list[Action]) -> list[AdoptionKept]:
    return [k.record for k in only(Keep, actions) if isinstance(k.record, AdoptionKept)]


def hedged(spot: str = "1") -> World:
    return World().start(D(spot), -D(spot))


# -- one at a time ---------------------------------------------------------------------------


def test_a_move_out_of_the_band_sends_one_order_for_all_of_it() -> None:
    world = World().start()
    orders = placed(world.buy_spot(D("1.2345")))

    assert [(o.side, o.lots, o.qty) for o in orders] == [(Side.SELL, 1234, D("1.234"))]


def test_an_order_that_is_being_sent_is_outstanding() -> None:
    world = World().start()
    assert len(placed(world.buy_spot(D(1)))) == 1

    assert placed(world.buy_spot(D(5))) == []
    assert placed(world.wait(900)) == []


def test_an_order_that_works_is_outstanding() -> None:
    world = World().start()
    (first,) = placed(world.buy_spot(D(1)))
    world.tell(OrderSeen(world.report(first, OrderStatus.WORKING, D(0))))

    assert placed(world.buy_spot(D(5))) == []
    assert placed(world.wait(5_000)) == []


def test_an_order_of_unknown_outcome_is_outstanding() -> None:
    world = World().start()
    (first,) = placed(world.buy_spot(D(1)))
    world.tell(OutcomeUnknown(first.order_id, "timeout", world.now + 3_000))

    assert placed(world.buy_spot(D(5))) == []
    assert placed(world.wait(60_000)) == []


def test_a_closed_order_whose_fills_are_missing_is_outstanding() -> None:
    world = World().start()
    (first,) = placed(world.buy_spot(D(1)))
    world.tell(Submitted(first.order_id, world.report(first, OrderStatus.FILLED, D(1))))
    world.move(PERP, D(-1))

    assert placed(world.buy_spot(D(5))) == []
    late = world.tell(FillSeen(world.fill_of(first, D(1))))
    assert [order.lots for order in placed(late)] == [5000]


def test_the_next_order_waits_until_the_venue_shows_the_last_one() -> None:
    """Known from our fills, not yet shown by the venue: not settled."""
    world = World().start()
    (first,) = placed(world.buy_spot(D(1)))
    world.tell(Submitted(first.order_id, world.report(first, OrderStatus.FILLED, D(1))))
    world.tell(FillSeen(world.fill_of(first, D(1))))

    assert placed(world.buy_spot(D(5))) == []
    assert [order.lots for order in placed(world.move(PERP, D(-1)))] == [5000]


def test_a_position_that_no_fill_explains_yet_is_not_settled() -> None:
    world = hedged()
    world.move(PERP, D("0.5"))  # somebody bought: the fill is still on its way

    assert placed(world.buy_spot(D(3))) == []
    orders = placed(world.tell(FillSeen(foreign_fill(world, "0.5"))))
    assert [(o.side, o.lots) for o in orders] == [(Side.SELL, 3500)]


def test_slices_follow_each_other_as_soon_as_settled() -> None:
    style = replace(POLICY.hedges[0].order, notional_max=25_000.0)
    world = World(policy=replace(POLICY, hedges=(replace(POLICY.hedges[0], order=style),)))
    world.start()
    orders = placed(world.buy_spot(D("1.2")))
    sizes = []
    while orders:
        (order,) = orders
        sizes.append(order.lots)
        orders = placed(world.execute(order))

    assert sizes == [500, 500, 200]
    assert world.position == D("-1.2")
    assert placed(world.wait(10_000)) == []


# -- over all instruments --------------------------------------------------------------------


def test_an_order_on_one_instrument_holds_the_other() -> None:
    world = two_world().start()
    (first,) = placed(world.buy_spot(D(1)))
    assert first.instrument == PERP

    assert placed(world.buy_spot(D(5))) == []
    assert placed(world.wait(3_000)) == []


def test_an_unsettled_position_on_one_instrument_holds_the_other() -> None:
    world = two_world().start()
    world.move(ALT, D(1))  # no fill explains it

    assert placed(world.buy_spot(D(5))) == []


def test_each_asset_has_its_own_order() -> None:
    """What holds BTC does not hold ETH: neither its order nor its unsettled position."""
    world = two_assets()
    (order,) = placed(world.buy_spot(D(1)))
    world.move(PERP, D("0.3"))
    found = own_eth(world, D(2))

    assert order.instrument == PERP
    assert [(o.instrument, o.qty) for o in placed(found)] == [(ETH_PERP.id, D(2))]


# -- every fill of the account counts ----------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "severity", "word"),
    [
        (Cause.FOREIGN, Severity.WARNING, "not by hedgebot"),
        (Cause.ADL, Severity.CRITICAL, "auto-deleveraged"),
        (Cause.LIQUIDATION, Severity.CRITICAL, "LIQUIDATED"),
        (Cause.SETTLEMENT, Severity.CRITICAL, "settled"),
    ],
)
def test_fills_that_are_not_ours_are_known_at_once_with_their_cause(
    cause: Cause, severity: Severity, word: str
) -> None:
    world = hedged()
    found = world.tell(FillSeen(foreign_fill(world, "0.4", cause)))
    told = alerts(found)
    assert [(a.severity, word in a.text, "bought 0.4" in a.text) for a in told] == [
        (severity, True, True)
    ]
    orders = placed(world.move(PERP, D("0.4")))

    assert [(o.side, o.lots) for o in orders] == [(Side.SELL, 400)]
    end = alerts(world.execute(orders[0]))
    assert any(word in alert.text for alert in end)  # the rebalance says why


# -- drift -----------------------------------------------------------------------------------


def drifting(world: World, to: str = "-0.6") -> list[Action]:
    """The venue says another position than our fills, and no fill comes."""
    world.position = D(to)
    return world.tell_position()


def test_drift_is_adopted_by_two_snapshots_a_second_apart_with_an_alert() -> None:
    world = hedged()
    drifting(world)
    began = world.now
    found = world.wait(3_000)

    (adoption,) = adoptions(found)
    assert (adoption.qty_before, adoption.qty_after) == (D(-1), D("-0.6"))
    assert began + 1_500 <= adoption.at_ms <= began + 3_000  # doubted .5 s, then two a second apart
    (told,) = [a for a in alerts(found) if a.key == f"adopted:{PERP}"]
    assert told.severity is Severity.WARNING
    assert "+0.4 that no fill explains" in told.text
    assert [(o.side, o.lots) for o in placed(found)] == [(Side.SELL, 400)]


def test_what_was_adopted_is_followed_by_a_listing_that_may_explain_it() -> None:
    world = hedged()
    lost = foreign_fill(world, "0.4")
    drifting(world)
    found = world.wait(3_000)
    assert adoptions(found)
    world.obey(found)
    found = world.wait(1_000)
    asked = [ask for ask in only(Snapshot, world.actions) if ask.venue == "perp"]
    assert asked[-1].scope is Scope.FULL
    found = world.tell(world.snapshot_of("perp", scope=Scope.FULL, fills=(lost,)))

    assert [row.fill.trade_id for row in rows(FillKept, found)] == [lost.trade_id]
    assert placed(found + world.wait(5_000)) == []
    later = [ask for ask in only(Snapshot, world.wait(60_000)) if ask.venue == "perp"]
    assert {ask.scope for ask in later} == {Scope.AUDIT}


def test_a_position_taken_anew_in_mid_stream_is_followed_by_a_listing_too() -> None:
    """The row of the start may have that fill or not; what else was done meanwhile nobody knows."""
    world = World()
    world.dated_ms = None
    world.start()
    world.position = D("0.4")
    lost = foreign_fill(world, "0.1")
    found = world.tell(FillSeen(foreign_fill(world, "0.3"))) + world.wait(10_000)
    asked = [ask.scope for ask in only(Snapshot, found) if ask.venue == "perp"]

    assert adoptions(found) == []  # it is no drift: nothing was known that it differs from
    assert Scope.FULL in asked
    found = world.tell(world.snapshot_of("perp", scope=Scope.FULL, fills=(lost,)))
    assert lost.trade_id in [row.fill.trade_id for row in rows(FillKept, found)]


def test_a_fill_that_was_only_late_is_no_drift() -> None:
    world = hedged()
    drifting(world)
    world.wait(1_200)
    found = world.tell(FillSeen(foreign_fill(world, "0.4"))) + world.wait(20_000)

    assert adoptions(found) == []
    assert [o.lots for o in placed(found)] == [400]


def test_drift_is_not_adopted_while_an_order_is_outstanding() -> None:
    """Proofs count from the receipt of our last order's close."""
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(OutcomeUnknown(order.order_id, "timeout", world.now + 3_000))
    drifting(world, "-1")  # it did fill: the fill and the order's end are late
    found = world.wait(30_000)

    assert adoptions(found) == []
    assert placed(found) == []


def test_snapshots_that_never_agree_end_after_ten_seconds() -> None:
    world = hedged()
    drifting(world)
    began, found = world.now, list[Action]()
    for n in range(60):
        found += world.wait(250)
        world.position = D("-0.6") - D(n) / 1000  # moves on, with no event and no fill
        if adoptions(found):
            break

    (adoption,) = adoptions(found)
    assert 10_000 <= adoption.at_ms - began <= 12_000


def test_drift_that_cannot_be_read_is_a_critical_alert() -> None:
    world = hedged()
    drifting(world)
    found = world.wait(20_000, readable=False)

    assert adoptions(found) == []
    assert placed(found) == []
    (told,) = [a for a in alerts(found) if a.key == f"drift:{PERP}"]
    assert told.severity is Severity.CRITICAL
    assert "fills say -1, the venue -0.6" in told.text


# -- foreign open orders -----------------------------------------------------------------------


def foreign_order(world: World, status: OrderStatus) -> OrderReport:
    return OrderReport(
        instrument=PERP, order_id=None, client_order_id="web_99", venue_order_id="99",
        status=status, side=Side.BUY, qty=D(2), filled_qty=D("0.5"), price=D(45_000),
        reduce_only=False, venue_ms=world.now,
    )  # fmt: skip


def foreign_alerts(found: list[Action]) -> list[Alert]:
    return [alert for alert in alerts(found) if alert.key.startswith("foreign:")]


def test_a_foreign_open_order_is_named_and_holds() -> None:
    world = World().start()
    (told,) = foreign_alerts(world.tell(OrderSeen(foreign_order(world, OrderStatus.WORKING))))
    assert told.severity is Severity.WARNING
    assert "BUY 1.5 on perp:BTC/USDT:USDT at 45000, id web_99" in told.text

    held = world.buy_spot(D(1)) + world.wait(1_000)
    assert placed(held) == []
    assert only(Cancel, held) == []  # not ours to cancel
    over = world.tell(OrderSeen(foreign_order(world, OrderStatus.CANCELLED)))
    assert [o.lots for o in placed(over)] == [1000]
    assert [a.recovered for a in foreign_alerts(over)] == [True]


def test_a_foreign_order_without_a_price_is_not_said_to_stand_at_zero() -> None:
    market = replace(foreign_order(world := World().start(), OrderStatus.WORKING), price=D(0))
    (told,) = foreign_alerts(world.tell(OrderSeen(market)))
    assert "BUY 1.5 on perp:BTC/USDT:USDT without a price, id web_99" in told.text


def test_a_foreign_open_order_does_not_hold_where_it_is_allowed() -> None:
    world = World(policy=replace(POLICY, allow_foreign_orders=True)).start()
    world.tell(OrderSeen(foreign_order(world, OrderStatus.WORKING)))

    assert [o.lots for o in placed(world.buy_spot(D(1)))] == [1000]


def test_a_snapshot_shows_foreign_orders_and_their_end() -> None:
    world = World().start()
    works = foreign_order(world, OrderStatus.WORKING)
    assert len(foreign_alerts(world.tell(world.snapshot_of("perp", open_orders=(works,))))) == 1
    assert placed(world.buy_spot(D(1))) == []

    world.now += 50
    over = world.tell(world.snapshot_of("perp"))
    assert [a.recovered for a in foreign_alerts(over)] == [True]
    assert [o.lots for o in placed(over)] == [1000]


def test_a_snapshot_asked_for_before_a_foreign_order_came_does_not_end_it() -> None:
    world = World().start()
    early = world.snapshot_of("perp")
    world.now += 50
    world.tell(OrderSeen(foreign_order(world, OrderStatus.WORKING)))
    world.now += 50
    found = world.tell(early) + world.buy_spot(D(1))

    assert foreign_alerts(found) == []
    assert placed(found) == []


def test_a_foreign_order_elsewhere_holds_nothing() -> None:
    world = World().start()
    elsewhere = replace(foreign_order(world, OrderStatus.WORKING), instrument=ALT)

    assert foreign_alerts(world.tell(OrderSeen(elsewhere))) == []
    assert len(placed(world.buy_spot(D(1)))) == 1


def test_position_words_of_instruments_that_are_not_ours_change_nothing() -> None:
    world = World().start()
    world.tell(PositionSeen(Position(ALT, D(5), D(50_000), world.now)))

    assert len(placed(world.buy_spot(D(1)))) == 1
