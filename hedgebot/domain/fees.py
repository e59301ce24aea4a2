"""What the venue takes of a trade, as it says itself."""

from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.instruments import InstrumentId

TAKER_FEE_MAX = Decimal("0.01")
"""No venue takes more of what is traded: what is above is no fee."""


@dataclass(frozen=True, slots=True)
class FeeSeen:
    """The account's rate for an order that meets a resting one, fraction of what is traded."""

    instrument: InstrumentId
    taker: Decimal


@dataclass(frozen=True, slots=True)
class FeeUnread:
    """The venue did not tell it."""

    instrument: InstrumentId
    reason: str
