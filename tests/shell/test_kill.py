"""The moments at which the process tests end a daemon are reached, in order, and counted."""

from decimal import Decimal

import pytest

from hedgebot.domain.actions import LookUp, Snapshot
from hedgebot.domain.events import Channel, FeedLost, Scope, Submitted
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import CloseReason, IntentKept, OrderMoved, Phase
from hedgebot.shell.kill import (
    ORDER_POINTS,
    Countdown,
    Fuse,
    HookedJournal,
    HookedVenue,
    Point,
    Unforeseen,
    hooked,
)
from tests.shell.fakes import PERP, FakeJournal, FakeVenue, at_once, intent_of, mark_of, until


async def test_an_order_passes_every_point_in_order() -> None:
    reached: list[Point] = []
    journal = HookedJournal(FakeJournal(), reached.append)
    gate: list[int] = []
    venue = FakeVenue(after_write=lambda: until(lambda: gate))

    def hook(point: Point) -> None:
        reached.append(point)
        gate.append(1)

    hooked = HookedVenue(venue, hook)
    await journal.commit([IntentKept(intent_of(1), dry_run=False)])
    outcome = await hooked.submit(intent_of(1), lambda: None)
    closed = OrderMoved(
        OrderId(1), 0, Phase.CLOSED, filled_qty=Decimal(1), reason=CloseReason.FILLED
    )
    await journal.commit([closed])
    assert isinstance(outcome, Submitted)
    assert tuple(point for point in reached if point is not Point.JOURNAL) == ORDER_POINTS


def test_the_kill_comes_at_the_count_asked_for() -> None:
    killed: list[int] = []
    countdown = Countdown("after_reply:2", lambda: killed.append(1))
    countdown(Point.AFTER_REPLY)
    countdown(Point.AFTER_WRITE)
    assert killed == []
    countdown(Point.AFTER_REPLY)
    countdown(Point.AFTER_REPLY)
    assert killed == [1]


async def test_reads_and_streams_pass_a_point_each() -> None:
    reached: list[Point] = []
    inner = FakeVenue(on_run=at_once)
    venue = HookedVenue(inner, reached.append)
    await venue.snapshot(Snapshot("perp", Scope.AUDIT, epoch=1))
    await venue.look_up(LookUp(OrderId(1), PERP, since_ms=0))
    await venue.run(lambda _event: None)
    assert inner.emit is not None
    inner.emit(mark_of(1.0))
    inner.emit(FeedLost("perp", Channel.ACCOUNT, 1, "gone"))
    assert reached == [Point.REQUEST, Point.REQUEST, Point.STREAM]


def test_a_fuse_raises_at_its_point_from_the_moment_it_was_lit_on() -> None:
    fuse = Fuse("decision")
    call = hooked(len, fuse, Point.DECISION)
    assert call("unlit") == 5
    fuse.light()
    fuse(Point.LINE)
    for _ in range(2):
        with pytest.raises(Unforeseen, match="decision"):
            call("lit")


def test_an_unknown_point_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        Fuse("nowhere")
    with pytest.raises(ValueError, match="nowhere"):
        Countdown("nowhere:1", lambda: None)
