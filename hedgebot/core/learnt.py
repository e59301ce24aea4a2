"""What was learnt for a computed band: how the delta moves, how the price does, what trading costs;
and for a minimum-variance ratio: how index and mark move together.

Part of the state. `learning` and `ratios` write it, `computed` asks for a band by it.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hedgebot.core.books import NEVER, ZERO
from hedgebot.core.min_variance import NOTHING, Moments

FEE = 0.0005
"""Of what is traded, until it is known: a taker of Binance's lowest tier."""


class Whence(StrEnum):
    """Whose word the fee in force is, where the settings name none."""

    ASSUMED = "assumed"
    FILLS = "fills"
    VENUE = "venue"


@dataclass(slots=True)
class Price:
    """How much the price moves: squared logarithmic returns over the days they took, fading."""

    squares: float
    days: float
    mark: float = 0.0
    """At the end of the last return; 0.0: none yet."""
    at_ms: int = NEVER


@dataclass(slots=True)
class Paid:
    """What a trade costs, fractions of its value."""

    fee: float
    slippage: float
    """Beyond the touch, of all that was traded: a large order counts for more than a small one."""
    half_spread: float = 0.0
    at_ms: int = NEVER
    """Our clock, when the spread was looked at last."""
    mid: float = 0.0
    """Middle of the touch when our last order was decided."""
    traded: float = 0.0
    """What the slippage rests on, quote, fading."""
    traded_ms: int = NEVER
    """Our clock then."""


@dataclass(slots=True)
class Tier:
    """What the venue says of the fee (`fees`)."""

    told: float | None = None
    """As it was read last; None: it never was."""
    whence: Whence = Whence.ASSUMED


@dataclass(slots=True)
class Untouched:
    """The deviation as it would be had we never traded."""

    noted: Decimal | None = None
    """At the last note, less `ours`; None: not looked at yet."""
    ours: Decimal = ZERO
    """Coins by which our own orders have moved it."""
    looked_ms: int = NEVER
    """Our clock, when all of it was known last."""
    seen_ms: int = 0
    """Time since the last note."""


@dataclass(slots=True)
class Solving:
    """The question under way, and how the last answer was taken."""

    asked_ms: int | None = None
    """None: nothing is asked."""
    fixed_cost: float = 0.0
    """Of the hedge's own fixed band, quote a day."""
    kept_ms: int = NEVER
    """Our clock, when the journal was last given what is known."""
    in_force: bool = False
    """Whether the computed band is traded."""


@dataclass(slots=True)
class Variance:
    """How index and mark move together."""

    moments: Moments = NOTHING
    index: float = 0.0
    """At the end of the last hour."""
    mark: float = 0.0
    at_ms: int = NEVER
    """Our clock then."""
    set_ms: int = NEVER
    """Our clock, when the ratio in force was last considered."""


@dataclass(slots=True)
class Learnt:
    """One hedge."""

    price: Price
    paid: Paid
    flow: list[float] = field(default_factory=list)
    """`core.band_memory`; empty until the first look."""
    untouched: Untouched = field(default_factory=Untouched)
    solving: Solving = field(default_factory=Solving)
    variance: Variance = field(default_factory=Variance)
    tier: Tier = field(default_factory=Tier)
