import pytest

from hedgebot.domain.events import NotSentReason
from hedgebot.domain.orders import OrderId
from hedgebot.shell.latency import Mark, Timelines
from hedgebot.shell.outbox import Outbox
from tests.shell.fakes import PERP, WallClock, intent_of


def outbox_with(number: int) -> Outbox:
    outbox = Outbox(WallClock(), Timelines())
    outbox.admit(OrderId(number), PERP)
    return outbox


def test_invariant_2b_an_order_is_let_go_once() -> None:
    outbox = outbox_with(1)
    permit = outbox.permit(intent_of(1))
    assert permit() is None
    assert outbox.maybe_working() == {OrderId(1): PERP}
    with pytest.raises(AssertionError, match="already let go"):
        permit()


def test_invariant_2b_a_late_order_is_not_let_go() -> None:
    outbox = outbox_with(1)
    assert outbox.permit(intent_of(1, alive_ms=-1))() is NotSentReason.LATE
    assert outbox.maybe_working() == {}


def test_invariant_2b_a_withdrawn_order_is_not_let_go() -> None:
    outbox = outbox_with(1)
    permit = outbox.permit(intent_of(1))
    outbox.withdraw(OrderId(1))
    assert permit() is NotSentReason.WITHDRAWN


def test_invariant_2b_an_order_closed_before_it_was_written_is_not_let_go() -> None:
    outbox = outbox_with(1)
    permit = outbox.permit(intent_of(1))
    outbox.close(OrderId(1))
    assert permit() is NotSentReason.WITHDRAWN


def test_after_a_stop_nothing_is_let_go() -> None:
    outbox = outbox_with(1)
    outbox.stop()
    assert outbox.permit(intent_of(1))() is NotSentReason.STOPPING


def test_an_order_of_an_earlier_start_may_be_working_until_it_is_closed() -> None:
    outbox = Outbox(WallClock(), Timelines())
    outbox.recall(OrderId(9), PERP)
    assert outbox.maybe_working() == {OrderId(9): PERP}
    outbox.close(OrderId(9))
    assert outbox.maybe_working() == {}


def test_latencies_count_from_the_event_and_skip_what_is_unknown() -> None:
    timelines = Timelines(kept=2)
    timelines.open(OrderId(1), event_ns=1_000_000, decided_ns=1_500_000)
    timelines.note(OrderId(1), Mark.FILLED, 4_000_000)
    timelines.note(OrderId(1), Mark.FILLED, 9_000_000)
    assert timelines.latencies_ms(OrderId(1)) == {"decided_ms": 0.5, "filled_ms": 3.0}
    timelines.open(OrderId(2), event_ns=0, decided_ns=0)
    timelines.open(OrderId(3), event_ns=0, decided_ns=0)
    assert timelines.latencies_ms(OrderId(1)) == {}
