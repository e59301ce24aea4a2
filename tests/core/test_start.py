"""Starting is recovering: what the journal remembers, and what the venue tells beside it."""

import math
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import ids
from hedgebot.core.policy import Policy
from hedgebot.core.reconciliation import SKEW_MS
from hedgebot.domain.actions import Action, Cancel, Severity, Snapshot, Stop
from hedgebot.domain.events import (
    Channel,
    FeedBack,
    FillSeen,
    OrderSeen,
    Scope,
)
from hedgebot.domain.orders import Cause, Fill, OrderIntent, OrderReport, OrderStatus
from hedgebot.domain.records import (
    CloseReason,
    Durable,
    EpochKept,
    FillKept,
    IntentKept,
    OrderMoved,
    Phase,
    WatermarkKept,
)
from tests.core.memory import durable_of, restarted
from tests.core.world import (
    BTC,
    PERP,
    POLICY,
    START_MS,
    World,
    alerts,
    lookups,
    only,
    placed,
    rows,
)


def killed_after_commit() -> tuple[World, OrderIntent]:
    """An intent was journaled, and nothing more is known."""
    old = World().start()
    (order,) = placed(old.buy_spot(D(1)))
    return old, order


def up(
    world: World,
    orders: tuple[OrderReport, ...] = (),
    fills: tuple[Fill, ...] = (),
    *,
    open_orders: tuple[OrderReport, ...] = (),
) -> list[Action]:
    """Feeds up and every venue read; what the perpetuals' listing shows is given."""
    began = len(world.actions)
    for venue in ("spot", "perp"):
        for channel in Channel:
            world.tell(FeedBack(venue, channel, 1))
    world.asks.clear()
    world.alive()
    world.tell(world.snapshot_of("spot", scope=Scope.FULL))
    taken = world.snapshot_of(
        "perp", scope=Scope.FULL, orders=orders, fills=fills, open_orders=open_orders
    )
    world.tell(taken)
    world.wait(1_000)
    return world.actions[began:]


# -- open intents ----------------------------------------------------------------------------------


def test_an_open_intent_is_unknown_and_is_looked_up_before_anything_is_traded() -> None:
    old, order = killed_after_commit()
    world = restarted(old)
    found = up(world)

    assert [ask.order_id for ask in lookups(found)] == [order.order_id]
    assert placed(found) == []
    assert world.state.desk.orders[order.order_id].phase is Phase.UNKNOWN


def test_it_did_fill() -> None:
    old, order = killed_after_commit()
    old.positions[PERP] = D(-1)
    world = restarted(old)
    up(world)
    report = replace(world.report(order, OrderStatus.FILLED, D(1)), venue_ms=order.decided_ms)
    fill = replace(world.fill_of(order, D(1)), venue_ms=order.decided_ms)
    found = world.looked_up(order, report, fill) + world.wait(10_000)

    assert [m.reason for m in rows(OrderMoved, found) if m.reason] == [CloseReason.FILLED]
    assert placed(found) == []
    assert world.state.ledger.positions[PERP].arithmetic == -1


def test_it_never_arrived() -> None:
    old, order = killed_after_commit()
    world = restarted(old)
    found = up(world)
    while not placed(found) and world.now < START_MS + 60_000:
        found = world.wait(250)
        if lookups(found):
            found += world.looked_up(order)

    (again,) = placed(found)
    assert again.qty == D(1)
    assert ids.parts(again.order_id).epoch == 2
    assert world.now - order.send_before_ms >= 4_000  # the receive window, and one second


def test_the_listing_since_the_watermark_may_tell_it_first() -> None:
    old, order = killed_after_commit()
    old.positions[PERP] = D(-1)
    world = restarted(old)
    at = order.decided_ms + 5
    report = replace(world.report(order, OrderStatus.FILLED, D(1)), venue_ms=at)
    fill = replace(world.fill_of(order, D(1)), venue_ms=at)
    found = up(world, (report,), (fill,))

    assert [m.reason for m in rows(OrderMoved, found) if m.reason] == [CloseReason.FILLED]
    assert placed(found) == []
    assert world.state.ledger.positions[PERP].arithmetic == -1


def test_fills_that_have_their_rows_are_not_counted_twice() -> None:
    old = World().start()
    (order,) = placed(old.buy_spot(D(1)))
    half = replace(old.fill_of(order, D("0.5")))
    old.tell(OrderSeen(old.report(order, OrderStatus.WORKING, D("0.5"))))
    old.tell(FillSeen(half))
    old.move(PERP, D("-0.5"))
    world = restarted(old)
    found = up(world, fills=(half,))
    assert rows(FillKept, found) == []
    again = world.state.desk.orders[order.order_id]
    assert again.execution.qty == D("0.5")

    ended = world.report(order, OrderStatus.EXPIRED, D("0.5"))
    found = world.looked_up(order, ended, half)
    assert [m.reason for m in rows(OrderMoved, found) if m.reason] == [CloseReason.EXPIRED]
    assert world.state.ledger.positions[PERP].arithmetic == D("-0.5")
    assert [o.qty for o in placed(found + world.wait(2_000))] == [D("0.5")]


def test_a_closed_order_is_not_asked_about() -> None:
    old = World().start()
    (order,) = placed(old.buy_spot(D(1)))
    old.execute(order)
    found = up(restarted(old))

    assert lookups(found) == []
    assert placed(found) == []


def test_an_order_of_a_hedge_that_the_settings_no_longer_have_is_told() -> None:
    old, order = killed_after_commit()
    durable = durable_of(old.actions)
    eth = replace(POLICY.hedges[0], asset="ETH")
    renamed = replace(BTC, asset="ETH")
    world = World(
        policy=replace(POLICY, hedges=(eth,)), instruments=(renamed,), durable=durable, now=old.now
    )
    found = up(world) + world.wait(30_000)

    assert lookups(found) == []
    told = [a for a in alerts(found) if f"{order.order_id:032x}" in a.text]
    assert [alert.severity for alert in told] == [Severity.CRITICAL]


# -- found at the venue ----------------------------------------------------------------------------


def ours(epoch: int, sequence: int, world: World, status: OrderStatus) -> OrderReport:
    """An order of this deployment that has no row here."""
    order_id = ids.make(ids.deployment_id("test", "main"), epoch, sequence)
    (template,) = placed(World().start().buy_spot(D(1)))
    intent = replace(template, order_id=order_id)
    filled = D(1) if status is OrderStatus.FILLED else D(0)
    return replace(world.report(intent, status, filled), venue_ms=world.now - 100)


def fill_of(report: OrderReport, world: World) -> Fill:
    assert report.order_id is not None
    return Fill(
        instrument=PERP, trade_id="77", venue_order_id=report.venue_order_id,
        client_order_id="ours", order_id=report.order_id, side=report.side, qty=report.qty,
        price=report.price, fee=D(0), fee_asset="USDT", cause=Cause.OURS, legs=(),
        venue_ms=world.now - 100,
    )  # fmt: skip


def started(epoch: int = 5, policy: Policy = POLICY) -> World:
    return World(policy=policy, durable=Durable(epoch=epoch))


def test_an_order_without_a_row_is_journaled_as_found_folded_and_told() -> None:
    world = started()
    world.positions[PERP] = D(-1)
    world.coins = {}
    report = ours(3, 9, world, OrderStatus.FILLED)
    found = up(world, orders=(report,))

    (row,) = rows(IntentKept, found)
    assert (row.intent.order_id, row.intent.qty, row.intent.lots) == (report.order_id, D(1), 1000)
    assert math.isnan(row.intent.mark), "a limit is no mark: its slippage is not known"
    (told,) = [a for a in alerts(found) if a.key.startswith("lost-row:")]
    assert told.severity is Severity.WARNING
    assert only(Stop, found) == []
    assert lookups(found)  # its fills are missing
    assert placed(found) == []


def test_a_lost_row_that_works_is_looked_up_and_holds() -> None:
    world = started()
    found = up(world, open_orders=(ours(3, 9, world, OrderStatus.WORKING),))

    assert lookups(found)
    assert placed(found + world.buy_spot(D(1))) == []


@pytest.mark.parametrize("epoch", [5, 6, 900])
def test_an_epoch_that_the_journal_does_not_know_stops_with_exit_code_2(epoch: int) -> None:
    """Another writer, or an older copy of the journal: this start's own epoch is not out yet."""
    world = started(epoch=5)
    found = up(world, orders=(ours(epoch, 1, world, OrderStatus.FILLED),))

    stop = only(Stop, found)[0]
    assert stop.exit_code == 2
    assert f"epoch {epoch}" in stop.reason
    assert "this journal is at 5" in stop.reason
    assert "--adopt" in stop.reason
    assert placed(found + world.buy_spot(D(1)) + world.wait(5_000)) == []


@pytest.mark.parametrize("kind", [FillKept, WatermarkKept])
def test_of_another_writer_nothing_is_kept_that_a_start_which_adopts_it_must_list(
    kind: type,
) -> None:
    world = started(epoch=5)
    report = ours(900, 1, world, OrderStatus.FILLED)

    assert rows(kind, up(world, (report,), (fill_of(report, world),))) == []


@pytest.mark.parametrize("epoch", [5, 900])
def test_adopt_takes_the_venue_as_truth_and_goes_on_above(epoch: int) -> None:
    world = started(epoch=5, policy=replace(POLICY, adopt=True))
    world.positions[PERP] = D(-1)
    report = ours(epoch, 1, world, OrderStatus.FILLED)
    found = up(world, (report,), (fill_of(report, world),))

    assert only(Stop, found) == []
    assert [row.epoch for row in rows(EpochKept, found)] == [epoch + 1]
    assert any(f"the venue knew epoch {epoch}" in alert.text for alert in alerts(found))
    (order,) = placed(found + world.wait(1_000))  # the adopted short is bought back
    parts = ids.parts(order.order_id)
    assert (parts.epoch, parts.sequence) == (epoch + 1, 1)


@pytest.mark.parametrize(("age_ms", "kept"), [(SKEW_MS, 1), (SKEW_MS + 1, 0)])
def test_a_trade_from_before_the_first_start_is_no_news(age_ms: int, kept: int) -> None:
    """The first listing goes back for days; the first position has all of it."""
    world = started()
    world.positions[PERP] = D(-1)
    theirs = fill_of(ours(3, 9, world, OrderStatus.FILLED), world)
    old = replace(theirs, order_id=None, cause=Cause.FOREIGN, venue_ms=world.now - age_ms)
    found = up(world, fills=(old,))

    assert len(rows(FillKept, found)) == kept
    assert len([a for a in alerts(found) if a.key.startswith("foreign-fill:")]) == kept
    assert world.state.ledger.positions[PERP].arithmetic == -1


def test_an_order_of_another_deployment_is_foreign() -> None:
    world = started()
    theirs = replace(ours(900, 1, world, OrderStatus.WORKING), order_id=None)
    found = up(world, open_orders=(theirs,))

    assert only(Stop, found) == []
    assert any(alert.key.startswith("foreign:") for alert in alerts(found))


def test_an_order_of_an_earlier_start_that_still_works_is_cancelled() -> None:
    closed = ids.make(ids.deployment_id("test", "main"), 3, 9)
    world = World(durable=Durable(epoch=5, known_orders=frozenset({closed})))
    found = up(world, open_orders=(ours(3, 9, world, OrderStatus.WORKING),))

    assert {cancel.order_id for cancel in only(Cancel, found)} == {closed}
    assert any(alert.severity is Severity.CRITICAL for alert in alerts(found))


# -- listings --------------------------------------------------------------------------------------


def test_listings_start_at_the_watermark_less_a_minute() -> None:
    old = World().start()
    watermark = next(iter(old.state.ledger.watermarks.values()))
    world = restarted(old)
    for venue in ("spot", "perp"):
        world.tell(FeedBack(venue, Channel.ACCOUNT, 1))
    asks = {ask.venue: ask for ask in only(Snapshot, world.actions)}

    assert asks["perp"].since == ((PERP, watermark - 60_000),)
    assert asks["spot"].since == ()


def test_without_a_watermark_they_go_back_some_days() -> None:
    """A lost journal is found out by the orders that it should have known."""
    world = World()
    world.tell(FeedBack("perp", Channel.ACCOUNT, 1))
    (ask,) = [ask for ask in only(Snapshot, world.actions) if ask.venue == "perp"]
    ((instrument, since_ms),) = ask.since

    assert instrument == PERP
    assert 5 * 86_400_000 < world.now - since_ms < 7 * 86_400_000


def test_a_watermark_of_an_instrument_that_is_gone_harms_nothing() -> None:
    old = World().start()
    world = restarted(old)
    gone = replace(BTC, id=type(PERP)("perp:ETH/USDT:USDT"))
    assert gone.id != PERP
    world.state.ledger.watermarks[gone.id] = 5
    world.start()

    assert placed(world.buy_spot(D(1)))
