"""Invariant 4: the venue is the truth for positions and balances; arithmetic says when to doubt."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.domain.actions import Snapshot
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Channel,
    FeedBack,
    FeedLost,
    FillSeen,
    Position,
    Scope,
    SnapshotTaken,
    Tick,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.records import AdoptionKept, ExposureParts, WatermarkKept
from tests.core.test_invariant_1_one_order_when_settled import foreign_fill
from tests.core.world import (
    PERP,
    SPOT_WALLET,
    START_MS,
    World,
    alerts,
    decisions,
    only,
    placed,
    rows,
)


def parts(world: World) -> ExposureParts:
    return world.state.hedges["BTC"].outlook.parts


def agree(world: World) -> bool:
    book = world.state.ledger.positions[PERP]
    return book.differs_ms is None and book.arithmetic is not None


def subscribe(world: World) -> None:
    for venue in ("spot", "perp"):
        for channel in Channel:
            world.tell(FeedBack(venue, channel, 1))


def down(world: World, venue: str) -> None:
    world.tell(FeedLost(venue, Channel.ACCOUNT, 1, "reset"))


def up(world: World, venue: str, taken: SnapshotTaken | None = None) -> None:
    """The account stream is back, and what REST says is folded."""
    asked = only(Snapshot, world.tell(FeedBack(venue, Channel.ACCOUNT, 2)))
    assert [(ask.venue, ask.scope) for ask in asked] == [(venue, Scope.FULL)]
    world.asks.clear()
    world.tell(taken or world.snapshot_of(venue, 2, scope=Scope.FULL))


# -- at start ----------------------------------------------------------------------------------


def test_nothing_is_traded_before_every_venue_was_read_twice() -> None:
    """A transfer may be under way at the first reading."""
    world = World()
    world.coins[SPOT_WALLET] = D(5)
    subscribe(world)
    world.alive()
    asked = only(Snapshot, world.actions)
    assert [(ask.venue, ask.scope) for ask in asked] == [("spot", Scope.FULL), ("perp", Scope.FULL)]
    world.asks.clear()
    world.tell(world.snapshot_of("spot", scope=Scope.FULL))
    world.tell(world.snapshot_of("perp", scope=Scope.FULL))
    assert placed(world.actions) == []
    asked = only(Snapshot, world.wait(1_000, readable=False))
    assert {(ask.venue, ask.scope) for ask in asked} == {
        ("spot", Scope.AUDIT), ("perp", Scope.AUDIT),
    }  # fmt: skip
    assert placed(world.actions) == []

    found = world.answer()
    assert [(o.side, o.qty) for o in placed(found)] == [(Side.SELL, D(5))]


def test_an_audit_is_not_enough_to_start_with() -> None:
    world = World()
    world.coins[SPOT_WALLET] = D(5)
    subscribe(world)
    world.alive()
    for venue in ("spot", "perp") * 3:
        world.now += 500
        world.tell(world.snapshot_of(venue, scope=Scope.AUDIT))

    assert placed(world.actions) == []


def test_the_first_snapshot_is_believed() -> None:
    world = World().start(D("3.5"), D("-3.5"))

    assert (parts(world).spot, parts(world).hedge) == (D("3.5"), D("-3.5"))
    assert placed(world.actions) == []


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "flat, without a date"])
def test_fills_listed_with_the_first_position_are_in_it(*, dated: bool) -> None:
    """The owner closed the position by hand while no daemon ran."""
    world = World()
    fill = foreign_fill(world, "1")
    subscribe(world)
    world.now += 1_000
    taken = world.snapshot_of("perp", scope=Scope.FULL, fills=(fill,))
    flat = Position(PERP, D(0), D(0), START_MS + 10 if dated else 0)
    found = world.tell(replace(taken, positions=(flat,))) + world.wait(10_000)

    assert world.state.ledger.positions[PERP].arithmetic == 0
    assert agree(world)
    assert any("not by hedgebot" in alert.text for alert in alerts(found))


def test_a_fill_younger_than_the_first_position_counts() -> None:
    world = World()
    subscribe(world)
    taken = world.snapshot_of("perp", scope=Scope.FULL)
    world.now += 1_000
    world.tell(replace(taken, fills=(foreign_fill(world, "1"),)))

    assert world.state.ledger.positions[PERP].arithmetic == 1
    assert not agree(world)  # the position event is still on its way
    world.move(PERP, D(1))
    assert agree(world)


# -- after a gap -------------------------------------------------------------------------------


def test_after_a_gap_the_account_is_read_whole_since_the_watermark() -> None:
    world = World().start(D(1), D(-1))
    down(world, "perp")
    fill = foreign_fill(world, "0.5")
    world.now += 2_000
    world.position = D("-0.5")
    taken = world.snapshot_of("perp", 2, scope=Scope.FULL, fills=(fill,))
    up(world, "perp", taken)

    assert world.state.ledger.positions[PERP].arithmetic == D("-0.5")
    assert rows(WatermarkKept, world.actions)[-1] == WatermarkKept(PERP, taken.requested_ms)
    down(world, "perp")
    world.now += 5_000
    (ask,) = only(Snapshot, world.tell(FeedBack("perp", Channel.ACCOUNT, 3)))
    assert ask.since == ((PERP, taken.requested_ms - 60_000),)


def test_a_lost_balance_event_is_found_by_the_snapshot_and_hedged_once_it_settled() -> None:
    world = World().start(D(1), D(-1))
    down(world, "spot")
    world.now += 2_000
    world.coins[SPOT_WALLET] = D(3)
    up(world, "spot")
    found = world.wait(10_000)

    assert [(o.side, o.qty) for o in placed(found)] == [(Side.SELL, D(2))]


def test_a_lost_balance_event_is_found_by_the_audit_too() -> None:
    world = World().start(D(1), D(-1))
    world.coins[SPOT_WALLET] = D(3)

    assert [o.qty for o in placed(world.wait(40_000))] == [D(2)]


def test_a_position_changed_in_the_gap_without_a_fill_is_drift() -> None:
    world = World().start(D(1), D(-1))
    down(world, "perp")
    world.now += 2_000
    world.position = D("-0.5")
    up(world, "perp")
    found = world.wait(5_000)

    assert [row.qty_after for row in rows(AdoptionKept, found)] == [D("-0.5")]
    assert [o.qty for o in placed(found)] == [D("0.5")]


def test_a_snapshot_of_an_earlier_epoch_is_not_believed_and_not_waited_for() -> None:
    world = World().start(D(1), D(-1))
    late = world.snapshot_of("spot", 1)
    world.now += 30_000
    assert [ask.epoch for ask in only(Snapshot, world.tell(Tick())) if ask.venue == "spot"] == [1]
    world.now += 500
    (ask,) = only(Snapshot, world.tell(FeedBack("spot", Channel.ACCOUNT, 2)))
    assert (ask.venue, ask.scope, ask.epoch) == ("spot", Scope.FULL, 2)
    world.coins[SPOT_WALLET] = D(9)
    world.now += 1_000
    world.tell(replace(late, requested_ms=world.now, balances=(
        Balance(SPOT_WALLET, "BTC", D(7), world.now),
    )))  # fmt: skip

    assert world.state.ledger.assets["main", "BTC"].totals[SPOT_WALLET].said == 1
    assert not world.state.venues["spot"].synced
    world.wait(1_000)
    assert world.state.ledger.assets["main", "BTC"].totals[SPOT_WALLET].said == 9
    assert world.state.venues["spot"].synced


# -- REST does not undo the stream -----------------------------------------------------------------


def test_a_rest_answer_older_than_the_stream_undoes_nothing() -> None:
    world = World().start(D(1), D(-1))
    stale_spot, stale_perp = world.snapshot_of("spot"), world.snapshot_of("perp")
    world.now += 100
    world.tell(BalanceSeen(Balance(SPOT_WALLET, "BTC", D(2), world.now)))
    world.tell(FillSeen(foreign_fill(world, "-1")))
    world.move(PERP, D(-1))
    world.now += 50
    for stale in (stale_spot, stale_perp):
        world.tell(replace(stale, requested_ms=world.now))

    assert world.state.ledger.assets["main", "BTC"].totals[SPOT_WALLET].said == 2
    assert world.state.ledger.positions[PERP].arithmetic == -2
    assert agree(world)


def test_a_wallet_that_a_snapshot_does_not_name_any_more_is_empty() -> None:
    world = World().start(D(1), D(-1))
    world.now += 60_000
    world.tell(replace(world.snapshot_of("spot"), balances=()))

    assert world.state.ledger.assets["main", "BTC"].totals[SPOT_WALLET].said == 0


def test_decisions_show_what_the_venue_says() -> None:
    world = World().start(D("1.5"))
    (first, *_) = decisions(world.actions)

    assert (first.parts.spot, first.parts.hedge, first.mark) == (D("1.5"), D(0), 50_000.0)
