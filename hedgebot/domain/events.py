"""Everything the decision can be told: a closed union of frozen values.

Venue times (`venue_ms`) are data. The only clock is `Stamped.now`, which the deciding task
sets when it takes the event up.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from hedgebot.domain.fees import FeeSeen, FeeUnread
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.domain.orders import Fill, OrderId, OrderReport, Refusal
from hedgebot.domain.withdrawals import Withdrawal


class Channel(StrEnum):
    """One supervised socket of a venue entry."""

    MARK = "mark"
    TOUCH = "touch"
    ACCOUNT = "account"


class Scope(StrEnum):
    """What a snapshot reads. FULL adds orders and trades since the watermark, and the modes."""

    FULL = "full"
    AUDIT = "audit"
    """Balances, positions and open orders: the slow sweep, and the proof a drift asks for."""


class ModeName(StrEnum):
    """Account settings that must not change under us."""

    POSITION_MODE = "position_mode"
    """`one-way` or `hedge`."""
    ASSETS_MODE = "assets_mode"
    """`single` or `multi`."""
    MARGIN_MODE = "margin_mode"
    """`cross` or `isolated`, per instrument."""
    LEVERAGE = "leverage"
    """A whole number, per instrument."""


class CommandKind(StrEnum):
    """What a person may ask of a running daemon."""

    PAUSE = "pause"
    RESUME = "resume"
    REDUCE_ONLY = "reduce-only"
    FLATTEN = "flatten"
    HOLDINGS_SET = "holdings-set"


class NotSentReason(StrEnum):
    """Why an approved order was not written to the venue."""

    LATE = "late"
    WITHDRAWN = "withdrawn"
    BUDGET = "budget"
    """The venue's own request or order limit has no room before the approval expires."""
    JOURNAL = "journal"
    """The intent could not be committed."""
    OFFLINE = "offline"
    """The connection was refused before a byte was written."""
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class MarkSeen:
    """The venue's fair value of an instrument, quote per base."""

    instrument: InstrumentId
    mark: float
    index: float
    """Spot composite; 0.0 where the venue sends none."""
    venue_ms: int
    funding_rate: float = 0.0
    """Per interval, signed."""
    funding_next_ms: int = 0


@dataclass(frozen=True, slots=True)
class TouchSeen:
    """Best bid and ask, quote per base, with the quantities shown there in the own unit."""

    instrument: InstrumentId
    bid: float
    bid_qty: float
    ask: float
    ask_qty: float
    venue_ms: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What one wallet holds of one asset: free + locked, without unrealised profit; coins."""

    wallet: WalletId
    asset: str
    total: Decimal
    venue_ms: int


@dataclass(frozen=True, slots=True)
class BalanceSeen:
    """A wallet's new total. `reason` is the venue's word for it, for people."""

    balance: Balance
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FundingSeen:
    """A funding payment. Received is positive, in `asset`; the wallet shows it already."""

    wallet: WalletId
    asset: str
    payment: Decimal
    venue_ms: int
    instrument: InstrumentId | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """The venue's position of one instrument: signed, own unit."""

    instrument: InstrumentId
    qty: Decimal
    entry_price: Decimal
    venue_ms: int
    """When the venue last changed it."""


@dataclass(frozen=True, slots=True)
class PositionSeen:
    """The account stream says that a position changed."""

    position: Position


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """The account stream, or an answer to a cancel, reports an order."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class FillSeen:
    """An execution of the account."""

    fill: Fill


@dataclass(frozen=True, slots=True)
class ModeSeen:
    """An account setting, as the venue has it now. `instrument` is None for account-wide ones."""

    venue: str
    name: ModeName
    value: str
    instrument: InstrumentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken:
    """What REST said. Parts that the scope does not read are empty."""

    venue: str
    scope: Scope
    epoch: int
    """The account channel's epoch when it was requested."""
    requested_ms: int
    """Our clock, before the first request was written."""
    wallets: tuple[WalletId, ...]
    """Wallets that were read; an asset missing from `balances` is zero there."""
    balances: tuple[Balance, ...]
    positions: tuple[Position, ...]
    """One for each instrument asked for, flat ones included."""
    open_orders: tuple[OrderReport, ...]
    orders: tuple[OrderReport, ...] = ()
    """Since the watermark, oldest first."""
    fills: tuple[Fill, ...] = ()
    """Since the watermark, oldest first."""
    modes: tuple[ModeSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotFailed:
    """REST did not answer in time, or answered with an error."""

    venue: str
    scope: Scope
    reason: str


@dataclass(frozen=True, slots=True)
class FeedBack:
    """A channel is subscribed. Epochs of one channel only grow."""

    venue: str
    channel: Channel
    epoch: int


@dataclass(frozen=True, slots=True)
class FeedLost:
    """A channel is gone, or may have missed events."""

    venue: str
    channel: Channel
    epoch: int
    reason: str


@dataclass(frozen=True, slots=True)
class FeedAlive:
    """Traffic, or a pong, on the socket of that epoch: proof that an event would have come."""

    venue: str
    channel: Channel
    epoch: int


@dataclass(frozen=True, slots=True)
class Submitted:
    """The venue answered an order with its state."""

    order_id: OrderId
    report: OrderReport


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue named a reason for not taking the order: nothing is working."""

    order_id: OrderId
    refusal: Refusal
    code: str
    message: str
    retry_after_ms: int = 0
    """The venue's own Retry-After, 0 where it named none."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing was written to the venue: the intent closes as `not_sent`."""

    order_id: OrderId
    reason: NotSentReason


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """Silence, reset, unreadable body, -1006, -1007, an unclassified 5xx."""

    order_id: OrderId
    reason: str
    valid_until_ms: int
    """Our clock: the venue would refuse the request from then on (timestamp + receive window)."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A look-up by client order id and by the account's trades was answered."""

    order_id: OrderId
    report: OrderReport | None
    """None: the venue says that it knows no such order."""
    fills: tuple[Fill, ...]
    requested_ms: int
    """Our clock, before the request was written."""


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    """The look-up itself had no answer, or an error."""

    order_id: OrderId
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawalsRead:
    """The venue's withdrawal records, of every coin."""

    venue: str
    requested_ms: int
    """Our clock, before the request was written."""
    withdrawals: tuple[Withdrawal, ...]


@dataclass(frozen=True, slots=True)
class WithdrawalsUnread:
    """The records could not be read."""

    venue: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BandSolved:
    """The answer to `SolveBand`."""

    asset: str
    asked_ms: int
    memory: tuple[float, ...]
    """As asked with; the band and what it costs are in it now."""
    fixed_cost: float
    """Of the band to compare with, quote a day."""
    trouble: str = ""
    """Why no band was found; empty: it was."""


@dataclass(frozen=True, slots=True)
class JournalFailed:
    """The journal is full, locked or corrupt; nothing that needs it may be sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class JournalBack:
    """The journal accepts commits again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A person's wish. `asset` None means the whole book."""

    command_id: str
    kind: CommandKind
    asset: str | None = None
    by: str
    reason: str = ""
    expires_ms: int | None = None
    """When the state it sets ends by itself; None: not before `resume`."""
    label: str = ""
    qty: Decimal | None = None
    """For HOLDINGS_SET: the coins now kept under `label`."""


@dataclass(frozen=True, slots=True)
class StopAsked:
    """SIGTERM or SIGINT: no new risk, cancel ours, then end."""

    reason: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A wake-up that `step` asked for."""


Event: TypeAlias = (
    MarkSeen
    | TouchSeen
    | BalanceSeen
    | FundingSeen
    | PositionSeen
    | OrderSeen
    | FillSeen
    | ModeSeen
    | FeeSeen
    | FeeUnread
    | SnapshotTaken
    | SnapshotFailed
    | FeedBack
    | FeedLost
    | FeedAlive
    | Submitted
    | Refused
    | NotSent
    | OutcomeUnknown
    | LookedUp
    | LookUpFailed
    | WithdrawalsRead
    | WithdrawalsUnread
    | BandSolved
    | JournalFailed
    | JournalBack
    | Command
    | StopAsked
    | Tick
)


class Stamped(NamedTuple):
    """An event with the time at which it was taken up: ms UTC, non-decreasing."""

    now: int
    event: Event
