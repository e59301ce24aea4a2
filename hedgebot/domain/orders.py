"""An order as wanted (intent), as the venue reports it, and its executions (fills)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from hedgebot.domain.instruments import InstrumentId, Side, WalletId

OrderId = NewType("OrderId", int)
"""128 bits, ours, chosen before sending; an adapter writes it in the alphabet of its venue."""


class OrderStatus(StrEnum):
    """What the venue says of an order. Partly filled is WORKING with a filled quantity."""

    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    EXPIRED_IN_MATCH = "expired_in_match"


class Refusal(StrEnum):
    """A named refusal, sorted by what the caller does next."""

    THROTTLED = "throttled"
    """429, 418, -1003, -1008, -1015: nothing was accepted; a new decision after a pause."""
    CLOCK = "clock"
    """-1021: a new decision once the clock offset was measured again."""
    REDUCE_ONLY = "reduce_only"
    """-2022: our position is not what we think; a new decision after a snapshot."""
    MARGIN = "margin"
    """-2019 and kin: not tried again without a changed input."""
    FILTER = "filter"
    """Price, lot, notional or percent filters: not tried again without a changed input."""
    PRICE_MOVED = "price_moved"
    """The market left the limit (-5022, -2021 and kin): a new decision."""
    REJECTED = "rejected"
    """Any other named refusal of this one order."""
    FATAL = "fatal"
    """Credentials, permissions, banned account: HALTED, loudly."""


class Cause(StrEnum):
    """Why an execution of the account happened."""

    OURS = "ours"
    FOREIGN = "foreign"
    """A person's order, or another program's."""
    ADL = "adl"
    LIQUIDATION = "liquidation"
    SETTLEMENT = "settlement"
    """Delivery, insurance fund, or another act of the venue's own."""


class Purpose(StrEnum):
    """Why an order is wanted."""

    REBALANCE = "rebalance"
    FLATTEN = "flatten"
    CLOSE_FIRST = "close_first"
    """The closing half of a move through zero; the opening half is the next decision's."""
    FAILOVER = "failover"
    """Another instrument is unknown: what is right whatever became of it."""
    AGE = "age"
    """Inside the band, and the last hedge is old."""
    MOVE = "move"
    """Inside the band, and the price has moved since the last hedge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """An order as wanted: named and journaled before it leaves the machine. IOC limit."""

    order_id: OrderId
    asset: str
    """Names the hedge: one hedge per asset."""
    instrument: InstrumentId
    side: Side
    lots: int
    """Positive."""
    qty: Decimal
    """`lots` in the instrument's own unit."""
    price: Decimal
    """Limit, quote per base, a whole number of ticks."""
    reduce_only: bool
    purpose: Purpose
    mark: float
    """The mark at the decision: what slippage is measured against. Not a number: not known."""
    decided_ms: int
    send_before_ms: int
    """The approval expires then (invariant 2b)."""

    def reported(
        self,
        status: OrderStatus,
        filled_qty: Decimal,
        *,
        client_order_id: str,
        venue_order_id: str,
        venue_ms: int,
    ) -> "OrderReport":
        """What a venue says that took it as it is."""
        return OrderReport(
            instrument=self.instrument,
            order_id=self.order_id,
            client_order_id=client_order_id,
            venue_order_id=venue_order_id,
            status=status,
            side=self.side,
            qty=self.qty,
            filled_qty=filled_qty,
            price=self.price,
            reduce_only=self.reduce_only,
            venue_ms=venue_ms,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What a venue says of one order, ours or not."""

    instrument: InstrumentId
    order_id: OrderId | None
    """Ours, where the adapter recognises the client order id."""
    client_order_id: str
    venue_order_id: str
    status: OrderStatus
    side: Side
    qty: Decimal
    filled_qty: Decimal
    """Cumulative, own unit."""
    price: Decimal
    reduce_only: bool
    venue_ms: int
    reject_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one fill does to one wallet, fee included: signed coins."""

    wallet: WalletId
    asset: str
    change: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """An execution of the account, keyed by (instrument, trade_id)."""

    instrument: InstrumentId
    trade_id: str
    venue_order_id: str
    client_order_id: str
    """As the venue said; empty where its record has none."""
    order_id: OrderId | None
    side: Side
    qty: Decimal
    """Positive, own unit."""
    price: Decimal
    fee: Decimal
    """Paid is positive, in `fee_asset`."""
    fee_asset: str
    realized_pnl: Decimal = Decimal(0)
    """In the settlement coin, before the fee; zero for spot."""
    cause: Cause
    legs: tuple[Leg, ...]
    """What it changes in wallets; empty where the venue's record does not tell."""
    venue_ms: int
