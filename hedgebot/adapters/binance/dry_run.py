"""A venue entry whose streams and reads are real and whose orders never leave.

An order fills at its own limit, up to the quantity shown at the touch, into a shadow: what our
orders would have added to the real position. Everything that tells of positions shows the real one
plus the shadow; wallets stay the real ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgebot.domain.actions import LookUp, ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    Event,
    FillSeen,
    LookedUp,
    LookUpFailed,
    NotSent,
    OrderSeen,
    Position,
    PositionSeen,
    Refused,
    SnapshotFailed,
    SnapshotTaken,
    Submitted,
    TouchSeen,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, Side
from hedgebot.domain.orders import (
    Cause,
    Fill,
    OrderId,
    OrderIntent,
    OrderReport,
    OrderStatus,
    Refusal,
)
from hedgebot.ports import Clock, Emit, Finding, Permit, Standing, SubmitOutcome, Venue

TAKER_FEE = Decimal("0.0005")
"""Of the notional: USDT-M's rate for an account without a discount."""
ZERO = Decimal(0)
DONE_MAX = 1_000
"""Shadow orders that are remembered for look-ups."""


@dataclass(slots=True)
class Shadow:
    """What our orders would have done to one instrument."""

    instrument: Instrument
    touch: TouchSeen | None = None
    real: Position | None = None
    change: Decimal = ZERO
    """Signed, own unit: all shadow fills together."""
    changed_ms: int = 0

    def position(self) -> Position:
        """The real position and the shadow together."""
        real = self.real or Position(self.instrument.id, ZERO, ZERO, 0)
        return replace(
            real, qty=real.qty + self.change, venue_ms=max(real.venue_ms, self.changed_ms)
        )

    def fillable(self, intent: OrderIntent) -> Decimal:
        """How much an IOC at that limit would take: what the touch shows, whole lots."""
        touch = self.touch
        if touch is None:
            return ZERO
        sells = intent.side is Side.SELL
        price, shown = (touch.bid, touch.bid_qty) if sells else (touch.ask, touch.ask_qty)
        reached = price >= float(intent.price) if sells else price <= float(intent.price)
        if not reached or price <= 0.0:
            return ZERO
        lots = min(intent.lots, int(shown / float(self.instrument.lot)))
        return self.instrument.qty(lots)


@dataclass(frozen=True, slots=True)
class Done:
    """A shadow order and its fill, if any."""

    report: OrderReport
    fills: tuple[Fill, ...]


@dataclass(slots=True)
class Book:
    """Everything the dry run keeps."""

    shadows: dict[InstrumentId, Shadow] = field(default_factory=dict)
    done: dict[OrderId, Done] = field(default_factory=dict)

    def keep(self, order_id: OrderId, done: Done) -> None:
        """Remember an order; the oldest is forgotten."""
        self.done[order_id] = done
        if len(self.done) > DONE_MAX:
            del self.done[next(iter(self.done))]

    def since(self, instrument: InstrumentId, since_ms: int) -> Iterable[Done]:
        """Shadow orders of an instrument from then on, oldest first."""
        return (
            done
            for done in self.done.values()
            if done.report.instrument == instrument and done.report.venue_ms >= since_ms
        )


class DryRunVenue:
    """Wraps a venue entry that was built with `dry_run`: its own gate refuses what slips by."""

    def __init__(self, venue: Venue, clock: Clock) -> None:
        self.name = venue.name
        self.account = venue.account
        self._venue = venue
        self._clock = clock
        self._book = Book()
        self._emit: Emit | None = None

    async def prepare(self) -> tuple[Instrument, ...]:
        """As the venue's; set_leverage is refused there."""
        instruments = await self._venue.prepare()
        for each in instruments:
            self._book.shadows.setdefault(each.id, Shadow(each))
        return instruments

    async def run(self, emit: Emit) -> None:
        """The venue's own streams; positions show the shadow."""
        self._emit = emit
        await self._venue.run(lambda event: emit(self._seen(event)))

    async def submit(self, intent: OrderIntent, permit: Permit) -> SubmitOutcome:
        """Fill from the touch; nothing is sent."""
        denied = permit()
        if denied is not None:
            return NotSent(intent.order_id, denied)
        shadow = self._book.shadows[intent.instrument]
        if shadow.instrument.kind is Kind.SPOT:
            return self._refused(intent, Refusal.REJECTED, "a dry run fills derivatives only")
        before = shadow.position()
        if intent.reduce_only and before.qty * intent.side.value >= ZERO:
            return self._refused(intent, Refusal.REDUCE_ONLY, "the position does not oppose it")
        qty = shadow.fillable(intent)
        if intent.reduce_only:
            qty = min(qty, abs(before.qty))
        done = self._fill(intent, shadow, qty)
        self._book.keep(intent.order_id, done)
        self._tell(shadow, done)
        return Submitted(intent.order_id, done.report)

    async def cancel(self, _order_id: OrderId, _instrument: InstrumentId) -> OrderReport | None:
        """Nothing of ours ever works at the venue."""
        return None

    async def look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        """From the shadow; an order of an earlier process is not known."""
        done = self._book.done.get(request.order_id)
        orders = self._book.since(request.instrument, request.since_ms)
        fills = tuple(fill for each in orders for fill in each.fills)
        report = done.report if done else None
        return LookedUp(request.order_id, report, fills, self._clock.now_ms())

    async def snapshot(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        """The real one, with the shadow's positions, orders and fills."""
        taken = await self._venue.snapshot(request)
        if isinstance(taken, SnapshotFailed):
            return taken
        done = [each for where, since in request.since for each in self._book.since(where, since)]
        return replace(
            taken,
            positions=tuple(self._shown(position) for position in taken.positions),
            orders=taken.orders + tuple(each.report for each in done),
            fills=taken.fills + tuple(fill for each in done for fill in each.fills),
        )

    async def withdrawals(self, request: ReadWithdrawals) -> WithdrawalsRead | WithdrawalsUnread:
        """The real ones: wallets are the real ones too."""
        return await self._venue.withdrawals(request)

    async def check(self) -> tuple[Finding, ...]:
        """The venue's rows, and that nothing is sent."""
        row = Finding(self.name, "dry run", Standing.OK, "orders are filled in a shadow")
        return (*await self._venue.check(), row)

    async def close(self) -> None:
        """Release the venue's sockets."""
        await self._venue.close()

    def _seen(self, event: Event) -> Event:
        if isinstance(event, TouchSeen):
            shadow = self._book.shadows.get(event.instrument)
            if shadow is not None:
                shadow.touch = event
        elif isinstance(event, PositionSeen):
            return PositionSeen(self._shown(event.position))
        return event

    def _shown(self, real: Position) -> Position:
        shadow = self._book.shadows.get(real.instrument)
        if shadow is None:
            return real
        shadow.real = real
        return shadow.position()

    def _fill(self, intent: OrderIntent, shadow: Shadow, qty: Decimal) -> Done:
        now_ms = self._clock.now_ms()
        status = OrderStatus.FILLED if qty == intent.qty else OrderStatus.EXPIRED
        name = f"dry-{intent.order_id:032x}"
        report = OrderReport(
            instrument=intent.instrument,
            order_id=intent.order_id,
            client_order_id=name,
            venue_order_id=name,
            status=status,
            side=intent.side,
            qty=intent.qty,
            filled_qty=qty,
            price=intent.price,
            reduce_only=intent.reduce_only,
            venue_ms=now_ms,
        )
        if not qty:
            return Done(report, ())
        shadow.change += qty * intent.side.value
        shadow.changed_ms = now_ms
        return Done(report, (_fill_of(report, shadow.instrument),))

    def _tell(self, shadow: Shadow, done: Done) -> None:
        """As the venue's account stream would, before the answer."""
        if self._emit is None:
            return
        if done.fills:
            self._emit(PositionSeen(shadow.position()))
        for fill in done.fills:
            self._emit(FillSeen(fill))
        self._emit(OrderSeen(done.report))

    def _refused(self, intent: OrderIntent, refusal: Refusal, why: str) -> Refused:
        return Refused(intent.order_id, refusal, "dry-run", why)


def _fill_of(report: OrderReport, instrument: Instrument) -> Fill:
    """Its legs are empty: no wallet changes in a dry run."""
    return Fill(
        instrument=report.instrument,
        trade_id=report.venue_order_id,
        venue_order_id=report.venue_order_id,
        client_order_id=report.client_order_id,
        order_id=report.order_id,
        side=report.side,
        qty=report.filled_qty,
        price=report.price,
        fee=report.filled_qty * report.price * TAKER_FEE,
        fee_asset=instrument.settle,
        cause=Cause.OURS,
        legs=(),
        venue_ms=report.venue_ms,
    )
