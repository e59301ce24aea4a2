"""Invariant 5: no stale decisions. What is not fresh is HOLD, never price zero."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from math import nan

import pytest

from hedgebot.core.freshness import AUDITS_MISSED_MAX
from hedgebot.domain.actions import Action, Alert, Snapshot
from hedgebot.domain.events import (
    Channel,
    FeedAlive,
    FeedBack,
    FeedLost,
    MarkSeen,
    Tick,
    TouchSeen,
)
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import Verdict
from tests.core.world import PERP, START_MS, World, alerts, decisions, only, placed


def ready() -> World:
    return World().start(D(1), D(-1))


def trade(world: World) -> list[Action]:
    """Out of the band by a trade that is fully explained."""
    return world.buy_spot(D(1))


def pass_time(world: World, ms: int, *, silent: Channel | None = None, venue: str = "") -> None:
    """Everything is alive but one channel."""
    end = world.now + ms
    while world.now < end:
        world.now += 500
        for name in ("spot", "perp"):
            for channel in Channel:
                if channel is not silent or (venue and name != venue):
                    world.tell(FeedAlive(name, channel, 1))
        if silent is not Channel.TOUCH:
            world.tell(TouchSeen(PERP, 49_999.5, 1.0, 50_000.5, 1.0, world.now))
        if silent is not Channel.MARK:
            world.tell(MarkSeen(PERP, 50_000.0, 50_000.0, world.now))
        world.tell(Tick())
        world.answer()


def last_reason(world: World) -> str:
    last = decisions(world.actions)[-1]
    assert last.verdict is Verdict.WAIT
    return last.reason


@pytest.mark.parametrize(
    ("channel", "venue", "reason"),
    [
        (Channel.MARK, "", "mark of perp:BTC/USDT:USDT is old"),
        (Channel.TOUCH, "", "touch of perp:BTC/USDT:USDT is old"),
        (Channel.ACCOUNT, "perp", "account stream of perp is silent: subscribed"),
        (Channel.ACCOUNT, "spot", "account stream of spot is silent: subscribed"),
    ],
)
def test_a_socket_silently_dead_for_ten_seconds_holds_and_its_traffic_releases(
    channel: Channel, venue: str, reason: str
) -> None:
    world = ready()
    pass_time(world, 10_500, silent=channel, venue=venue)
    assert placed(trade(world)) == []
    pass_time(world, 1_500, silent=channel, venue=venue)
    assert last_reason(world) == reason

    before = len(world.actions)
    pass_time(world, 1_000)
    assert [o.qty for o in placed(world.actions[before:])] == [D(1)]


def test_nine_seconds_of_silence_hold_nothing() -> None:
    world = ready()
    pass_time(world, 9_000, silent=Channel.ACCOUNT)

    assert len(placed(trade(world))) == 1


def test_a_quiet_account_on_a_live_socket_is_fresh_for_ever() -> None:
    world = ready()
    pass_time(world, 600_000)

    assert len(placed(trade(world))) == 1


@pytest.mark.parametrize("channel", [Channel.ACCOUNT, Channel.TOUCH])
def test_a_lost_feed_holds_at_once(channel: Channel) -> None:
    world = ready()
    world.tell(FeedLost("perp", channel, 1, "reset by peer"))

    assert placed(trade(world)) == []


def test_a_lost_mark_feed_holds_when_the_mark_is_old() -> None:
    """A mark is fresh by its own event, not by its socket."""
    world = ready()
    world.tell(FeedLost("perp", Channel.MARK, 1, "reset by peer"))

    assert len(placed(trade(world))) == 1


def test_a_touch_from_before_a_gap_is_not_traded_against() -> None:
    """The socket is back and proves only what comes from now on."""
    world = ready()
    world.tell(FeedLost("perp", Channel.TOUCH, 1, "reset by peer"))
    world.now += 5_000
    world.tell(FeedBack("perp", Channel.TOUCH, 2))
    world.tell(MarkSeen(PERP, 50_100.0, 50_100.0, world.now))
    assert placed(trade(world)) == []

    world.tell(TouchSeen(PERP, 50_099.5, 1.0, 50_100.5, 1.0, world.now))
    found = world.tell(MarkSeen(PERP, 50_100.0, 50_100.0, world.now))
    (order,) = placed(found)
    assert order.price == D("49999.4")


@pytest.mark.parametrize(("epoch", "orders"), [(1, 0), (2, 1)])
def test_proof_of_an_earlier_epoch_proves_nothing(epoch: int, orders: int) -> None:
    world = ready()
    for name in ("spot", "perp"):
        world.tell(FeedBack(name, Channel.ACCOUNT, 2))
    world.wait(1_500)
    world.now += 10_500
    for name in ("spot", "perp"):
        world.tell(FeedAlive(name, Channel.ACCOUNT, epoch))
        world.tell(FeedAlive(name, Channel.TOUCH, 1))
    world.price(50_000.0)

    assert len(placed(trade(world))) == orders


@pytest.mark.parametrize(("epoch", "orders"), [(1, 0), (2, 1)])
def test_an_epoch_that_was_lost_does_not_come_back(epoch: int, orders: int) -> None:
    """What is told late of it must not open a stream that is gone."""
    world = ready()
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "reset by peer"))
    world.tell(FeedBack("perp", Channel.ACCOUNT, epoch))
    world.wait(1_500)

    assert len(placed(trade(world))) == orders


def test_losing_an_epoch_that_is_over_loses_nothing() -> None:
    world = ready()
    world.tell(FeedBack("perp", Channel.ACCOUNT, 2))
    world.wait(500)
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "closed"))

    assert len(placed(trade(world))) == 1


def test_an_account_that_cannot_be_audited_holds() -> None:
    world = ready()
    overdue = AUDITS_MISSED_MAX * world.policy.limits.audit_every_ms
    world.wait(overdue - 2_000, readable=False)
    assert len(placed(trade(world))) == 1

    world = ready()
    world.wait(overdue + 2_000, readable=False)
    assert placed(trade(world)) == []
    world.wait(1_500, readable=False)
    assert last_reason(world) in {"perp could not be audited", "spot could not be audited"}
    assert [o.qty for o in placed(world.wait(10_000))] == [D(1)]


def test_a_slow_sweep_reads_everything() -> None:
    world = ready()
    found = world.wait(95_000)
    asked = [(ask.venue, ask.scope.value) for ask in only(Snapshot, found)]

    assert sorted(asked) == [("perp", "audit")] * 3 + [("spot", "audit")] * 3


def seen(mark: float) -> Callable[[World], None]:
    def tell(world: World) -> None:
        world.tell(MarkSeen(PERP, mark, mark, world.now))

    return tell


@pytest.mark.parametrize("mark", [0.0, -5.0, nan, 1e-9, 1e12])
def test_an_absurd_mark_is_never_price_zero(mark: float) -> None:
    world = ready()
    found = list[Action]()
    for _ in range(2):
        world.now += 10
        found += world.tell(MarkSeen(PERP, mark, mark, world.now))

    assert placed(found) == []
    (order,) = placed(trade(world))  # priced by the last mark that could be believed
    assert order.mark == 50_000.0


def test_without_any_mark_there_is_no_decision() -> None:
    world = World()
    world.spot = D(5)
    for venue in ("spot", "perp"):
        for channel in Channel:
            world.tell(FeedBack(venue, channel, 1))
    world.tell(TouchSeen(PERP, 49_999.5, 1.0, 50_000.5, 1.0, world.now))
    world.wait(3_000, alive=False)

    assert placed(world.actions) == []
    assert last_reason(world) == "no mark of perp:BTC/USDT:USDT yet"


def test_a_real_crash_is_believed_within_three_marks() -> None:
    world = ready()
    for n in range(3):
        world.now += 1_000
        world.tell(TouchSeen(PERP, 34_999.5, 1.0, 35_000.5, 1.0, world.now))
        world.tell(MarkSeen(PERP, 35_000.0 + n, 35_000.0, world.now))
    (order,) = placed(trade(world))

    assert order.mark == 35_002.0
    assert order.price < D(35_000)


def test_a_silent_stream_is_told_once_and_its_return_too() -> None:
    world = ready()
    pass_time(world, 30_000, silent=Channel.ACCOUNT, venue="spot")
    pass_time(world, 15_000)
    told = [a for a in alerts(world.actions) if a.key == "feed:spot:account"]

    assert [(a.recovered, "silent for 1" in a.text) for a in told] == [(False, True), (True, False)]


def test_prices_of_a_venue_without_a_hedge_may_be_silent() -> None:
    world = ready()
    for _ in range(60):
        world.now += 500
        for name, channel in (("spot", Channel.ACCOUNT), *(("perp", c) for c in Channel)):
            world.tell(FeedAlive(name, channel, 1))
        world.price(50_000.0)
        world.answer()

    assert only(Alert, world.actions) == []


# -- a heal takes less than 30 s -----------------------------------------------------------------


def test_after_a_heal_the_hedge_is_decided_within_thirty_seconds() -> None:
    """Streams cut for a minute; meanwhile spot was bought and the short partly closed by hand."""
    world = ready()
    for venue in ("spot", "perp"):
        for channel in Channel:
            world.tell(FeedLost(venue, channel, 1, "cable"))
    world.wait(60_000, alive=False)
    world.spot, world.position = D(3), D("-0.4")
    healed = world.now
    for venue in ("spot", "perp"):
        for channel in Channel:
            world.tell(FeedBack(venue, channel, 2))
    world.alive()
    world.answer()
    orders = list[OrderIntent]()
    while world.now - healed < 30_000:
        orders += world.obey(world.wait(250))

    assert sum(o.qty * o.side.value for o in orders) == D("-2.6")
    assert world.state.hedges["BTC"].said.verdict is Verdict.IN_BAND


def test_a_mark_of_the_future_is_a_mark() -> None:
    """Venue times are data: only our clock decides about age."""
    world = ready()
    world.tell(MarkSeen(PERP, 50_000.0, 50_000.0, START_MS + 10**9))
    pass_time(world, 11_000, silent=Channel.MARK)

    assert placed(trade(world)) == []


def test_limits_of_age_come_from_the_policy() -> None:
    world = ready()
    world.policy = replace(
        world.policy, limits=replace(world.policy.limits, account_age_ms_max=2_000)
    )
    pass_time(world, 2_500, silent=Channel.ACCOUNT)

    assert placed(trade(world)) == []
