"""What is known of each market, wallet and position: the parts of the state that facts fill."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from hedgebot.domain.events import Balance, TouchSeen, WithdrawalsRead
from hedgebot.domain.instruments import Instrument, Kind, WalletId
from hedgebot.domain.records import TransitKept

NEVER = -(2**62)
"""A time before every other."""
ZERO = Decimal(0)


class Steps(NamedTuple):
    """An instrument's steps and minimums as floats: what the decision functions take."""

    inverse: bool
    lot: float
    """Own unit."""
    coins_per_unit: float
    tick: float
    lots_min: int
    lots_max: int
    notional_min: float
    price_floor: float
    """Multiple of the mark; 0 where the venue has no bound."""
    price_ceiling: float

    def lot_coins(self, mark: float) -> float:
        """Coins of delta in one lot traded at the mark."""
        return self.lot / mark if self.inverse else self.lot * self.coins_per_unit

    def coin_price(self, mark: float) -> float:
        """Of one coin, quote: a unit may be many coins."""
        return mark if self.inverse else mark / self.coins_per_unit

    def lot_value(self, price: float) -> float:
        """Quote value of one lot."""
        return self.lot if self.inverse else self.lot * price


def steps(instrument: Instrument) -> Steps:
    """Convert once; the ledger keeps the exact ones."""
    return Steps(
        inverse=instrument.kind is Kind.INVERSE,
        lot=float(instrument.lot),
        coins_per_unit=float(instrument.coins_per_unit),
        tick=float(instrument.tick),
        lots_min=instrument.lots_min,
        lots_max=instrument.lots_max,
        notional_min=float(instrument.notional_min),
        price_floor=float(instrument.price_down_min or 0),
        price_ceiling=float(instrument.price_up_max or "inf"),
    )


@dataclass(slots=True)
class HeldMark:
    """What is needed to doubt a mark: a jump waits for two more that agree, a frozen one shows."""

    jump: float = 0.0
    jump_count: int = 0
    changed_ms: int = NEVER
    """Our clock, when the mark last took another value."""
    mid_then: float = 0.0
    """Middle of the touch at that time."""
    index: float = 0.0


@dataclass(slots=True)
class Market:
    """One instrument's prices, as far as they were believed."""

    instrument: Instrument
    mark: float = 0.0
    """0.0 until a believable one came."""
    mark_ms: int = NEVER
    """Our clock, at the last believable mark event."""
    touch: TouchSeen | None = None
    held: HeldMark = field(default_factory=HeldMark)
    hedge: str = ""
    """Asset of the hedge whose own instrument this is; empty: of none."""
    steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        self.steps = steps(self.instrument)


@dataclass(frozen=True, slots=True)
class Pending:
    """A change of a wallet that waits for its explanation, or a fill that waits for its balance."""

    wallet: WalletId
    amount: Decimal
    since_ms: int
    """Our clock."""
    venue_ms: int
    from_fill: bool
    merged: bool = False
    """Found by a re-read: it may be several changes, of opposite signs."""
    searched_ms: int | None = None
    """Our clock, since when the venue's record of it is looked for."""


class Late(NamedTuple):
    """A total that the venue dates before its last word: it is the newer one if its clock went
    back.
    """

    total: Decimal
    heard_ms: int
    """Our clock."""


@dataclass(slots=True)
class OtherWords:
    """What the venue said of a wallet besides its last word."""

    past: dict[Decimal, int] = field(default_factory=dict)
    """Totals before this one, and until when each was: our clock. The newest last."""
    late: Late | None = None
    """Until the wallet is re-read it holds this or what was said last."""
    before_ms: int = 0
    """The venue's time of the total before this one."""


@dataclass(slots=True)
class WalletTotal:
    """One wallet's total of one asset."""

    confirmed: Decimal
    """Tradable: what decisions count."""
    said: Decimal
    """The venue's last word."""
    said_venue_ms: int
    said_ms: int
    """Our clock, when it was said by the stream or by a believed snapshot."""
    read_ms: int
    """Our clock, when the last believed re-read was asked for."""
    back_ms: int = NEVER
    """Our clock, when it was first read again after it could not be for long."""
    words: OtherWords = field(default_factory=OtherWords)


@dataclass(slots=True)
class AssetBook:
    """One asset of one account: totals, and amounts that are not tradable yet."""

    account: str
    asset: str
    totals: dict[WalletId, WalletTotal] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    early: dict[WalletId, tuple[int, Balance]] = field(default_factory=dict)
    """What the stream said of wallets that were not read yet, and when: our clock."""


@dataclass(slots=True)
class RecordSearch:
    """Readings of one venue entry's withdrawal records."""

    under_way: bool = False
    asked_ms: int = NEVER
    attempts: int = 0
    """Since there was last nothing to look for."""
    trouble: str = ""
    """Why the last reading told nothing; empty: it told."""
    answer: WithdrawalsRead | None = None


class Rise(NamedTuple):
    """The coins kept elsewhere rose, and nothing in transit explained it."""

    asset: str
    at_ms: int
    """Our clock."""
    coins: Decimal
    where: str


@dataclass(slots=True)
class Transit:
    """Withdrawn coins. Records are named `<venue>/<the venue's id>`."""

    held: dict[str, TransitKept] = field(default_factory=dict)
    """Still counted."""
    used: dict[str, int] = field(default_factory=dict)
    """Records that were held, these too, with our time of it: bounded, oldest first."""
    marks: dict[tuple[str, str], int] = field(default_factory=dict)
    """By (venue, coin; empty: all): records up to that venue time are held no more."""
    searches: dict[str, RecordSearch] = field(default_factory=dict)
    """By venue."""
    starting: dict[str, int] = field(default_factory=dict)
    """Venues whose records a start has not read yet, with our time of the start."""
    rises: list[Rise] = field(default_factory=list)
    """The last ones: a person may be quicker than the record."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A REST position that contradicts our arithmetic."""

    requested_ms: int
    qty: Decimal


@dataclass(slots=True)
class Word:
    """The venue's last word on a position."""

    qty: Decimal
    venue_ms: int
    """The venue's time of it; 0 where it named none."""
    said_ms: int
    """Our clock."""
    entry_price: Decimal


class Early(NamedTuple):
    """A fill that is known while there is no arithmetic to count it in."""

    venue_ms: int
    change: Decimal
    """Own unit, signed."""
    price: Decimal


@dataclass(slots=True)
class Tape:
    """The fills already folded, so that none counts twice."""

    seen: dict[str, int] = field(default_factory=dict)
    """Trade ids with the venue's times, oldest first, bounded."""
    forgotten_ms: int = -1
    """The venue's time up to which trades may have left `seen`: none of them is new."""
    last_ms: int = NEVER
    """Our clock at the last fill folded."""
    last_venue_ms: int = 0
    entry_price: Decimal = ZERO
    """Average entry price of our arithmetic: what the delta of an inverse position hangs on. The
    venue's own as soon as its word agrees with the quantity; zero: not known, or flat."""
    early: list[Early] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Adopted:
    """Which fills a position that was believed contains, by the venue's time of the fill."""

    sure_ms: int = 0
    """All up to then."""
    unsure_ms: int = 0
    """Nobody knows of those up to then: the row had no date. None after it."""
    at_ms: int = NEVER
    """Our clock: an order decided later is not in it."""


@dataclass(slots=True)
class PositionBook:
    """One instrument's position: our arithmetic beside the venue's word. Own unit, signed."""

    arithmetic: Decimal | None = None
    """An adopted snapshot plus every later fill; None until the first snapshot."""
    adopted: Adopted = Adopted()
    word: Word | None = None
    differs_ms: int | None = None
    """Our clock, since when arithmetic and word differ."""
    closed_ms: int = NEVER
    """Our clock, when the close of our last order on it was received."""
    proofs: list[Proof] = field(default_factory=list)
    tape: Tape = field(default_factory=Tape)
