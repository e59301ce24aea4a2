"""What a result makes the decision ask for at once is performed, not taken for the same request."""

import asyncio
from collections.abc import Callable

import pytest

from hedgebot.domain.actions import LookUp, ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    Event,
    LookedUp,
    Scope,
    SnapshotTaken,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.orders import OrderId
from hedgebot.errors import VenueError
from hedgebot.shell.executor import Executor
from hedgebot.shell.latency import Timelines
from hedgebot.shell.outbox import Outbox
from tests.shell.fakes import PERP, FakeVenue, WallClock

AUDIT = Snapshot("perp", Scope.AUDIT, epoch=1)
SEARCH = LookUp(OrderId(7), PERP, since_ms=0)
RECORDS = ReadWithdrawals("perp", since_ms=0)


async def slowly() -> None:
    await asyncio.sleep(0.01)


async def performed(ask: Callable[[Executor], None], answer: type[Event], times: int) -> int:
    """How many answers came, when a task that hears one asks again until `times`."""
    clock, heard = WallClock(), asyncio.Queue[Event]()
    venue = FakeVenue(on_snapshot=slowly, on_look_up=slowly, on_withdrawals=slowly)
    executor = Executor({"perp": venue}, Outbox(clock, Timelines()), clock, heard.put_nowait)
    count = 0
    async with asyncio.timeout(2), asyncio.TaskGroup() as group:
        executor.open(group)
        ask(executor)
        while count < times:
            assert isinstance(await heard.get(), answer)
            count += 1
            if count < times:
                ask(executor)
    return count


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda executor: executor.snapshot(AUDIT), SnapshotTaken),
        (lambda executor: executor.look_up(SEARCH), LookedUp),
        (lambda executor: executor.withdrawals(RECORDS), WithdrawalsRead),
    ],
)
async def test_a_request_asked_for_again_because_of_its_result_is_performed(
    ask: Callable[[Executor], None], answer: type[Event]
) -> None:
    assert await performed(ask, answer, times=5) == 5


async def test_a_reading_of_an_epoch_that_is_over_is_left_for_that_of_the_present_one() -> None:
    clock, heard = WallClock(), asyncio.Queue[Event]()
    venue = FakeVenue(on_snapshot=slowly)
    executor = Executor({"perp": venue}, Outbox(clock, Timelines()), clock, heard.put_nowait)
    async with asyncio.timeout(2), asyncio.TaskGroup() as group:
        executor.open(group)
        executor.snapshot(Snapshot("perp", Scope.FULL, epoch=1))
        await asyncio.sleep(0)
        for epoch in (2, 3, 3):
            executor.snapshot(Snapshot("perp", Scope.FULL, epoch))
    assert [request.epoch for request in venue.snapshots] == [1, 3]
    told = heard.get_nowait()
    assert isinstance(told, SnapshotTaken)
    assert told.epoch == 3
    assert heard.empty()


async def broken() -> None:
    raise VenueError("no such door")


async def test_withdrawal_records_are_read_once_at_a_time_and_a_failure_is_told() -> None:
    clock, heard = WallClock(), asyncio.Queue[Event]()
    venue = FakeVenue(on_withdrawals=slowly)
    executor = Executor({"perp": venue}, Outbox(clock, Timelines()), clock, heard.put_nowait)
    async with asyncio.timeout(2), asyncio.TaskGroup() as group:
        executor.open(group)
        executor.withdrawals(RECORDS)
        executor.withdrawals(RECORDS)
        assert isinstance(await heard.get(), WithdrawalsRead)
        venue.on_withdrawals = broken
        executor.withdrawals(RECORDS)
        assert await heard.get() == WithdrawalsUnread("perp", "no such door")
    assert venue.withdrawal_reads == [RECORDS, RECORDS]
