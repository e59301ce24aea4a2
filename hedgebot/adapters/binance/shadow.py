"""What a dry run's orders would have done: fills that never were, beside the real account.

The shadow is a position of its own: quantity and cost of the fills that never were, and the cash
that they and their funding would have moved. What the account shows is the real position and the
shadow together; wallets are the real ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgebot.adapters.binance.depth import Depth
from hedgebot.domain.events import Balance, FundingSeen, MarkSeen, Position, TouchSeen
from hedgebot.domain.instruments import Instrument, InstrumentId, WalletId
from hedgebot.domain.orders import Fill, OrderId, OrderReport
from hedgebot.venue_model import positions

ZERO = Decimal(0)
DRY = "dry-"
"""Begins every order and trade name of a shadow; no name of the venue's begins so."""
DONE_MAX = 1_000
"""Shadow orders that are remembered for look-ups."""


@dataclass(slots=True)
class Shadow:
    """One instrument. Quantities in its own unit, signed."""

    instrument: Instrument
    taker_fee: Decimal
    """Of the notional."""
    held: positions.Position = field(default_factory=positions.Position)
    cash: Decimal = ZERO
    """Profit realised and funding received, less fees; settlement coin."""
    real: Position | None = None
    mark: MarkSeen | None = None
    leverage: int | None = None
    """As the venue told it last."""

    def shown(self) -> Position:
        """The real position and the shadow together, at the price where both break even."""
        real = self.real or Position(self.instrument.id, ZERO, ZERO, 0)
        if not self.held.updated_ms:
            return real
        qty = real.qty + self.held.qty
        entry = self.cost / qty if qty else ZERO
        venue_ms = max(real.venue_ms, self.held.updated_ms)
        return replace(real, qty=qty, entry_price=max(entry, ZERO), venue_ms=venue_ms)

    @property
    def cost(self) -> Decimal:
        """Signed quantity x price of all that is open, quote."""
        real = self.real
        return self.held.cost + (real.qty * real.entry_price if real else ZERO)

    def take(self, fill: Fill) -> Decimal:
        """Count a fill that never was; the profit that it realised within the shadow."""
        change = fill.qty * fill.side.value
        self.held, profit = self.held.traded(change, fill.price, fill.venue_ms)
        self.cash += profit - fill.fee
        return profit

    def hear_mark(self, mark: MarkSeen, wallet: WalletId | None) -> FundingSeen | None:
        """Note a mark. Where it is the first of a new funding interval, the last one is paid.

        The rate is the one that the venue showed last before the funding time, and so is the mark.
        Source: Binance, mark price stream (`r`, `T`): estimated until the time, then settled.
        """
        last, self.mark = self.mark, mark
        due_ms = last.funding_next_ms if last else 0
        if last is None or not due_ms or not mark.funding_next_ms > due_ms <= mark.venue_ms:
            return None
        rate, price = Decimal(repr(last.funding_rate)), Decimal(repr(last.mark))
        payment = positions.cash(-self.held.qty * price * rate)
        if not payment or wallet is None:
            return None
        self.cash += payment
        return FundingSeen(wallet, self.instrument.settle, payment, due_ms, self.instrument.id)


@dataclass(frozen=True, slots=True)
class Done:
    """A shadow order that is over, and its fills."""

    report: OrderReport
    fills: tuple[Fill, ...]


@dataclass(slots=True)
class Account:
    """One venue entry: the shadows, and what is known of the real wallet."""

    shadows: dict[InstrumentId, Shadow] = field(default_factory=dict)
    done: dict[OrderId, Done] = field(default_factory=dict)
    wallet: WalletId | None = None
    funds: dict[str, Decimal] = field(default_factory=dict)
    """Real totals by asset."""
    touches: dict[InstrumentId, TouchSeen] = field(default_factory=dict)

    def keep(self, done: Done) -> None:
        """Remember an order; the oldest is forgotten."""
        assert done.report.order_id is not None
        self.done[done.report.order_id] = done
        if len(self.done) > DONE_MAX:
            del self.done[next(iter(self.done))]

    def since(self, instrument: InstrumentId, since_ms: int) -> Iterable[Done]:
        """Shadow orders of an instrument from then on, oldest first."""
        return (
            done
            for done in self.done.values()
            if done.report.instrument == instrument and done.report.venue_ms >= since_ms
        )

    def hear_balance(self, balance: Balance) -> None:
        """Note what the real wallet holds."""
        self.wallet = balance.wallet
        self.funds[balance.asset] = balance.total

    def touch(self, instrument: InstrumentId) -> Depth:
        """The book as far as the touch tells it: where the venue has no depth to read."""
        touch = self.touches.get(instrument)
        if touch is None:
            return Depth((), (), 0)
        bid = Decimal(repr(touch.bid)), Decimal(repr(touch.bid_qty))
        ask = Decimal(repr(touch.ask)), Decimal(repr(touch.ask_qty))
        return Depth((bid,), (ask,), 0)

    def shown(self, real: Position) -> Position:
        """Note a real position; what is shown of it."""
        shadow = self.shadows.get(real.instrument)
        if shadow is None:
            return real
        shadow.real = real
        return shadow.shown()

    def remember(self, fills: Iterable[Fill]) -> None:
        """Count what an earlier process kept of this shadow, oldest first."""
        for fill in fills:
            shadow = self.shadows.get(fill.instrument)
            if shadow is not None and fill.venue_order_id.startswith(DRY):
                shadow.take(fill)
