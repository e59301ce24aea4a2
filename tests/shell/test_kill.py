"""The moments at which the process tests end a daemon are reached, in order, and counted."""

from decimal import Decimal

import pytest

from hedgebot.domain.events import Submitted
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import CloseReason, IntentKept, OrderMoved, Phase
from hedgebot.shell.kill import Countdown, HookedJournal, HookedVenue, Point
from tests.shell.fakes import FakeJournal, FakeVenue, intent_of, until


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
    assert reached == [
        Point.BEFORE_COMMIT,
        Point.AFTER_COMMIT,
        Point.AFTER_WRITE,
        Point.AFTER_REPLY,
        Point.BEFORE_CLOSE,
    ]


def test_the_kill_comes_at_the_count_asked_for() -> None:
    killed: list[int] = []
    countdown = Countdown("after_reply:2", lambda: killed.append(1))
    countdown(Point.AFTER_REPLY)
    countdown(Point.AFTER_WRITE)
    assert killed == []
    countdown(Point.AFTER_REPLY)
    countdown(Point.AFTER_REPLY)
    assert killed == [1]


def test_an_unknown_point_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        Countdown("nowhere:1", lambda: None)
