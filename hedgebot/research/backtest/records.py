"""What happened, each from the venue's own record of it. What is counted comes from here."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from hedgebot.domain.actions import Alert
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.domain.orders import Cause, OrderId, OrderIntent
from hedgebot.domain.records import DecisionKept


class PaymentKind(StrEnum):
    """Why cash moved without a trade."""

    FUNDING = "funding"
    INSURANCE = "insurance"
    """A negative wallet was lifted to zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A trade of the account on a perpetual, as the venue has it."""

    at: int
    """Moment: the last one that was heard."""
    at_ms: int
    instrument: InstrumentId
    qty: Decimal
    """Signed, the venue's own unit: coins, or contracts."""
    price: Decimal
    fee: Decimal
    fee_asset: str
    realized: Decimal
    """As the venue booked it."""
    cause: Cause
    order_id: OrderId | None
    arrived: Decimal
    """Price after the way to the venue; the market's own where it was none of ours."""
    touch: Decimal
    """Best price of the other side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Cash in a settlement coin; received is positive."""

    at: int
    at_ms: int
    instrument: InstrumentId
    asset: str
    change: Decimal
    kind: PaymentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Coins that came or went, and the quote that was paid for them."""

    at: int
    at_ms: int
    wallet: WalletId
    asset: str
    qty: Decimal
    quote_asset: str
    quote: Decimal
    """Signed; zero for a deposit or a withdrawal."""


Record: TypeAlias = Execution | Payment | Movement


@dataclass(frozen=True, slots=True)
class Standing:
    """The account, from one moment on: what its delta and its margin hang on."""

    at: int
    coins: tuple[tuple[str, Decimal], ...]
    """By hedged asset: all that is held, collateral and coins kept elsewhere included."""
    positions: tuple[tuple[Decimal, Decimal], ...]
    """Quantity and cost, by row of the tape; the venue's own unit."""
    cash: tuple[tuple[WalletId, str, Decimal], ...]
    """What each margin wallet holds."""


@dataclass(frozen=True, slots=True)
class Diary:
    """Everything that a run leaves behind."""

    records: list[Record] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    """At the end of each moment at which something changed."""
    passing: list[tuple[int, Standing]] = field(default_factory=list)
    """Every change, with our time of it."""
    intents: dict[OrderId, OrderIntent] = field(default_factory=dict)
    decisions: list[DecisionKept] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    refusals: list[tuple[int, OrderId, str]] = field(default_factory=list)
    unfilled: list[tuple[int, OrderId, Decimal]] = field(default_factory=list)
    """Orders that expired with so much left."""
