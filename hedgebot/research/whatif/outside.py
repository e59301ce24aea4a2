"""The recorded world without our own orders: what every policy meets alike.

Prices, feeds, commands, deposits and whatever the owner or the venue did come as they were
recorded. What our orders did to positions and wallets is taken out again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from hedgebot.core.books import Proof
from hedgebot.core.reconciliation import PROOFS_APART_MS, SKEW_MS
from hedgebot.domain.actions import ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Command,
    Event,
    FeedAlive,
    FeedBack,
    FeedLost,
    FillSeen,
    FundingSeen,
    JournalBack,
    JournalFailed,
    LookedUp,
    MarkSeen,
    ModeName,
    ModeSeen,
    OrderSeen,
    Position,
    PositionSeen,
    SnapshotFailed,
    SnapshotTaken,
    StopAsked,
    TouchSeen,
    WithdrawalsRead,
)
from hedgebot.domain.fees import FeeSeen, FeeUnread
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.domain.orders import Cause, Fill, OrderReport
from hedgebot.research.whatif.past import Past

ZERO = Decimal(0)
ANSWER_MS = 5_000
"""A reading of withdrawals was answered within so long."""


AS_RECORDED = (
    MarkSeen | TouchSeen | FeedBack | FeedLost | FeedAlive | JournalFailed | JournalBack
    | Command | StopAsked | FeeSeen | FeeUnread
)  # fmt: skip
"""The rest came of our own orders, and is told anew."""


class Begun(NamedTuple):
    """The account's first position: from here on its fills count."""

    position: Position


class Shifted(NamedTuple):
    """A position changed, and no fill explains it."""

    instrument: InstrumentId
    change: Decimal
    """Own unit, signed."""


class Funded(NamedTuple):
    """Funding as it was paid, and the positions of hedges that it was paid on."""

    paid: FundingSeen
    held: dict[InstrumentId, Decimal]
    """Own unit, signed."""


Told = Event | Begun | Shifted | Funded


@dataclass(slots=True)
class Read:
    """One venue entry's account as REST last told it, our own orders taken out."""

    failing: str = ""
    """Why it cannot be read; empty: it can."""
    begun: bool = False
    wallets: tuple[WalletId, ...] = ()
    balances: dict[tuple[WalletId, str], Balance] = field(default_factory=dict)
    positions: dict[InstrumentId, Position] = field(default_factory=dict)
    """Of instruments that no hedge has."""
    open_orders: tuple[OrderReport, ...] = ()
    """Of others."""
    modes: dict[tuple[ModeName, InstrumentId | None], ModeSeen] = field(default_factory=dict)

    def taken(self, ask: Snapshot, asked_ms: int) -> SnapshotTaken | SnapshotFailed | None:
        """What a reading tells, but for the positions of hedges; None: nothing was read yet."""
        if self.failing:
            return SnapshotFailed(ask.venue, ask.scope, self.failing)
        if not self.begun:
            return None
        return SnapshotTaken(
            venue=ask.venue,
            scope=ask.scope,
            epoch=ask.epoch,
            requested_ms=asked_ms,
            wallets=self.wallets,
            balances=tuple(self.balances.values()),
            positions=tuple(self.positions.values()),
            open_orders=self.open_orders,
            modes=tuple(self.modes.values()),
        )


@dataclass(slots=True)
class Known:
    """The recorded account's position in one instrument, its fills left out."""

    unmoved: Decimal
    doubt: Proof | None = None
    """A reading that differs from it."""

    def proved(self, change: Decimal, requested_ms: int) -> bool:
        """Whether a change that no fill explains was read before, long enough ago."""
        if self.doubt is None or self.doubt.qty != change:
            self.doubt = Proof(requested_ms, change) if change else None
            return False
        return bool(change) and requested_ms - self.doubt.requested_ms >= PROOFS_APART_MS


class Outside:
    """Takes recorded events in order; says what of them is told to whoever plays."""

    def __init__(self, past: Past, own: Iterable[InstrumentId], venues: Iterable[str]) -> None:
        """`own` are the instruments of any hedge: their positions are the players' own."""
        self.past = past
        self.own = frozenset(own)
        self.read = {name: Read() for name in venues}
        self._sums = past.sums()
        self._known: dict[InstrumentId, Known] = {}
        self._heard: set[tuple[InstrumentId, str]] = set()
        self._tells: dict[type, Callable[[int, Any], list[Told]]] = {
            BalanceSeen: self._wallet,
            PositionSeen: self._position,
            FillSeen: lambda _, event: self._fills([event.fill]),
            LookedUp: lambda _, event: self._fills(event.fills),
            OrderSeen: lambda _, event: [] if event.report.order_id is not None else [event],
            ModeSeen: self._mode,
            SnapshotTaken: self._snapshot,
            SnapshotFailed: self._unread,
            FundingSeen: self._funded,
        }

    @property
    def begun(self) -> bool:
        """Whether the whole account was read."""
        return all(each.begun for each in self.read.values())

    def hear(self, now: int, event: Event) -> list[Told]:
        """What is told of an event."""
        tell = self._tells.get(type(event))
        if tell is not None:
            return tell(now, event)
        return [event] if isinstance(event, AS_RECORDED) else []

    def held(self, own: InstrumentId, venue_ms: int) -> Decimal:
        """What the recorded daemon's account held; zero before it is known."""
        known, moved = self._known.get(own), self._sums.moved.get(own)
        if known is None:
            return ZERO
        return known.unmoved + moved.until(venue_ms) if moved else known.unmoved

    def withdrawals(self, ask: ReadWithdrawals, asked_ms: int) -> WithdrawalsRead:
        """What the venue's records told at about that time; of a wish that nobody recorded: what
        was last read before.
        """
        own = [each for each in self.past.withdrawals if each.venue == ask.venue]
        soon = (each for each in own if 0 <= each.requested_ms - asked_ms <= ANSWER_MS)
        before = (each for each in reversed(own) if each.requested_ms < asked_ms)
        found = next(soon, None) or next(before, None)
        return WithdrawalsRead(ask.venue, asked_ms, found.withdrawals if found else ())

    def _wallet(self, _now: int, event: BalanceSeen) -> list[Told]:
        balance = event.balance
        return [replace(event, balance=self._balance(balance, balance.venue_ms))]

    def _balance(self, balance: Balance, as_of_ms: int) -> Balance:
        """A wallet as it would be had our orders never been sent."""
        booked = self._sums.booked.get((balance.wallet, balance.asset))
        done = booked.until(as_of_ms) if booked else ZERO
        balance = replace(balance, total=balance.total - done)
        read = self.read[balance.wallet.partition(":")[0]]
        before = read.balances.get((balance.wallet, balance.asset))
        if before is None or balance.venue_ms >= before.venue_ms:
            read.balances[balance.wallet, balance.asset] = balance
        return balance

    def _position(self, _now: int, event: PositionSeen) -> list[Told]:
        own = event.position.instrument
        if own in self.own:
            return []
        self.read[_venue(own)].positions[own] = event.position
        return [event]

    def _mode(self, _now: int, event: ModeSeen) -> list[Told]:
        self.read[event.venue].modes[event.name, event.instrument] = event
        return [event]

    def _unread(self, _now: int, event: SnapshotFailed) -> list[Told]:
        self.read[event.venue].failing = event.reason
        return []

    def _funded(self, _now: int, event: FundingSeen) -> list[Told]:
        venue = event.wallet.partition(":")[0]
        own = [event.instrument] if event.instrument else self._known
        there = (each for each in own if each in self._known and _venue(each) == venue)
        held = {each: self.held(each, event.venue_ms) for each in there}
        return [Funded(event, held)] if held else []

    def _fills(self, fills: Iterable[Fill]) -> list[Told]:
        """Executions of others, each once, however often it is listed."""
        told: list[Told] = []
        for fill in fills:
            name = fill.instrument, fill.trade_id
            known = fill.instrument not in self.own or (
                fill.instrument in self._known and self.past.counts(fill)
            )
            if known and fill.cause is not Cause.OURS and name not in self._heard:
                told.append(FillSeen(fill))
            self._heard.add(name)
        return told

    def _snapshot(self, now: int, event: SnapshotTaken) -> list[Told]:
        read = self.read[event.venue]
        read.failing, read.wallets = "", event.wallets
        if event.requested_ms == self.past.begun.get(event.venue):
            read.begun = True
        read.open_orders = tuple(each for each in event.open_orders if each.order_id is None)
        for mode in event.modes:
            read.modes[mode.name, mode.instrument] = mode
        self._balances(event)
        told: list[Told] = []
        for position in event.positions:
            if position.instrument in self.own:
                told += self._evidence(position, event.requested_ms, now)
            else:
                read.positions[position.instrument] = position
        return told + self._fills(event.fills)

    def _balances(self, event: SnapshotTaken) -> None:
        """Every wallet that was read; a missing row is zero."""
        held = self.read[event.venue].balances
        named = {(row.wallet, row.asset) for row in event.balances}
        for row in event.balances:
            self._balance(row, max(row.venue_ms, event.requested_ms))
        for (wallet, asset), before in tuple(held.items()):
            if wallet in event.wallets and (wallet, asset) not in named:
                held[wallet, asset] = replace(before, total=ZERO)

    def _evidence(self, position: Position, requested_ms: int, now: int) -> list[Told]:
        """The first position, or what no fill explains of a later one.

        As for the decision, two readings must agree. While fills come and go around one it is no
        evidence: nobody knows which are in it.
        """
        own = position.instrument
        known = self._known.get(own)
        if known is None:
            if requested_ms != self.past.begun.get(_venue(own)):
                return []
            self._known[own] = Known(position.qty)
            return [Begun(position)]
        moved = self._sums.moved.get(own)
        if moved and not moved.calm(requested_ms - SKEW_MS, now + SKEW_MS):
            return []
        change = position.qty - self.held(own, requested_ms)
        if not known.proved(change, requested_ms):
            return []
        known.unmoved += change
        return [Shifted(own, change)]


def _venue(own: InstrumentId) -> str:
    return own.partition(":")[0]
