"""Performs what was decided. Every result, also of silence, comes back as an event."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import TypeAlias, TypeVar

from hedgebot.domain.actions import Cancel, LookUp, ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    Event,
    LookedUp,
    LookUpFailed,
    NotSent,
    NotSentReason,
    OrderSeen,
    OutcomeUnknown,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent, OrderReport
from hedgebot.errors import VenueError
from hedgebot.ports import Clock, Emit, SubmitOutcome, Venue
from hedgebot.shell.outbox import Outbox

R = TypeVar("R")
Perform: TypeAlias = Callable[[R], Coroutine[None, None, Event | None]]
SUBMIT_S_MAX = 10.0
"""Longer than any receive window we use: what was not accepted by then never will be."""
CANCEL_S_MAX = 5.0
LOOK_UP_S_MAX = 9.0
WITHDRAWALS_S_MAX = 5.0
SNAPSHOT_S_MAX = {Scope.AUDIT: 5.0, Scope.FULL: 30.0}
"""A full one lists orders and trades, paced by the venue's request budget."""


class Executor:
    """Owns the requests under way; their tasks belong to the daemon's task group."""

    def __init__(
        self, venues: Mapping[str, Venue], outbox: Outbox, clock: Clock, emit: Emit
    ) -> None:
        self._venues = venues
        self._outbox = outbox
        self._clock = clock
        self._emit = emit
        self._group: asyncio.TaskGroup | None = None
        self._under_way: set[str] = set()
        self._reads: dict[str, tuple[int, asyncio.Task[None]]] = {}
        """By venue: the epoch of the last snapshot asked for, and its task."""

    def open(self, group: asyncio.TaskGroup) -> None:
        """Requests belong to this group from now on."""
        self._group = group

    def place(self, intent: OrderIntent) -> None:
        """Send an order whose intent is durable, once."""
        name = f"submit {intent.order_id:032x}"
        # A second send of the same id would fill twice (invariant 2).
        assert name not in self._under_way, f"{name} is under way"
        self._spawn(name, self._submit, intent)

    def cancel(self, request: Cancel) -> None:
        """Cancel one order; a cancel of the same order that is under way is enough."""
        name = f"cancel {request.order_id:032x}"
        if name not in self._under_way:
            self._spawn(name, self._cancel, request)

    def look_up(self, request: LookUp) -> None:
        """Look one order up; a look-up of the same order that is under way is enough."""
        name = f"look up {request.order_id:032x}"
        if name not in self._under_way:
            self._spawn(name, self._look_up, request)

    def snapshot(self, request: Snapshot) -> None:
        """Read a venue; the same reading under way is enough, one of an earlier epoch is left."""
        name = f"snapshot {request.venue} {request.scope} {request.epoch}"
        if name in self._under_way:
            return
        epoch, task = self._reads.get(request.venue, (request.epoch, None))
        if task is not None and epoch != request.epoch:
            task.cancel()  # its answer would be of the past; it only keeps the venue busy
            self._under_way.discard(task.get_name())  # it may not even have begun
        self._reads[request.venue] = request.epoch, self._spawn(name, self._snapshot, request)

    def withdrawals(self, request: ReadWithdrawals) -> None:
        """Read a venue's withdrawal records; a reading that is under way is enough."""
        name = f"withdrawals {request.venue}"
        if name not in self._under_way:
            read = partial(_withdrawals, self._venues[request.venue])
            self._spawn(name, read, request)

    async def cancel_all(self, timeout_s: float) -> dict[OrderId, InstrumentId]:
        """Cancel every order that may be working, all at once.

        Returns:
            Those whose cancel had no answer in time.
        """
        orders = self._outbox.maybe_working()
        tasks = {
            asyncio.ensure_future(self._cancel_once(Cancel(order_id, instrument))): order_id
            for order_id, instrument in orders.items()
        }
        if not tasks:
            return {}
        done, late = await asyncio.wait(tasks, timeout=timeout_s)
        for task in late:
            task.cancel()
        answered = {tasks[task] for task in done if task.exception() is None}
        return {each: orders[each] for each in orders if each not in answered}

    def _spawn(self, name: str, perform: Perform[R], request: R) -> asyncio.Task[None]:
        assert self._group is not None, "the executor is not open"
        self._under_way.add(name)
        return self._group.create_task(self._performed(name, perform, request), name=name)

    async def _performed(self, name: str, perform: Perform[R], request: R) -> None:
        try:
            result = await perform(request)
        finally:
            # Before the result is told: the same may be asked for at once because of it.
            self._under_way.discard(name)
        if result is not None:
            self._emit(result)

    async def _submit(self, intent: OrderIntent) -> SubmitOutcome:
        venue = self._venues[_entry(intent.instrument)]
        try:
            async with asyncio.timeout(SUBMIT_S_MAX):
                outcome = await venue.submit(intent, self._outbox.permit(intent))
                self._outbox.acknowledge(intent.order_id)
        except TimeoutError:
            return _silence(intent.order_id, self._outbox, self._clock)
        return outcome

    async def _cancel(self, request: Cancel) -> LookUpFailed | OrderSeen | None:
        try:
            report = await self._cancel_once(request)
        except (TimeoutError, VenueError) as error:
            return LookUpFailed(request.order_id, f"cancel: {_words(error, CANCEL_S_MAX)}")
        return OrderSeen(report) if report is not None else None

    async def _cancel_once(self, request: Cancel) -> OrderReport | None:
        async with asyncio.timeout(CANCEL_S_MAX):
            venue = self._venues[_entry(request.instrument)]
            return await venue.cancel(request.order_id, request.instrument)

    async def _look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        try:
            async with asyncio.timeout(LOOK_UP_S_MAX):
                return await self._venues[_entry(request.instrument)].look_up(request)
        except (TimeoutError, VenueError) as error:
            return LookUpFailed(request.order_id, _words(error, LOOK_UP_S_MAX))

    async def _snapshot(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        timeout_s = SNAPSHOT_S_MAX[request.scope]
        try:
            async with asyncio.timeout(timeout_s):
                return await self._venues[request.venue].snapshot(request)
        except (TimeoutError, VenueError) as error:
            return SnapshotFailed(request.venue, request.scope, _words(error, timeout_s))


def _silence(order_id: OrderId, outbox: Outbox, clock: Clock) -> SubmitOutcome:
    if outbox.granted_ms(order_id) is None:
        outbox.withdraw(order_id)
        return NotSent(order_id, NotSentReason.LATE)
    reason = f"no answer to the order within {SUBMIT_S_MAX:g} s"
    return OutcomeUnknown(order_id, reason, valid_until_ms=clock.now_ms())


async def _withdrawals(
    venue: Venue, request: ReadWithdrawals
) -> WithdrawalsRead | WithdrawalsUnread:
    try:
        async with asyncio.timeout(WITHDRAWALS_S_MAX):
            return await venue.withdrawals(request)
    except (TimeoutError, VenueError) as error:
        return WithdrawalsUnread(request.venue, _words(error, WITHDRAWALS_S_MAX))


def _entry(instrument: InstrumentId) -> str:
    return instrument.partition(":")[0]


def _words(error: Exception, timeout_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    return str(error)
