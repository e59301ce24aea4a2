"""A recording read once before it is played: what our own orders did to the account.

Files that follow each other without a gap are one stretch: the state that the first leaves is, byte
for byte, the state that the next begins with. Whatever else follows begins a stretch of its own.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from statistics import median
from typing import NamedTuple

from hedgebot.adapters.logs import Redactor
from hedgebot.adapters.recorder import NOTHING, Recording, RecordingError, actions_line
from hedgebot.adapters.recorder.folding import fold
from hedgebot.adapters.recorder.layout import First, line_hash, state_line
from hedgebot.adapters.recorder.masking import masked
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Action, Keep, Place
from hedgebot.domain.events import (
    FundingSeen,
    MarkSeen,
    Scope,
    SnapshotTaken,
    Stamped,
    Submitted,
    TouchSeen,
    WithdrawalsRead,
)
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.domain.orders import Cause, Fill, OrderId
from hedgebot.domain.records import FillKept, FundingKept

ZERO = Decimal(0)
Source = Callable[[], AbstractContextManager[Recording]]
"""Opens one file; raises RecordingError."""


Change = tuple[int, Decimal]
"""When, by the venue's clock, and by how much."""


class Sums:
    """Changes by the venue's time, and what they come to up to any moment."""

    def __init__(self, changes: Iterable[Change]) -> None:
        ordered = sorted(changes, key=lambda each: each[0])
        self._times = [at_ms for at_ms, _ in ordered]
        self._sums = [ZERO, *accumulate(change for _, change in ordered)]

    def until(self, venue_ms: int) -> Decimal:
        """Everything up to then, that moment included."""
        return self._sums[bisect_right(self._times, venue_ms)]

    def calm(self, from_ms: int, to_ms: int) -> bool:
        """Whether nothing changes in between."""
        return bisect_right(self._times, from_ms) == bisect_right(self._times, to_ms)


@dataclass(slots=True)
class Past:
    """What is known of a stretch once it was read."""

    fills: list[Fill] = field(default_factory=list)
    """Every execution since the account was first read, each once."""
    payments: list[FundingSeen] = field(default_factory=list)
    withdrawals: list[WithdrawalsRead] = field(default_factory=list)
    begun: dict[str, int] = field(default_factory=dict)
    """By venue entry: our clock, when its account was first asked for. By instrument: the venue's,
    up to which its first position has all fills.
    """
    priced: set[tuple[type, InstrumentId]] = field(default_factory=set)
    """Marks and touches that were heard."""
    placed: dict[OrderId, int] = field(default_factory=dict)
    """When each order that was not answered yet was decided."""
    waits_ms: list[int] = field(default_factory=list)
    """From the decision to the venue's answer, of each order."""

    def note(self, stamped: Stamped, actions: Iterable[Action], *, calm: bool) -> None:
        """Take up one event and what it led to.

        Args:
            stamped: the event.
            actions: what was decided.
            calm: whether no order is out.
        """
        match stamped.event:
            case MarkSeen() | TouchSeen() as event:
                self.priced.add((type(event), event.instrument))
            case SnapshotTaken() as event if event.venue not in self.begun:
                if calm or event.scope is Scope.FULL or all(p.venue_ms for p in event.positions):
                    self._begin(event)
            case WithdrawalsRead() as event:
                self.withdrawals.append(event)
            case Submitted(order_id=order_id) if order_id in self.placed:
                self.waits_ms.append(stamped.now - self.placed.pop(order_id))
            case _:
                pass
        for action in actions:
            self._note_action(action)

    def _begin(self, event: SnapshotTaken) -> None:
        """A position's date tells which fills are in it; without one all are that are listed."""
        self.begun[event.venue] = event.requested_ms
        listed = max((fill.venue_ms for fill in event.fills), default=0)
        for row in event.positions:
            self.begun[row.instrument] = row.venue_ms or listed

    def counts(self, fill: Fill) -> bool:
        """Whether an execution came after the first position of its instrument."""
        begun_ms = self.begun.get(fill.instrument)
        return begun_ms is not None and fill.venue_ms > begun_ms

    def _note_action(self, action: Action) -> None:
        match action:
            case Place(order=approved):
                self.placed[approved.intent.order_id] = approved.intent.decided_ms
            case Keep(record=FillKept(fill=fill)):
                if self.counts(fill):
                    self.fills.append(fill)
            case Keep(record=FundingKept(funding=paid)):
                if paid.wallet.partition(":")[0] in self.begun:
                    self.payments.append(paid)
            case _:
                pass

    def ours(self) -> Iterator[Fill]:
        """Executions of the recorded daemon's orders."""
        return (fill for fill in self.fills if fill.cause is Cause.OURS)

    def latency_ms(self, otherwise: int) -> int:
        """How long an order took, decision to answer: the median."""
        return max(round(median(self.waits_ms)), 1) if self.waits_ms else otherwise

    def fee(self, instrument: InstrumentId, settle: str) -> Decimal | None:
        """Of the notional, as our fills paid it: the median; None: none in that coin did."""
        rates = [
            fill.fee / (fill.qty * fill.price)
            for fill in self.ours()
            if fill.instrument == instrument and fill.fee_asset == settle and fill.fee
        ]
        return round(median(rates), 7) if rates else None

    def sums(self) -> "Taken":
        """What is taken out of the recorded account."""
        moved: dict[InstrumentId, list[Change]] = defaultdict(list)
        booked: dict[tuple[WalletId, str], list[Change]] = defaultdict(list)
        for fill in self.fills:
            moved[fill.instrument].append((fill.venue_ms, fill.qty * fill.side.value))
        for fill in self.ours():
            for leg in fill.legs:
                booked[leg.wallet, leg.asset].append((fill.venue_ms, leg.change))
        for paid in self.payments:
            booked[paid.wallet, paid.asset].append((paid.venue_ms, paid.payment))
        return Taken(
            {own: Sums(changes) for own, changes in moved.items()},
            {where: Sums(changes) for where, changes in booked.items()},
        )


class Taken(NamedTuple):
    """Changes of the recorded account since it was first read."""

    moved: dict[InstrumentId, Sums]
    """Every execution, ours or not; signed."""
    booked: dict[tuple[WalletId, str], Sums]
    """What our orders and the funding of positions did to wallets."""


@dataclass(slots=True)
class Stretch:
    """Files without a gap between them."""

    first: First
    policy: Policy
    """Of the daemon that was recorded."""
    files: list[Source] = field(default_factory=list)
    past: Past = field(default_factory=Past)
    events: int = 0
    other: int = 0
    """Of its events, those that this code decides otherwise than the recorded one did."""
    ends_ms: int = 0
    """Of the last event."""


def stretches(sources: Iterable[Source]) -> list[Stretch]:
    """Read every file once, in order.

    Raises:
        RecordingError: one cannot be read, is damaged, or is of another book.
    """
    found: list[Stretch] = []
    left: State | None = None
    for source in sources:
        with source() as recording:
            if found and found[0].first.book != recording.first.book:
                books = f"{found[0].first.book} and {recording.first.book}"
                raise RecordingError(f"these are recordings of two books: {books}")
            if left is None or not _continues(found[-1].first, left, recording.first):
                found.append(Stretch(recording.first, recording.policy))
            left = recording.state
            found[-1].files.append(source)
            _read(found[-1], recording)
    return found


def _continues(before: First, left: State, after: First) -> bool:
    (line,) = masked([state_line(left)], Redactor())
    return before.epoch == after.epoch and line_hash(line) == after.state_hash


def _read(stretch: Stretch, recording: Recording) -> None:
    mask = Redactor()
    for found in recording.events():
        actions, error = fold(recording.state, found.stamped, stretch.policy)
        (line,) = masked([NOTHING if error else actions_line(actions)], mask)
        stretch.other += line != found.actions
        stretch.events += 1
        stretch.ends_ms = found.stamped.now
        calm = not recording.state.desk.orders
        stretch.past.note(found.stamped, actions, calm=calm)
    if recording.lines.damaged:
        number = recording.lines.number
        raise RecordingError(f"a recording ends after line {number}: {recording.lines.cut}")
