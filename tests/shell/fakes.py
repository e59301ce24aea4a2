"""A venue, a journal, a notifier and a clock that misbehave on request."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import structlog

from hedgebot.domain.actions import (
    Action,
    Alert,
    Approved,
    LookUp,
    Place,
    ReadWithdrawals,
    Snapshot,
)
from hedgebot.domain.events import (
    Event,
    LookedUp,
    LookUpFailed,
    MarkSeen,
    NotSent,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
    Stamped,
    Submitted,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.instruments import Instrument, InstrumentId, Side
from hedgebot.domain.orders import OrderId, OrderIntent, OrderReport, OrderStatus, Purpose
from hedgebot.domain.records import Durable, Record
from hedgebot.errors import JournalError
from hedgebot.ports import Emit, Finding, Permit, SubmitOutcome

PERP = InstrumentId("perp:BTC/USDT:USDT")


class WallClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


def intent_of(number: int, *, alive_ms: int = 500) -> OrderIntent:
    now_ms = WallClock().now_ms()
    return OrderIntent(
        order_id=OrderId(number),
        asset="BTC",
        instrument=PERP,
        side=Side.SELL,
        lots=5,
        qty=Decimal("0.005"),
        price=Decimal(50_000),
        reduce_only=False,
        purpose=Purpose.REBALANCE,
        mark=50_010.0,
        decided_ms=now_ms,
        send_before_ms=now_ms + alive_ms,
    )


def place_of(number: int, *, alive_ms: int = 500) -> Place:
    return Place(Approved(intent_of(number, alive_ms=alive_ms)))


def mark_of(value: float, instrument: InstrumentId = PERP) -> MarkSeen:
    return MarkSeen(instrument, value, value, venue_ms=0)


def report_of(order_id: OrderId, status: OrderStatus = OrderStatus.FILLED) -> OrderReport:
    return OrderReport(
        instrument=PERP,
        order_id=order_id,
        client_order_id=str(order_id),
        venue_order_id="7",
        status=status,
        side=Side.SELL,
        qty=Decimal("0.005"),
        filled_qty=Decimal("0.005"),
        price=Decimal(50_000),
        reduce_only=False,
        venue_ms=0,
    )


async def at_once() -> None:
    """No delay."""


async def for_ever() -> None:
    """A peer that never answers."""
    await asyncio.Event().wait()


@dataclass
class Deaf:
    """Something that swallows its own cancellation until it is released."""

    released: bool = False

    async def __call__(self) -> None:
        while not self.released:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.02)


Delay = Callable[[], Awaitable[None]]


@dataclass
class FakeVenue:
    """Every method first waits for its delay; `sent` holds what was written."""

    name: str = "perp"
    account: str = "main"
    on_prepare: Delay = at_once
    before_write: Delay = at_once
    after_write: Delay = at_once
    on_cancel: Delay = at_once
    on_look_up: Delay = at_once
    on_snapshot: Delay = at_once
    on_withdrawals: Delay = at_once
    on_run: Delay = for_ever
    on_close: Delay = at_once
    sent: list[OrderId] = field(default_factory=list)
    cancelled: list[OrderId] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    withdrawal_reads: list[ReadWithdrawals] = field(default_factory=list)
    unreadable: str = ""
    """Why its account cannot be read."""
    closed: bool = False
    emit: Emit | None = None

    async def prepare(self) -> tuple[Instrument, ...]:
        await self.on_prepare()
        return ()

    async def run(self, emit: Emit) -> None:
        self.emit = emit
        await self.on_run()

    async def submit(self, intent: OrderIntent, permit: Permit) -> SubmitOutcome:
        await self.before_write()
        refusal = permit()
        if refusal is not None:
            return NotSent(intent.order_id, refusal)
        self.sent.append(intent.order_id)
        await self.after_write()
        return Submitted(intent.order_id, report_of(intent.order_id))

    async def cancel(self, order_id: OrderId, instrument: InstrumentId) -> OrderReport | None:
        await self.on_cancel()
        self.cancelled.append(order_id)
        return report_of(order_id, OrderStatus.CANCELLED)

    async def look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        await self.on_look_up()
        return LookedUp(request.order_id, None, (), requested_ms=0)

    async def snapshot(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        self.snapshots.append(request)
        await self.on_snapshot()
        if self.unreadable:
            return SnapshotFailed(self.name, request.scope, self.unreadable)
        return SnapshotTaken(
            venue=self.name,
            scope=Scope.FULL,
            epoch=request.epoch,
            requested_ms=0,
            wallets=(),
            balances=(),
            positions=(),
            open_orders=(),
        )

    async def withdrawals(self, request: ReadWithdrawals) -> WithdrawalsRead | WithdrawalsUnread:
        self.withdrawal_reads.append(request)
        await self.on_withdrawals()
        if self.unreadable:
            return WithdrawalsUnread(self.name, self.unreadable)
        return WithdrawalsRead(self.name, 0, ())

    async def check(self) -> tuple[Finding, ...]:
        return ()

    async def close(self) -> None:
        await self.on_close()
        self.closed = True


@dataclass
class FakeJournal:
    """Keeps rows in memory; fails while `failing` says why; commits take `delay_s`."""

    failing: str = ""
    delay_s: float = 0.0
    rows: list[Record] = field(default_factory=list)
    batches: list[tuple[Record, ...]] = field(default_factory=list)
    attempts: int = 0
    under_way: int = 0
    error: str | None = None

    async def commit(self, batch: Sequence[Record]) -> None:
        self.attempts += 1
        self.under_way += 1
        assert self.under_way == 1, "two commits at once"
        try:
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.failing:
                raise JournalError(self.failing)
            self.batches.append(tuple(batch))
            self.rows.extend(batch)
        finally:
            self.under_way -= 1

    async def load(self) -> Durable:
        return Durable(epoch=1)

    async def close(self, error: str = "") -> None:
        self.error = error


@dataclass
class FakeNotifier:
    alerts: list[Alert] = field(default_factory=list)
    closed: bool = False

    def send(self, alert: Alert) -> None:
        self.alerts.append(alert)

    async def close(self, timeout_s: float) -> None:
        self.closed = True


@dataclass
class Script:
    """A decision by rote: what `on` says for an event, and everything it was told."""

    on: Callable[[Stamped], Sequence[Action]]
    seen: list[Stamped] = field(default_factory=list)

    def __call__(self, stamped: Stamped) -> Sequence[Action]:
        self.seen.append(stamped)
        return self.on(stamped)

    def events(self) -> list[Event]:
        return [stamped.event for stamped in self.seen]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events() if isinstance(event, kind)]


def quiet_log() -> Any:
    return structlog.wrap_logger(
        structlog.testing.CapturingLogger(), wrapper_class=structlog.make_filtering_bound_logger(0)
    )


async def until(condition: Callable[[], object], timeout_s: float = 3.0) -> None:
    """Wait for a condition, at most that long."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.002)
