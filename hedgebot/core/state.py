"""The one state that `step` owns and mutates. Every part belongs to one room of `core`."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from hedgebot.core.books import NEVER, ZERO, AssetBook, Market, PositionBook, Transit
from hedgebot.core.learnt import Learnt
from hedgebot.core.policy import HedgePolicy
from hedgebot.core.timers import Timers
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import Channel, Scope
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent, OrderStatus, Purpose
from hedgebot.domain.records import ExposureParts, Phase, TradingState, Verdict

# -- feeds (freshness) -----------------------------------------------------------------------


@dataclass(slots=True)
class Feed:
    """One channel of one venue entry."""

    epoch: int = 0
    up: bool = False
    proof_ms: int = NEVER
    """Our clock: the last time the socket proved that an event would have come."""
    reason: str = "not connected yet"


@dataclass(slots=True)
class Ask:
    """The snapshot under way, or the last one."""

    scope: Scope | None = None
    """None: none is under way."""
    at_ms: int = NEVER
    failures: int = 0
    """In a row."""
    not_before_ms: int = NEVER
    """Our clock: after a failure nobody's wish hurries the next."""
    whole: bool = False
    """Orders and trades are wanted too: something was adopted that a trade may explain."""


@dataclass(slots=True)
class VenueState:
    """What is known of one venue entry's account by REST."""

    feeds: dict[Channel, Feed]
    synced: bool = False
    """A FULL snapshot of the account channel's present epoch was folded."""
    first_ms: int = NEVER
    """Our clock, when the first snapshot was folded."""
    again_ms: int = NEVER
    """Our clock: a reading from before then does not count."""
    ask: Ask = field(default_factory=Ask)
    read_ms: int = NEVER
    """Our clock at the request of the last snapshot that was folded."""
    wanted_ms: int = NEVER
    """When the next snapshot should be asked for."""


# -- orders ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Execution:
    """What an order has done so far."""

    qty: Decimal = ZERO
    """Sum of its fills, own unit."""
    value: Decimal = ZERO
    """Sum of quantity x price, quote; of inverse instruments of dollars / price, coins."""
    fees: dict[str, Decimal] = field(default_factory=dict)
    """Paid is positive, by asset."""


@dataclass(slots=True)
class Search:
    """Look-ups of an order whose state is not known for certain."""

    valid_until_ms: int = 0
    """Our clock: until then the request may still arrive."""
    absent: int = 0
    """Look-ups that count and said *no such order*."""
    under_way: bool = False
    attempts: int = 0
    asked_ms: int = NEVER


@dataclass(slots=True)
class Reported:
    """What the venue says of an order."""

    filled: Decimal = ZERO
    """Cumulative; only grows."""
    end: OrderStatus | None = None
    """How it ended; the order is closed once its fills add up to `filled`."""
    venue_order_id: str = ""
    detail: str = ""
    said_ms: int = 0
    """The venue's time of its last word."""


@dataclass(slots=True)
class Order:
    """One order of ours that is not closed."""

    intent: OrderIntent
    phase: Phase
    since_ms: int
    """Our clock, when it came into this phase."""
    execution: Execution = field(default_factory=Execution)
    reported: Reported = field(default_factory=Reported)
    search: Search = field(default_factory=Search)


# -- control, limits -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hold:
    """Why trading is restricted, by whom, until when."""

    state: TradingState
    by: str
    reason: str
    since_ms: int
    expires_ms: int | None = None


@dataclass(slots=True)
class Control:
    """Trading states. A scope is an asset, or "" for the book; the strictest hold counts."""

    operator: dict[str, Hold] = field(default_factory=dict)
    """By scope: durable, set by commands."""
    faults: dict[str, Hold] = field(default_factory=dict)
    """By fault key: modes changed, journal failing; each leaves by itself."""
    journal_ok: bool = True
    stopping: bool = False
    looped: bool = False
    """The start found the same error at the end of the last three: said by the first step."""
    notices: list[str] = field(default_factory=list)
    """What else the start found that a person must know."""


@dataclass(slots=True)
class Window:
    """A limit's present window."""

    start_ms: int
    value: Decimal


# -- hedges ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Outlook:
    """One asset's exposure, as last computed; floats for the decision, parts for the ledger."""

    parts: ExposureParts = field(default_factory=ExposureParts)
    pending_low: Decimal = ZERO
    pending_high: Decimal = ZERO
    gross: float = 0.0
    hedge: float = 0.0
    low: float = 0.0
    """pending_low as float."""
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Room:
    """What the margin of an instrument carries, as its refusals and fills have shown (`margin`)."""

    refused: int
    """So many lots more do not fit; 0: nothing is known, and what is tried grows."""
    lots: int
    """The most to try next."""
    refused_ms: int
    """Our clock, when the order that was refused last was decided."""
    changed_ms: int = NEVER
    """Our clock, when a wallet or a position of that venue last changed, not by our own fill."""


class Filtered(NamedTuple):
    """A filter said no to that many lots: again once they, or a balance, changed."""

    lots: int
    """Signed."""
    until_ms: int
    """Our clock."""


@dataclass(slots=True)
class Pace:
    """What holds a hedge back though it is out of band."""

    not_before_ms: int = NEVER
    """After refusals and thin fills."""
    cooldown_until_ms: int = NEVER
    """After coming back into the band; does not hold up a flatten."""
    refusals: int = 0
    """In a row."""
    thin: int = 0
    """IOCs in a row that filled under 10 %."""
    barred: dict[InstrumentId, Room | Filtered] = field(default_factory=dict)
    """What refusals said no to, for now."""
    traded: bool = False
    """An order of ours filled since the band was left: back in band starts the cool-down."""
    reason: str = ""


@dataclass(slots=True)
class Said:
    """The last decision that was logged, so that a steady one is not."""

    verdict: Verdict | None = None
    reason: str = ""
    waiting_ms: int | None = None
    """Our clock, since when another verdict waits to be said."""


@dataclass(frozen=True, slots=True)
class Filled:
    """An order of ours that filled well."""

    at_ms: int = NEVER
    """Our clock."""
    purpose: Purpose | None = None
    price: float = 0.0
    """Of a coin then, quote."""


@dataclass(slots=True)
class Hedge:
    """One hedge."""

    policy: HedgePolicy
    outlook: Outlook = field(default_factory=Outlook)
    pace: Pace = field(default_factory=Pace)
    said: Said = field(default_factory=Said)
    out_ms: int | None = None
    """Our clock, since when it is not known to be inside its band."""
    filled: Filled = field(default_factory=Filled)
    """The last that filled well: slice by slice is not unable to trade."""
    causes: list[str] = field(default_factory=list)
    """What moved the delta since it was last inside, oldest first, bounded."""


# -- the whole -------------------------------------------------------------------------------


class Foreign(NamedTuple):
    """Somebody else's open order."""

    text: str
    heard_ms: int
    """Our clock, when it was last reported."""


@dataclass(slots=True)
class Desk:
    """Orders, ids, counters."""

    epoch: int
    deployments: dict[str, int]
    """By account."""
    sequence: int = 0
    orders: dict[OrderId, Order] = field(default_factory=dict)
    """Not closed."""
    known: dict[OrderId, int] = field(default_factory=dict)
    """Every id that has a row, with the venue's last word on it: bounded, oldest first."""
    foreign: dict[tuple[InstrumentId, str], Foreign] = field(default_factory=dict)
    """Open orders that are not ours, by (instrument, venue order id)."""
    windows: dict[str, Window] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """Holdings and positions."""

    assets: dict[tuple[str, str], AssetBook] = field(default_factory=dict)
    """By (account, venue's asset)."""
    positions: dict[InstrumentId, PositionBook] = field(default_factory=dict)
    outside: dict[str, Decimal] = field(default_factory=dict)
    """By label: coins kept elsewhere, as last set."""
    transit: Transit = field(default_factory=Transit)
    watermarks: dict[InstrumentId, int] = field(default_factory=dict)
    begun_ms: int = NEVER
    """Our clock at start: for a journal without a watermark, older trades are not its own."""
    learnt: dict[str, Learnt] = field(default_factory=dict)
    """By hedged asset: what computed bands are solved for."""


@dataclass(slots=True)
class OpenAlert:
    """A condition that a person was told of and that is not over."""

    severity: Severity
    told: str
    """As it was said last."""
    text: str
    """As it is now."""
    said_ms: int
    """Our clock."""
    changes: int = 0
    """How often it was said again because it changed."""
    seen: bool = True
    """By this start; False: read from the journal."""


@dataclass(slots=True)
class Wakes:
    """Timers, open alerts, and what must be decided again."""

    timers: Timers
    asked_ms: int | None = None
    """The WakeAt given last."""
    alerts: dict[str, OpenAlert] = field(default_factory=dict)
    """By key: those that have not recovered."""
    moved: set[str] = field(default_factory=set)
    """Assets whose exposure changed since it was last computed."""
    dirty: set[str] = field(default_factory=set)
    """Assets to decide again at the end of this step."""
    stop_by_ms: int | None = None
    """Set by StopAsked."""
    stop_reason: str = ""

    def move(self, asset: str) -> None:
        """The exposure of an asset changed: compute it anew and decide."""
        self.moved.add(asset)
        self.dirty.add(asset)


@dataclass(slots=True)
class State:
    """Everything that decisions depend on, besides the policy."""

    markets: dict[InstrumentId, Market]
    venues: dict[str, VenueState]
    hedges: dict[str, Hedge]
    ledger: Ledger
    desk: Desk
    control: Control
    wakes: Wakes


def outstanding(state: State, asset: str) -> Order | None:
    """The hedge's order that is not closed (invariant 1: there is one at most)."""
    return next((o for o in state.desk.orders.values() if o.intent.asset == asset), None)


def working_on(state: State, instrument: InstrumentId) -> bool:
    """Whether an order of ours on the instrument is not closed."""
    return any(o.intent.instrument == instrument for o in state.desk.orders.values())


def hedge_of(state: State, instrument: InstrumentId) -> Hedge | None:
    """The hedge whose own instrument it is."""
    market = state.markets.get(instrument)
    return state.hedges[market.hedge] if market and market.hedge else None
