"""A venue entry whose streams and reads are real and whose orders never leave.

In the place of an order the live book is read, over the same connection, within the same budget and
under the same permit. What comes back is the book that the order would have met, and a model of the
venue fills the order from it into a shadow (`shadow`, `shadow_match`). Everything that tells of
positions shows the real one and the shadow together; wallets stay the real ones.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple, Protocol

from hedgebot.adapters.binance.depth import Depth
from hedgebot.adapters.binance.orders import Missed
from hedgebot.adapters.binance.shadow import Account, Done, Shadow
from hedgebot.adapters.binance.shadow_match import earlier, match, refused
from hedgebot.domain.actions import LookUp, ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    BalanceSeen,
    Event,
    FillSeen,
    LookedUp,
    LookUpFailed,
    MarkSeen,
    ModeName,
    ModeSeen,
    OrderSeen,
    PositionSeen,
    Refused,
    SnapshotFailed,
    SnapshotTaken,
    Submitted,
    TouchSeen,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.fees import FeeSeen
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind
from hedgebot.domain.orders import Fill, OrderId, OrderIntent, OrderReport, Refusal
from hedgebot.ports import Clock, Emit, Finding, Permit, Standing, SubmitOutcome, Venue
from hedgebot.venue_model.rejections import Rejected

TAKER_FEE = Decimal("0.0005")
"""Of the notional: USDT-M's rate for an account without a discount, where the venue tells none."""


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier process of this dry run kept in the journal."""

    fills: Iterable[Fill] = ()
    """Those that never were, oldest first; others among them are passed over."""
    open_intents: Iterable[OrderIntent] = ()


class Market(Protocol):
    """What a dry run reads besides what every run reads; see `live_market.LiveMarket`."""

    async def depth(self, intent: OrderIntent, permit: Permit) -> Depth | Missed | None:
        """The book that the order would have met; None: the venue tells none."""
        ...

    async def taker_fees(self) -> Mapping[InstrumentId, Decimal]:
        """The account's rates, as far as the venue tells them."""
        ...


class Sources(NamedTuple):
    """What a dry run knows besides its venue entry."""

    live_market: Callable[[], Market | None]
    """Of the same entry; None while nothing is prepared."""
    past: Callable[[], Past] = Past
    """Asked once, when the entry is prepared."""


class DryRunVenue:
    """Wraps a venue entry that was built with `dry_run`: its own gate refuses what slips by."""

    def __init__(self, venue: Venue, clock: Clock, sources: Sources) -> None:
        """Opens nothing. The clock is ours."""
        self.name = venue.name
        self.account = venue.account
        self._venue = venue
        self._clock = clock
        self._sources = sources
        self._kept = Account()
        self._emit: Emit = _unheard

    async def prepare(self) -> tuple[Instrument, ...]:
        """As the venue's, and the shadow as the journal remembers it; set_leverage is refused."""
        instruments = await self._venue.prepare()
        fees = await self._market().taker_fees()
        for own in instruments:
            shadow = Shadow(own, fees.get(own.id, TAKER_FEE))
            self._kept.shadows[own.id] = shadow
        past = self._sources.past()
        fills = tuple(past.fills)
        self._kept.remember(fills)
        for intent in past.open_intents:
            own_fills = tuple(fill for fill in fills if fill.order_id == intent.order_id)
            if own_fills:
                self._kept.keep(earlier(intent, own_fills))
        return instruments

    async def run(self, emit: Emit) -> None:
        """The venue's own streams; positions show the shadow, and its funding is paid."""
        self._emit = emit
        await self._venue.run(self._hear)

    async def submit(self, intent: OrderIntent, permit: Permit) -> SubmitOutcome:
        """Read the book in its place and fill it from that; nothing is sent."""
        shadow = self._kept.shadows[intent.instrument]
        if shadow.instrument.kind is not Kind.LINEAR:
            why = f"a dry run fills linear perpetuals only, not {shadow.instrument.kind}"
            return Refused(intent.order_id, Refusal.REJECTED, "dry-run", why)
        depth = await self._market().depth(intent, permit)
        if depth is None:
            depth = self._kept.touch(intent.instrument)
        if not isinstance(depth, Depth):
            return depth
        now_ms = max(depth.venue_ms or self._clock.now_ms(), shadow.shown().venue_ms)
        try:
            done = match(self._kept, intent, depth, now_ms)
        except Rejected as rejected:
            return refused(intent.order_id, rejected)
        done = replace(done, fills=tuple(_taken(shadow, fill) for fill in done.fills))
        self._kept.keep(done)
        self._tell(shadow, done)
        return Submitted(intent.order_id, done.report)

    async def cancel(self, _order_id: OrderId, _instrument: InstrumentId) -> OrderReport | None:
        """Nothing of ours ever works at the venue."""
        return None

    async def look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        """From the shadow: what is not in it never arrived."""
        done = self._kept.done.get(request.order_id)
        orders = self._kept.since(request.instrument, request.since_ms)
        fills = tuple(fill for each in orders for fill in each.fills)
        report = done.report if done else None
        return LookedUp(request.order_id, report, fills, self._clock.now_ms())

    async def snapshot(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        """The real one, with the shadow's positions, orders and fills."""
        taken = await self._venue.snapshot(request)
        if isinstance(taken, SnapshotFailed):
            return taken
        self._kept.wallet = next(iter(taken.wallets), None)
        self._kept.funds = {each.asset: each.total for each in taken.balances}
        for mode in taken.modes:
            self._hear_mode(mode)
        done = [each for where, since in request.since for each in self._kept.since(where, since)]
        return replace(
            taken,
            positions=tuple(self._kept.shown(position) for position in taken.positions),
            orders=taken.orders + tuple(each.report for each in done),
            fills=taken.fills + tuple(fill for each in done for fill in each.fills),
        )

    async def withdrawals(self, request: ReadWithdrawals) -> WithdrawalsRead | WithdrawalsUnread:
        """The real ones: wallets are the real ones too."""
        return await self._venue.withdrawals(request)

    async def check(self) -> tuple[Finding, ...]:
        """The venue's rows, and how orders are filled."""
        rows = await self._venue.check()
        market = self._sources.live_market()
        fees = await market.taker_fees() if market else {}
        told = ", ".join(f"{own} {fee:f}" for own, fee in fees.items()) or f"{TAKER_FEE:f}, assumed"
        found = f"orders are filled in a shadow from the live book; taker fee {told}"
        return (*rows, Finding(self.name, "dry run", Standing.OK, found))

    async def close(self) -> None:
        """Release the venue's sockets."""
        await self._venue.close()

    def _market(self) -> Market:
        market = self._sources.live_market()
        assert market is not None, f"{self.name} is not prepared"
        return market

    def _hear(self, event: Event) -> None:
        match event:
            case MarkSeen():
                shadow = self._kept.shadows.get(event.instrument)
                paid = shadow.hear_mark(event, self._kept.wallet) if shadow else None
                if paid is not None:
                    self._emit(paid)
            case TouchSeen():
                self._kept.touches[event.instrument] = event
            case BalanceSeen():
                self._kept.hear_balance(event.balance)
            case ModeSeen():
                self._hear_mode(event)
            case FeeSeen() if event.instrument in self._kept.shadows:
                self._kept.shadows[event.instrument].taker_fee = event.taker
            case PositionSeen():
                event = PositionSeen(self._kept.shown(event.position))
        self._emit(event)

    def _hear_mode(self, mode: ModeSeen) -> None:
        shadow = self._kept.shadows.get(mode.instrument) if mode.instrument else None
        if shadow is not None and mode.name is ModeName.LEVERAGE:
            shadow.leverage = int(mode.value)

    def _tell(self, shadow: Shadow, done: Done) -> None:
        """As the venue's account stream would, before the answer."""
        if done.fills:
            self._emit(PositionSeen(shadow.shown()))
        for fill in done.fills:
            self._emit(FillSeen(fill))
        self._emit(OrderSeen(done.report))


def _taken(shadow: Shadow, fill: Fill) -> Fill:
    """The fill, counted, with what it realised."""
    return replace(fill, realized_pnl=shadow.take(fill))


def _unheard(_event: Event) -> None:
    """Nobody listens before the streams run."""
