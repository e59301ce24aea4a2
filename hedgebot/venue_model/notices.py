"""What the venue tells the account: a closed union that the wire layer encodes."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.orders import Execution, Order, PositionSide, Trade


class Occasion(StrEnum):
    """Why a futures account changed."""

    ORDER = "ORDER"
    FUNDING = "FUNDING_FEE"
    DEPOSIT = "DEPOSIT"
    WITHDRAW = "WITHDRAW"
    INSURANCE = "INSURANCE_CLEAR"
    MARGIN_TYPE = "MARGIN_TYPE_CHANGE"
    ADJUSTMENT = "ADJUSTMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotice:
    """An order changed."""

    market: Market
    order: Order
    execution: Execution
    trade: Trade | None
    at_ms: int
    cancel_id: str = ""
    """Names the cancel itself; spot only."""


@dataclass(frozen=True, slots=True)
class TradeNotice:
    """A futures execution, told in short before the account and the order are."""

    market: Market
    order: Order
    trade: Trade


@dataclass(frozen=True, slots=True)
class SpotNotice:
    """Free and locked coins of the assets that may have changed."""

    assets: tuple[tuple[str, Decimal, Decimal], ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class SpotChange:
    """A deposit, withdrawal or transfer changed a spot asset by this much."""

    asset: str
    change: Decimal
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """A position as an event reports it."""

    symbol: str
    side: PositionSide
    qty: Decimal
    entry: Decimal
    unrealized: Decimal
    realized: Decimal
    """Realised since it was opened."""
    isolated: bool
    asset: str
    """The coin of its margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FuturesNotice:
    """Wallet balances (asset, wallet, change apart from profit and fees) and positions."""

    kind: Kind
    """Whose: of linear or of inverse perpetuals."""
    occasion: Occasion
    balances: tuple[tuple[str, Decimal, Decimal], ...]
    positions: tuple[PositionView, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class LeverageNotice:
    """The leverage of a symbol was changed."""

    kind: Kind
    symbol: str
    leverage: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class AssetsModeNotice:
    """Multi-assets margin was switched on or off; only linear desks have it."""

    multi: bool
    at_ms: int
    kind: Kind = Kind.LINEAR


Notice: TypeAlias = (
    OrderNotice
    | TradeNotice
    | SpotNotice
    | SpotChange
    | FuturesNotice
    | LeverageNotice
    | AssetsModeNotice
)
