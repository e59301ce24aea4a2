"""What the journal keeps: rows that decisions write, and what is read back at start."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from hedgebot.domain.events import FundingSeen
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.ledger import Posting, SourceMark, WalletReading
from hedgebot.domain.orders import Fill, OrderId, OrderIntent

EXACT_DIGITS = 38
EXACT_PLACES = 18
"""The largest exact number that is kept, and so that anybody may give: NUMERIC(38, 18)."""


class Phase(StrEnum):
    """Where an order stands in its life; one table in `core.orders` holds every transition."""

    INTENDED = "intended"
    """Committed; written to the venue or about to be. The write itself is no event: only its
    outcome is, so a kill at any point in between reads the same at the next start."""
    WORKING = "working"
    UNKNOWN = "unknown"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why an order is over."""

    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    EXPIRED_IN_MATCH = "expired_in_match"
    NEVER_ARRIVED = "never_arrived"
    NOT_SENT = "not_sent"


class TradingState(StrEnum):
    """What orders are allowed (invariant 9)."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"
    FLATTENING = "flattening"


class Verdict(StrEnum):
    """What was decided for one hedge."""

    IN_BAND = "in_band"
    TRADE = "trade"
    WAIT = "wait"
    """Out of band, or not known to be inside, and a gate is shut; the reason names it."""
    TOO_SMALL = "too_small"
    FLAT = "flat"
    """Flattening, and no position is left: the net delta is whatever is held."""
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class IntentKept:
    """An order is about to be sent. Nothing is written to a venue before this is committed."""

    intent: OrderIntent
    dry_run: bool


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """A transition of one order."""

    order_id: OrderId
    at_ms: int
    phase: Phase
    filled_qty: Decimal
    venue_order_id: str = ""
    reason: CloseReason | None = None
    """Set when `phase` is CLOSED."""
    detail: str = ""
    """The venue's words, or the gate that stopped it."""


@dataclass(frozen=True, slots=True)
class FillKept:
    """An execution of the account, kept once by (instrument, trade_id)."""

    at_ms: int
    fill: Fill


@dataclass(frozen=True, slots=True)
class FundingKept:
    """A funding payment, kept once by (wallet, asset, venue_ms, instrument)."""

    at_ms: int
    funding: FundingSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureParts:
    """The parts of one asset's delta, coins, exact."""

    spot: Decimal = Decimal(0)
    collateral: Decimal = Decimal(0)
    linear: Decimal = Decimal(0)
    """Linear positions outside every hedge."""
    inverse: Decimal = Decimal(0)
    """Inverse positions outside every hedge."""
    outside: Decimal = Decimal(0)
    in_transit: Decimal = Decimal(0)
    hedge: Decimal = Decimal(0)
    """The hedge's own instruments."""

    @property
    def gross(self) -> Decimal:
        parts = (self.spot, self.collateral, self.linear, self.inverse, self.outside)
        return sum(parts, self.in_transit)

    @property
    def net_delta(self) -> Decimal:
        return self.gross + self.hedge


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionKept:
    """An action, or a change of verdict or reason, of one hedge: the canonical line."""

    at_ms: int
    asset: str
    verdict: Verdict
    reason: str
    text: str
    parts: ExposureParts
    pending_low: Decimal
    """Coins that pending amounts may take away: zero or negative."""
    pending_high: Decimal
    target: Decimal
    band_lower: Decimal
    """Least net delta that is inside."""
    band_upper: Decimal
    mark: float
    mark_age_ms: int
    order_id: OrderId | None = None
    instrument: InstrumentId | None = None
    lots: int = 0
    """Signed: sold is negative."""
    price: Decimal | None = None
    cost: Decimal | None = None
    """Of a finished order: fees plus slippage against the mark at the decision, quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlKept:
    """The trading state of the book (`asset` None) or of one hedge."""

    at_ms: int
    asset: str | None
    state: TradingState
    by: str
    reason: str
    expires_ms: int | None
    command_id: str = ""


@dataclass(frozen=True, slots=True)
class CounterKept:
    """A limit window's count; the row of (name, window_ms) is replaced."""

    name: str
    window_ms: int
    """Start of the window, ms UTC."""
    value: Decimal


@dataclass(frozen=True, slots=True)
class WatermarkKept:
    """Everything of the instrument up to this venue time is in the journal."""

    instrument: InstrumentId
    venue_ms: int


@dataclass(frozen=True, slots=True)
class HoldingKept:
    """`holdings set`: stands until the settings file's own value changes."""

    at_ms: int
    label: str
    qty: Decimal
    settings_qty: Decimal
    """The file's value when the command came."""
    by: str


class TransitEnd(StrEnum):
    """Why withdrawn coins are in transit no more."""

    EXPIRED = "expired"
    """Held for `transit_hold_s`: they count no more until somebody says where they are."""
    ARRIVED = "arrived"
    """They count where they are now: a holding, or a wallet of another account."""
    RETURNED = "returned"
    """The withdrawal failed, and they are back in the wallet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitKept:
    """Withdrawn coins that still count; the last row of (venue, record_id) is how they stand."""

    at_ms: int
    venue: str
    record_id: str
    coin: str
    """The venue's asset code."""
    qty: Decimal
    """Coins that will arrive: what left the wallet, less the fee."""
    debit: Decimal
    """Coins that left the wallet."""
    since_ms: int
    """Our clock: the hold counts from here."""
    outside: Decimal
    """All coins of the hedged asset kept elsewhere, as last known: what raises it is an arrival."""
    end: TransitEnd | None = None
    """None: in transit."""


@dataclass(frozen=True, slots=True)
class TransitMarkKept:
    """Withdrawals requested up to then are settled: no record of them is held any more."""

    venue: str
    coin: str
    """Empty: of every coin."""
    venue_ms: int
    """0: nothing is known, because withdrawals were not held meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntKept:
    """What a computed band rests on; the last row of an asset is what a start goes on from."""

    at_ms: int
    asset: str
    flow: tuple[float, ...]
    """`core.band_memory`."""
    price: tuple[float, ...]
    """Squared returns, days, mark and time of the last one (ms UTC)."""
    paid: tuple[float, ...]
    """Fee, slippage, half spread: fractions; what the fixed band costs, quote a day; the fee that
    the venue told last, whose word the first one is, and what the slippage rests on, quote, with
    its time (`core.remembering`)."""
    band: tuple[float, ...]
    """In force: lower, upper, coins; where trades end above and below. Empty: the fixed one is."""
    ratio: tuple[float, ...] = ()
    """Of a minimum-variance hedge."""


@dataclass(frozen=True, slots=True)
class AdoptionKept:
    """A position that no fill explains was believed (drift, adopted)."""

    at_ms: int
    instrument: InstrumentId
    qty_before: Decimal
    qty_after: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class AlertKept:
    """The last word on one alert key; kept so that a restart does not repeat it."""

    at_ms: int
    key: str
    severity: str
    text: str
    recovered: bool
    """The condition is over; also true of an alert about a moment, which has no end."""


@dataclass(frozen=True, slots=True)
class EpochKept:
    """`run --adopt` went on above an epoch that the venue knew and the journal did not."""

    at_ms: int
    epoch: int


Record: TypeAlias = (
    EpochKept
    | IntentKept
    | OrderMoved
    | FillKept
    | FundingKept
    | DecisionKept
    | ControlKept
    | CounterKept
    | WatermarkKept
    | HoldingKept
    | TransitKept
    | TransitMarkKept
    | LearntKept
    | AdoptionKept
    | AlertKept
    | Posting
    | WalletReading
    | SourceMark
)


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An intent that the journal does not show closed: at start its outcome is unknown."""

    intent: OrderIntent
    venue_order_id: str
    filled_qty: Decimal


@dataclass(frozen=True, slots=True)
class Start:
    """An earlier start of this book and how it ended; empty error while it runs or after a kill."""

    at_ms: int
    epoch: int
    error: str


@dataclass(frozen=True, slots=True)
class HoldingRise:
    """What a `holdings set` added."""

    at_ms: int
    label: str
    rise: Decimal
    """Coins; positive."""


class Opening(NamedTuple):
    """An order that does more than shrink a position, as the limits count it."""

    intent: OrderIntent
    qty: Decimal
    """Own unit: as wanted until it is over, then as filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durable:
    """What is read back at start."""

    epoch: int
    """This boot's, already committed: above every earlier one."""
    open_intents: tuple[OpenIntent, ...] = ()
    known_orders: frozenset[OrderId] = frozenset()
    """Every order id of the last eight days that has a row."""
    fills: tuple[Fill, ...] = ()
    """Fills kept since the oldest watermark less ten minutes, and all those of open intents."""
    controls: tuple[ControlKept, ...] = ()
    """The latest row for the book and for each hedge."""
    opening: tuple[Opening, ...] = ()
    """Of this UTC day."""
    watermarks: tuple[WatermarkKept, ...] = ()
    holdings: tuple[HoldingKept, ...] = ()
    rises: tuple[HoldingRise, ...] = ()
    """Of the last eight days, oldest first."""
    transits: tuple[TransitKept, ...] = ()
    """The last row of each withdrawal of the last eight days, ended ones included."""
    transit_marks: tuple[TransitMarkKept, ...] = ()
    hedged: tuple[FillKept, ...] = ()
    """The last fill of ours on each instrument."""
    learnt: tuple[LearntKept, ...] = ()
    source_marks: tuple[SourceMark, ...] = ()
    """How far the venues' listings were read into the books."""
    readings: tuple[WalletReading, ...] = ()
    """The last one of each wallet."""
    alerts: tuple[AlertKept, ...] = ()
    """Not recovered yet."""
    starts: tuple[Start, ...] = ()
    """Newest first, at most ten."""
