"""Everything the decision can ask for: a closed union of frozen values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from hedgebot.domain.events import Scope
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent
from hedgebot.domain.records import Record


class Severity(StrEnum):
    """How soon a person should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Approved:
    """An order that the risk review let through. Only `core.risk` makes one (a test sees to it)."""

    intent: OrderIntent


@dataclass(frozen=True, slots=True)
class Place:
    """Commit the intent, then send it once, before `send_before_ms`."""

    order: Approved


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Do not send this intent if it has not been written yet."""

    order_id: OrderId


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel an order of ours that is working."""

    order_id: OrderId
    instrument: InstrumentId


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the venue about an order by its client id, and for the account's trades."""

    order_id: OrderId
    instrument: InstrumentId
    since_ms: int
    """Trades from this venue time on."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Read a venue entry by REST."""

    venue: str
    scope: Scope
    epoch: int
    since: tuple[tuple[InstrumentId, int], ...] = ()
    """For FULL: list each instrument's orders and trades from this venue time on."""


@dataclass(frozen=True, slots=True)
class ReadWithdrawals:
    """Read a venue entry's withdrawal records, of every coin."""

    venue: str
    since_ms: int
    """Those requested from this venue time on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveBand:
    """Find the band that costs least. It takes tens of milliseconds: beside the decision."""

    asset: str
    asked_ms: int
    """Our clock; names the question in its answer."""
    memory: tuple[float, ...]
    """What was learnt (`core.band_memory`)."""
    least: float
    """The narrowest width of a side, coins."""
    fixed: tuple[float, float, float]
    """Widths below and above, coins, and where a trade ends: the band to compare with."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell people. `key` names the condition: the same key is one alert until it recovers."""

    severity: Severity
    key: str
    text: str
    """One line a treasurer understands: what, why, what it cost, the state after."""
    recovered: bool = False
    """The condition is over; the severity is the one that it had."""
    at_ms: int = 0
    """Our clock, when it was decided."""


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Deliver a Tick then. The shell keeps only the latest request."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Write a row to the journal; all rows of one step are one commit, made before its sends."""

    record: Record


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a command, once its rows are journaled."""

    command_id: str
    accepted: bool
    text: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the process in good order. 0 after StopAsked, otherwise the reason is an error."""

    reason: str
    exit_code: int = 0


Action: TypeAlias = (
    Place
    | Withdraw
    | Cancel
    | LookUp
    | Snapshot
    | ReadWithdrawals
    | SolveBand
    | Alert
    | WakeAt
    | Keep
    | Answer
    | Stop
)
