"""What the exchange remembers about its own running: requests, traced moments, past accounts."""

from collections import Counter, deque
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.ledger import WalletName
from hedgebot.venue_model.margin import PositionKey
from hedgebot.venue_model.positions import Position
from hedgebot.venue_model.venue import Venue

TRACE_MAX = 200_000
PAST_MAX = 5_000


@dataclass(frozen=True, slots=True)
class AccountView:
    """Balances and positions at one moment, as REST reports them."""

    at_ms: int
    """By the machine's clock: the venue's may jump meanwhile."""
    spot: dict[str, tuple[Decimal, Decimal]]
    """Total and locked."""
    futures: dict[Kind, dict[str, Decimal]]
    """Wallets of the linear and of the inverse desk."""
    updated: dict[WalletName, dict[str, int]]
    """When each total of a wallet last changed, by the venue's clock, ms."""
    positions: dict[PositionKey, Position]
    """Of both: no symbol is listed by two desks."""


def view_of(venue: Venue, at_ms: int) -> AccountView:
    """The account now."""
    wallet = venue.spot.wallet
    desks = (venue.futures, venue.coin_futures)
    return AccountView(
        at_ms=at_ms,
        spot={a: (t, wallet.locked.get(a, Decimal(0))) for a, t in wallet.totals.items()},
        futures={each.kind: dict(each.desk.wallet.totals) for each in desks},
        updated={
            each.name: dict(each.updated) for each in (wallet, *(d.desk.wallet for d in desks))
        },
        positions={**venue.futures.positions, **venue.coin_futures.positions},
    )


class WithdrawalStatus(IntEnum):
    """How far a withdrawal is. Source: Binance, withdraw history."""

    EMAIL_SENT = 0
    CANCELLED = 1
    AWAITING_APPROVAL = 2
    REJECTED = 3
    PROCESSING = 4
    FAILURE = 5
    COMPLETED = 6

    @property
    def failed(self) -> bool:
        """Whether the coins come back."""
        return self.name in {"CANCELLED", "REJECTED", "FAILURE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRecord:
    """What the venue remembers of coins that left the spot wallet."""

    ref: int
    asset: str
    left: Decimal
    """Coins that left the wallet."""
    told: Decimal
    """The record's `amount`: with or without the fee."""
    fee: Decimal
    status: WithdrawalStatus
    applied_ms: int
    shown_ms: int
    """From when on the record is told."""
    completed_ms: int = 0


@dataclass(frozen=True, slots=True)
class Staleness:
    """How old the balances and positions are that REST tells."""

    ms: int = 0
    """0 is the truth."""
    redated: bool = False
    """Whether such answers are dated when they are told, and not when they last changed."""


@dataclass(slots=True)
class Records:
    """Counts of every request, moments for the bench, and the account's past."""

    requests: Counter[str] = field(default_factory=Counter)
    """By `VERB path`."""
    moments: deque[tuple[str, int]] = field(default_factory=lambda: deque(maxlen=TRACE_MAX))
    """Label and monotonic ns."""
    past: deque[AccountView] = field(default_factory=lambda: deque(maxlen=PAST_MAX))
    stale: Staleness = Staleness()
    withdrawals: dict[int, WithdrawalRecord] = field(default_factory=dict)
    """By reference, oldest first."""
    hidden: set[tuple[str, str]] = field(default_factory=set)
    """Listing and id of records that are told to nobody."""
    last_reference: int = 0

    def next_reference(self) -> int:
        """A number for a deposit, a withdrawal, a transfer or a manual order."""
        self.last_reference += 1
        return self.last_reference

    def mark(self, label: str, at_ns: int) -> None:
        """Remember a moment."""
        self.moments.append((label, at_ns))

    def remember(self, venue: Venue, at_ms: int) -> None:
        """Keep the account as it is now, after a change."""
        self.past.append(view_of(venue, at_ms))

    def account(self, venue: Venue, at_ms: int) -> AccountView:
        """The account as REST tells it at that moment."""
        if not self.stale.ms:
            return view_of(venue, at_ms)
        limit = at_ms - self.stale.ms
        known = [view for view in self.past if view.at_ms <= limit]
        return known[-1] if known else self.past[0]
