import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from hedgebot.domain.actions import (
    Action,
    Alert,
    Cancel,
    Keep,
    LookUp,
    Severity,
    Snapshot,
    WakeAt,
    Withdraw,
)
from hedgebot.domain.events import (
    Command,
    CommandKind,
    Event,
    LookedUp,
    LookUpFailed,
    MarkSeen,
    NotSent,
    NotSentReason,
    OrderSeen,
    OutcomeUnknown,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
    Submitted,
    Tick,
)
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import AlertKept, CounterKept, DecisionKept, IntentKept
from hedgebot.errors import VenueError
from hedgebot.shell import executor
from tests.adapters.journal.samples import decision
from tests.shell.fakes import (
    PERP,
    Deaf,
    FakeJournal,
    FakeVenue,
    WallClock,
    for_ever,
    intent_of,
    mark_of,
    place_of,
    until,
)
from tests.shell.running import running

ID = OrderId(1)
PAUSE = Command(command_id="1", kind=CommandKind.PAUSE, by="test")


def order(*, alive_ms: int = 500) -> tuple[Action, ...]:
    return (Keep(IntentKept(intent_of(1), dry_run=False)), place_of(1, alive_ms=alive_ms))


def on_mark(*actions: Action) -> Callable[[Event], Sequence[Action]]:
    """Says `actions` at the first mark, and withdraws the order at a pause."""
    said = False

    def decide(event: Event) -> Sequence[Action]:
        nonlocal said
        if isinstance(event, MarkSeen) and not said:
            said = True
            return actions
        if isinstance(event, Command):
            return (Withdraw(ID),)
        return ()

    return decide


async def failing() -> None:
    raise VenueError("perp: no route")


async def test_an_order_leaves_after_its_rows_are_durable() -> None:
    journal = FakeJournal(delay_s=0.05)
    async with running(on_mark(*order()), journal=journal) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: journal.under_way)
        assert bench.venue.sent == []
        await until(lambda: bench.script.of(Submitted))
        assert bench.venue.sent == [ID]
        assert [type(row) for row in journal.rows] == [IntentKept]


async def test_the_rows_of_one_step_are_one_batch_and_no_order_overtakes_an_earlier_one() -> None:
    rows = tuple(CounterKept("orders", 0, intent_of(n).qty) for n in range(3))

    def decide(event: Event) -> Sequence[Action]:
        if event == mark_of(1.0):
            return tuple(Keep(row) for row in rows)
        return order() if event == mark_of(2.0) else ()

    journal = FakeJournal(delay_s=0.05)
    async with running(decide, journal=journal) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: journal.under_way)
        bench.feed(mark_of(2.0))
        await until(lambda: bench.script.of(Submitted))
        assert journal.batches[0] == rows
        assert bench.venue.sent == [ID]


async def test_the_fold_goes_on_while_a_commit_waits() -> None:
    journal = FakeJournal(delay_s=0.3)
    async with running(on_mark(*order()), journal=journal) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: journal.under_way)
        bench.feed(mark_of(2.0))
        await until(lambda: mark_of(2.0) in bench.script.events(), timeout_s=0.2)
        assert journal.under_way == 1


async def test_invariant_2b_commit_delayed_2_s_with_a_pause_in_between_sends_nothing() -> None:
    journal = FakeJournal(delay_s=2.0)
    decide = on_mark(*order(alive_ms=10_000))
    async with running(decide, journal=journal) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: journal.under_way)
        bench.feed(PAUSE)
        await until(lambda: bench.script.of(NotSent))
        assert bench.script.of(NotSent) == [NotSent(ID, NotSentReason.WITHDRAWN)]
        assert bench.venue.sent == []


async def test_invariant_2b_a_commit_that_outlives_the_approval_sends_nothing() -> None:
    journal = FakeJournal(delay_s=0.1)
    async with running(on_mark(*order(alive_ms=50)), journal=journal) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(NotSent))
        assert bench.script.of(NotSent) == [NotSent(ID, NotSentReason.LATE)]
        assert bench.venue.sent == []


async def test_invariant_2_a_submit_that_hangs_after_the_write_is_an_unknown_outcome(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executor, "SUBMIT_S_MAX", 0.05)
    venue = FakeVenue(after_write=for_ever)
    async with running(on_mark(*order()), venue=venue) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(OutcomeUnknown))
        unknown = bench.script.of(OutcomeUnknown)[0]
        assert unknown.order_id == ID
        assert unknown.valid_until_ms <= WallClock().now_ms()
        assert venue.sent == [ID]
    assert venue.cancelled == [ID], "what may be working is cancelled at the end"


async def test_a_submit_that_hangs_before_the_write_was_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executor, "SUBMIT_S_MAX", 0.05)
    venue = FakeVenue(before_write=for_ever)
    async with running(on_mark(*order()), venue=venue) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(NotSent))
        assert bench.script.of(NotSent) == [NotSent(ID, NotSentReason.LATE)]
    assert venue.cancelled == []


async def test_cancels_lookups_and_snapshots_need_no_journal() -> None:
    actions = (
        Cancel(ID, PERP),
        LookUp(ID, PERP, since_ms=0),
        Snapshot("perp", Scope.AUDIT, epoch=1),
    )
    journal = FakeJournal(failing="disk full")
    async with running(on_mark(*actions), journal=journal) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(SnapshotTaken))
        assert bench.venue.cancelled == [ID]
        assert len(bench.script.of(OrderSeen)) == 1
        assert bench.script.of(LookedUp) == [LookedUp(ID, None, (), requested_ms=0)]
        assert journal.attempts == 0


async def test_every_request_without_an_answer_fails_by_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executor, "LOOK_UP_S_MAX", 0.05)
    monkeypatch.setattr(executor, "SNAPSHOT_S_MAX", {Scope.AUDIT: 0.05})
    actions = (LookUp(ID, PERP, since_ms=0), Snapshot("perp", Scope.AUDIT, epoch=1))
    venue = FakeVenue(on_look_up=for_ever, on_snapshot=for_ever)
    async with running(on_mark(*actions), venue=venue) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(SnapshotFailed))
        assert bench.script.of(LookUpFailed)[0].reason == "no answer within 0.05 s"
        assert bench.script.of(SnapshotFailed)[0].reason == "no answer within 0.05 s"


async def test_an_error_of_a_venue_is_an_event_in_its_own_words() -> None:
    actions = (
        Cancel(ID, PERP),
        LookUp(OrderId(2), PERP, since_ms=0),
        Snapshot("perp", Scope.AUDIT, epoch=1),
    )
    venue = FakeVenue(on_look_up=failing, on_snapshot=failing, on_cancel=failing)
    async with running(on_mark(*actions), venue=venue) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(SnapshotFailed))
        reasons = [event.reason for event in bench.script.of(LookUpFailed)]
        assert sorted(reasons) == ["cancel: perp: no route", "perp: no route"]


async def test_one_reading_at_a_time_and_a_new_epoch_s_in_place_of_the_old_one_s() -> None:
    gate = asyncio.Event()

    def decide(event: Event) -> Sequence[Action]:
        if isinstance(event, MarkSeen):
            return (Snapshot("perp", Scope.FULL, epoch=int(event.mark)),)
        return ()

    async def wait() -> None:
        await gate.wait()

    venue = FakeVenue(on_snapshot=wait)
    async with running(decide, venue=venue) as bench:
        for epoch in (1, 1, 2, 2):
            bench.feed(mark_of(float(epoch)))
            await asyncio.sleep(0.01)
        assert [request.epoch for request in venue.snapshots] == [1, 2]
        gate.set()
        await until(lambda: len(bench.script.of(SnapshotTaken)) == 1)
        assert [taken.epoch for taken in bench.script.of(SnapshotTaken)] == [2]


async def test_only_the_latest_wake_up_rings_and_not_before_its_time() -> None:
    asked: list[Event] = []
    rung: list[int] = []
    at_ms = WallClock().now_ms() + 60

    def decide(event: Event) -> Sequence[Action]:
        if isinstance(event, Tick) and asked:
            rung.append(WallClock().now_ms())
        if not isinstance(event, MarkSeen):
            return ()
        asked.append(event)
        return (WakeAt(at_ms + 60_000), WakeAt(at_ms))

    async with running(decide) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: rung)
        await asyncio.sleep(0.05)
    assert len(rung) == 1
    assert rung[0] >= at_ms


async def test_alerts_reach_the_notifier() -> None:
    alert = Alert(Severity.WARNING, "drift", "BTC: adopted")
    async with running(on_mark(alert)) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.notifier.alerts)
        assert bench.notifier.alerts == [alert]


async def test_time_never_steps_back() -> None:
    async with running(on_mark()) as bench:
        for value in range(20):
            bench.feed(mark_of(float(value)))
            await asyncio.sleep(0)
        times = [stamped.now for stamped in bench.script.seen]
    assert times == sorted(times)


async def test_invariant_8_an_unknown_error_cancels_ours_and_ends_loudly() -> None:
    def decide(event: Event) -> Sequence[Action]:
        if event == mark_of(2.0):
            raise ZeroDivisionError("a bug")
        return order() if event == mark_of(1.0) else ()

    venue = FakeVenue(after_write=for_ever)
    async with running(decide, venue=venue) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: venue.sent)
        bench.feed(mark_of(2.0))
        ending = await asyncio.wait_for(bench.work, 5)
    assert (ending.exit_code, ending.error) == (1, "ZeroDivisionError: a bug")
    assert venue.cancelled == [ID]
    assert venue.closed
    assert bench.journal.error == "ZeroDivisionError: a bug"
    assert bench.notifier.alerts[0].severity is Severity.CRITICAL
    (told,) = [row for row in bench.journal.rows if isinstance(row, AlertKept)]
    assert told.text == bench.notifier.alerts[0].text, "kept, should nobody hear it in time"


async def test_invariant_8_a_stream_that_ends_by_itself_is_an_error() -> None:
    async def short() -> None:
        await asyncio.sleep(0.01)

    async with running(on_mark(), venue=FakeVenue(on_run=short)) as bench:
        ending = await asyncio.wait_for(bench.work, 5)
    assert ending.exit_code == 1
    assert "streams of perp" in ending.error


async def test_invariant_8_an_error_in_a_callback_of_the_loop_ends_loudly() -> None:
    """asyncio itself only logs it."""

    def decide(event: Event) -> Sequence[Action]:
        if event == mark_of(2.0):
            return (Keep(decision()), Keep(decision()))
        return order() if event == mark_of(1.0) else ()

    def unrenderable(_row: DecisionKept, _latencies_ms: Mapping[str, float]) -> dict[str, Any]:
        raise ZeroDivisionError("a bug")

    venue = FakeVenue(after_write=for_ever)
    async with running(decide, venue=venue, line_of=unrenderable) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: venue.sent)
        bench.feed(mark_of(2.0))
        ending = await asyncio.wait_for(bench.work, 5)
    assert (ending.exit_code, ending.error) == (1, "ZeroDivisionError: a bug")
    assert venue.cancelled == [ID]
    assert bench.journal.error == "ZeroDivisionError: a bug"


async def test_what_a_library_says_of_its_own_connections_ends_nothing() -> None:
    async with running(on_mark(*order())) as bench:
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": "lost", "exception": OSError("reset")})
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(Submitted))
    assert bench.work.result().exit_code == 0


async def test_an_order_of_an_earlier_start_is_cancelled_when_the_daemon_dies() -> None:
    async with running(on_mark()) as bench:
        bench.daemon.recall({OrderId(5): PERP})
        await bench.stopped()
    assert bench.venue.cancelled == [OrderId(5)]


async def test_sigterm_ends_with_0() -> None:
    async with running(on_mark()) as bench:
        os.kill(os.getpid(), signal.SIGTERM)
        ending = await asyncio.wait_for(bench.work, 5)
    assert (ending.exit_code, ending.error) == (0, "")
    assert bench.journal.error == ""


async def test_a_stop_ends_within_10_s_with_a_venue_that_hangs_everywhere() -> None:
    deaf = Deaf()
    venue = FakeVenue(after_write=for_ever, on_cancel=deaf, on_close=deaf, on_snapshot=deaf)
    actions = (*order(), Snapshot("perp", Scope.FULL, epoch=1))

    def release() -> None:
        deaf.released = True

    async with running(on_mark(*actions), venue=venue, release=release) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: venue.sent and venue.snapshots)
        began = time.monotonic()
        ending = await bench.stopped()
        assert time.monotonic() - began < 9
    assert (ending.exit_code, bench.journal.error) == (0, "")


async def test_asked_twice_the_end_comes_at_once() -> None:
    async with running(lambda _event: (), venue=FakeVenue()) as bench:
        bench.script.on = lambda _stamped: ()
        bench.daemon.ask_stop("once")
        await asyncio.sleep(0.01)
        assert not bench.work.done()
        bench.daemon.ask_stop("twice")
        ending = await asyncio.wait_for(bench.work, 2)
    assert ending.exit_code == 0
