"""What the shell needs from the outside world. Adapters implement these; tests fake them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Action, Alert, LookUp, ReadWithdrawals, Snapshot
from hedgebot.domain.events import (
    Event,
    LookedUp,
    LookUpFailed,
    NotSent,
    NotSentReason,
    OutcomeUnknown,
    Refused,
    SnapshotFailed,
    SnapshotTaken,
    Stamped,
    Submitted,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.domain.ledger import RecordSource, SourceMark, Sweep, WalletReading
from hedgebot.domain.orders import OrderId, OrderIntent, OrderReport
from hedgebot.domain.records import Durable, Record

Emit = Callable[[Event], None]
"""Hands an event to the inbox; returns at once."""

Permit = Callable[[], NotSentReason | None]
"""Asked immediately before the write: None lets it go (invariant 2b)."""

SubmitOutcome = Submitted | Refused | NotSent | OutcomeUnknown


class Clock(Protocol):
    """The one clock: wall time that never steps back."""

    def now_ms(self) -> int:
        """UTC, ms, non-decreasing."""
        ...

    def monotonic_ns(self) -> int:
        """For latencies and deadlines; unrelated to the date."""
        ...


class Standing(StrEnum):
    """Result of one row of `check`."""

    OK = "ok"
    WARNING = "warning"
    """It works, and should be otherwise."""
    UNKNOWN = "unknown"
    """It could not be found out: a person judges."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of `check`."""

    venue: str
    name: str
    standing: Standing
    found: str
    mend: str = ""
    """What to do about it; empty when OK."""


class Venue(Protocol):
    """One venue entry of the settings. Translates and performs; decides nothing.

    Every method ends within its own deadline. None retries a send.
    """

    name: str
    account: str

    async def prepare(self) -> tuple[Instrument, ...]:
        """Load markets and the clock offset; the instruments that the settings name.

        Raises:
            VenueError: the venue cannot be read.
            Unsupported: a market or multiplier symbol is refused by name.
        """
        ...

    async def run(self, emit: Emit) -> None:
        """Stream until cancelled: redials, resubscribes and renews keys by itself.

        Emits FeedBack and FeedLost for each channel, FeedAlive at least every 3 s while the
        socket lives, and the events of the streams.
        """
        ...

    async def submit(self, intent: OrderIntent, permit: Permit) -> SubmitOutcome:
        """Send once. Takes budget, then asks `permit`, then writes."""
        ...

    async def cancel(self, order_id: OrderId, instrument: InstrumentId) -> OrderReport | None:
        """Cancel by client id; None where the answer does not tell the order's state."""
        ...

    async def look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        """Ask by client id, and list the account's trades of that instrument."""
        ...

    async def snapshot(self, request: Snapshot) -> SnapshotTaken | SnapshotFailed:
        """Read by REST what the scope names."""
        ...

    async def withdrawals(self, request: ReadWithdrawals) -> WithdrawalsRead | WithdrawalsUnread:
        """Read the records of withdrawals from the entry's own wallet."""
        ...

    async def check(self) -> tuple[Finding, ...]:
        """The rows of `hedgebot check` for this entry; changes nothing at the venue."""
        ...

    async def close(self) -> None:
        """Release sockets; bounded."""
        ...


@runtime_checkable
class Statements(Protocol):
    """The books of one venue entry: what its wallet holds, and the venue's records of why.

    Nothing is decided by it. A reading is slow, and goes last in the venue's budget.
    """

    name: str

    async def sweep(
        self, marks: Mapping[RecordSource, SourceMark], last: WalletReading | None
    ) -> Sweep:
        """Read the wallet, then each listing from its mark on.

        Args:
            marks: how far each listing was read; one without a mark begins now.
            last: the reading before this one: its coins are asked for too.

        Raises:
            VenueError: the wallet cannot be read. A listing that cannot is told in its mark.
        """
        ...


class Journal(Protocol):
    """The book's memory. One writer; a batch is all or nothing."""

    async def commit(self, batch: Sequence[Record]) -> None:
        """Make the rows durable.

        Raises:
            JournalError: nothing of the batch was kept.
        """
        ...

    async def load(self) -> Durable:
        """Take the next epoch, commit it with fsync, and read back what is durable.

        Raises:
            JournalError, JournalCorrupt: see `errors`.
        """
        ...

    async def close(self, error: str = "") -> None:
        """Note how this start ended, checkpoint, release the lock."""
        ...


class Heart(Protocol):
    """Tells a service elsewhere that all is well; its silence calls a person."""

    def beat(self) -> None:
        """Say so once. Never blocks the loop, never raises."""
        ...


class Notifier(Protocol):
    """Tells people. Never blocks the loop, never raises."""

    def send(self, alert: Alert) -> None:
        """Queue an alert for delivery; a full queue drops the least severe and counts it."""
        ...

    async def close(self, timeout_s: float) -> None:
        """Deliver what can be delivered in that time."""
        ...


class Recorder(Protocol):
    """Keeps what the decision was told and what it asked for, exactly, for a replay.

    Never slows the decision, never raises, and never keeps a daemon from running: what it cannot
    write is lost.
    """

    def begin(self, state: State, policy: Policy) -> None:
        """Record from now on. Both are what decisions are made by: they are read again later."""
        ...

    def taken_up(self, stamped: Stamped) -> None:
        """An event is about to be folded; returns at once."""
        ...

    def decided(self, actions: Sequence[Action]) -> None:
        """What the decision asked for; not called where it raised. Returns at once."""
        ...

    async def run(self) -> None:
        """Write until cancelled."""
        ...

    async def close(self) -> None:
        """Write the rest; bounded."""
        ...
