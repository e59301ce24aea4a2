"""Profit and loss by its parts, each from its own records and none as a remainder.

From one record to the next what is held stands still, so a part over that time is a product:

    spot     net delta x change of the coin's price
    basis    positions x change of what a unit is worth, beyond what its delta in coins explains
    cross    of a cross hedge: positions x change of their own coin's price, beyond what the coins
             that they stand for would have made; its basis is against that price

and every record adds its own: a trade what it was dearer than the price of its moment, in three
steps (the way to the venue, the spread, the depth), and its fee; funding its cash; a flow its
worth.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hedgebot.core.policy import HedgePolicy
from hedgebot.domain.instruments import InstrumentId, Kind
from hedgebot.domain.orders import Cause
from hedgebot.ledger.exact import EXACT, ZERO, times, total
from hedgebot.research.backtest.records import (
    Execution,
    Movement,
    Payment,
    PaymentKind,
    Record,
    Standing,
)
from hedgebot.research.backtest.worth import Worth

PLACES = 12
"""Of a dollar: beyond it lie the quotients of inverse perpetuals."""


class Part(StrEnum):
    """Why the account is worth more or less."""

    SPOT = "spot"
    """What was not hedged, times the change of the price."""
    BASIS = "basis"
    """Perpetual against spot."""
    CROSS = "cross"
    """Of a cross hedge: the other coin moved by more or less than beta had it."""
    FUNDING = "funding"
    FEES = "fees"
    LATENCY = "latency"
    """The price moved while an order was on its way."""
    SPREAD = "spread"
    SLIPPAGE = "slippage"
    """Behind the best price."""
    FLOWS = "flows"
    """Worth of coins that came or went, less what was paid for them."""
    LIQUIDATION = "liquidation"
    """Fees of the venue's own trades, and what its fund covered."""
    ROUNDING = "rounding"
    """Cash is booked in steps of 1e-8: what was left when a position was closed."""


Sums = dict[str, dict[Part, Decimal]]


@dataclass(slots=True)
class _Held:
    """One position, as its records make it."""

    qty: Decimal
    cost: Decimal


@dataclass(slots=True)
class Accounts:
    """The account as its records make it, and what came of it so far."""

    worth: Worth
    coins: dict[str, Decimal]
    """By hedged asset."""
    held: dict[InstrumentId, _Held]
    at: int = 0
    sums: Sums = field(default_factory=dict)

    def add(self, asset: str, part: Part, dollars: Decimal) -> None:
        """Book a part."""
        own = self.sums.setdefault(asset, {})
        own[part] = EXACT.add(own.get(part, ZERO), dollars)

    def until(self, at: int) -> None:
        """What is held moves with the prices up to a moment."""
        if at == self.at:
            return
        for asset, coins in self.coins.items():
            change = self._change(asset, at)
            self.add(asset, Part.SPOT, times(coins, change))
        for own, held in self.held.items():
            if held.qty:
                self._move(own, held, at)
        self.at = at

    def _change(self, asset: str, at: int) -> Decimal:
        return EXACT.subtract(self.worth.coin(asset, at), self.worth.coin(asset, self.at))

    def _move(self, own: InstrumentId, held: _Held, at: int) -> None:
        """A position's own change of worth: its delta by the coin's price, the rest is basis."""
        worth, asset = self.worth, self.worth.instrument(own).asset
        by_delta = times(worth.coins(own, held.qty, held.cost), self._change(asset, at))
        then, now = (
            times(worth.unit(own, moment), worth.settled(own, moment)) for moment in (self.at, at)
        )
        whole = times(held.qty, EXACT.subtract(now, then))
        by_coin = by_delta
        if worth.instrument(own).kind is Kind.INVERSE:
            by_coin = ZERO  # what it owes at its entry is a holding of coins, counted by delta
        elif own in worth.tape.other:
            by_coin = self._followed(own, held, at)
            self.add(asset, Part.CROSS, EXACT.subtract(by_coin, by_delta))
        self.add(asset, Part.SPOT, by_delta)
        self.add(asset, Part.BASIS, EXACT.subtract(whole, by_coin))

    def _followed(self, own: InstrumentId, held: _Held, at: int) -> Decimal:
        """What the coins of a cross hedge's position made by their own price."""
        worth = self.worth
        coins = times(held.qty, worth.exchange.listed[own].instrument.coins_per_unit)
        change = EXACT.subtract(worth.followed(own, at), worth.followed(own, self.at))
        return times(coins, change)

    def take(self, record: Record) -> None:
        """Book one record."""
        self.until(record.at)
        worth = self.worth
        if isinstance(record, Movement):
            asset, _ = worth.policy.stands_for(record.asset)
            self._earn(record.asset, record.qty)
        else:
            asset = worth.instrument(record.instrument).asset
        for part, dollars in steps_of(worth, record):
            self.add(asset, part, dollars)
        if isinstance(record, Payment):
            self._earn(record.asset, record.change)
        elif isinstance(record, Execution):
            self._earn(worth.instrument(record.instrument).settle, record.realized)
            self._earn(record.fee_asset, -record.fee)
            self._trade(record, asset)

    def _trade(self, record: Execution, asset: str) -> None:
        """Cost is what was paid for what is open, and every profit that was booked out of it. What
        is left of it when nothing is open was rounded.
        """
        held = self.held[record.instrument]
        unit = self.worth.exchange.listed[record.instrument].market.worth(record.price)
        closing = record.qty if held.qty * (held.qty + record.qty) >= 0 else -held.qty
        opened = EXACT.subtract(record.qty, closing)
        held.qty = EXACT.add(held.qty, closing)
        held.cost = total((held.cost, times(closing, unit), record.realized))
        if not held.qty:
            left = times(held.cost, self.worth.settled(record.instrument, record.at))
            self.add(asset, Part.ROUNDING, left)
            held.qty, held.cost = opened, times(opened, unit)

    def _earn(self, paid_in: str, change: Decimal) -> None:
        """Coins of a hedged asset are held from now on."""
        stands_for, rate = self.worth.policy.stands_for(paid_in)
        if stands_for in self.coins:
            self.coins[stands_for] = EXACT.add(self.coins[stands_for], times(change, rate))


def steps_of(worth: Worth, record: Record) -> Iterator[tuple[Part, Decimal]]:
    """What a record itself adds to the result, dollars at its moment."""
    match record:
        case Execution():
            yield from _costs(worth, record)
        case Payment():
            part = Part.FUNDING if record.kind is PaymentKind.FUNDING else Part.LIQUIDATION
            yield part, times(record.change, worth.asset(record.asset, record.at))
        case Movement():
            coins = times(record.qty, worth.asset(record.asset, record.at))
            quote = times(record.quote, worth.asset(record.quote_asset, record.at))
            yield Part.FLOWS, EXACT.add(coins, quote)


def _costs(worth: Worth, record: Execution) -> Iterator[tuple[Part, Decimal]]:
    """What a trade was dearer than the price of its moment, step by step, and its fee."""
    own = record.instrument
    settled, unit = worth.settled(own, record.at), worth.exchange.listed[own].market.worth
    path = [worth.price(own, record.at), record.arrived, record.touch, record.price]
    forced = record.cause is not Cause.OURS
    if forced:
        path[1] = path[2] = path[0]
    steps = (Part.LATENCY, Part.SPREAD, Part.SLIPPAGE)
    for part, one, other in zip(steps, path[:-1], path[1:], strict=True):
        dearer = EXACT.subtract(unit(other), unit(one))
        yield part, times(-times(record.qty, dearer), settled)
    fee = times(-record.fee, worth.asset(record.fee_asset, record.at))
    yield Part.LIQUIDATION if forced else Part.FEES, fee


@dataclass(frozen=True, slots=True)
class Parts:
    """By asset, and what the account says itself."""

    by_asset: Mapping[str, Mapping[Part, Decimal]]
    change: Decimal
    """Worth of the account at the end less at the beginning, from what the venue says it holds."""

    @property
    def total(self) -> Decimal:
        """All parts of all assets."""
        return total(each for own in self.by_asset.values() for each in own.values())

    @property
    def unexplained(self) -> Decimal:
        """What no record explains: a check, and part of nothing."""
        return round(EXACT.subtract(self.change, self.total), PLACES)


def _parts(hedge: HedgePolicy) -> list[Part]:
    return [part for part in Part if part is not Part.CROSS or hedge.beta is not None]


def parts_of(worth: Worth, opening: Standing, records: Iterable[Record], change: Decimal) -> Parts:
    """Add up the records from the opening to the last moment.

    Args:
        worth: values by moment.
        opening: the account at the first moment.
        records: in order of time.
        change: of the account's worth, from the venue's own word at both ends.
    """
    accounts = Accounts(
        worth,
        dict(opening.coins),
        {
            own: _Held(qty, cost)
            for own, (qty, cost) in zip(worth.tape.rows, opening.positions, strict=True)
        },
        sums={hedge.asset: dict.fromkeys(_parts(hedge), ZERO) for hedge in worth.policy.hedges},
    )
    for record in records:
        accounts.take(record)
    accounts.until(len(worth.tape.times) - 1)
    return Parts(accounts.sums, change)
