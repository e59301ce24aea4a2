"""Cross margin: what positions and orders need, what is left, where liquidation lies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.instruments import Kind, Side
from hedgebot.venue_model.markets import Bracket, Market
from hedgebot.venue_model.orders import Order, PositionSide
from hedgebot.venue_model.positions import Position

ZERO = Decimal(0)
ONE = Decimal(1)
PositionKey = tuple[str, PositionSide]


@dataclass(frozen=True, slots=True)
class Exposure:
    """One position with what its margin depends on."""

    market: Market
    position: Position
    mark: Decimal
    leverage: int

    @property
    def notional(self) -> Decimal:
        """Signed, in the settlement coin."""
        return self.position.qty * self.market.notional(ONE, self.mark)

    @property
    def entry(self) -> Decimal:
        """Average entry price; zero when flat."""
        return self.market.price_at(self.position.average)

    @property
    def unrealized(self) -> Decimal:
        """Profit at the mark, in the settlement coin."""
        return self.position.unrealized(self.market.worth(self.mark))

    @property
    def initial(self) -> Decimal:
        """Initial margin of the position, in the settlement coin."""
        return abs(self.notional) / self.leverage

    @property
    def maintenance(self) -> Decimal:
        """Maintenance margin of the position: notional x rate - cum of its bracket."""
        tier = self.market.bracket(self.notional)
        return abs(self.notional) * tier.rate - tier.cum


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over one cross wallet, in its coin."""

    wallet: Decimal
    unrealized: Decimal
    initial: Decimal
    open_orders: Decimal
    """Initial margin of open orders beyond that of positions."""
    maintenance: Decimal

    @property
    def margin_balance(self) -> Decimal:
        return self.wallet + self.unrealized

    @property
    def available(self) -> Decimal:
        """What new orders may use; never negative."""
        return max(ZERO, self.margin_balance - self.initial - self.open_orders)

    @property
    def liquidated(self) -> bool:
        """Whether maintenance has caught up with the margin balance."""
        return self.maintenance > 0 and self.margin_balance <= self.maintenance


def totals(
    wallet: Decimal, exposures: Iterable[Exposure], orders: Mapping[str, Iterable[Order]]
) -> Totals:
    """Add up a wallet's exposures and open orders (by symbol)."""
    unrealized = initial = waiting = maintenance = ZERO
    for exposure in exposures:
        unrealized += exposure.unrealized
        initial += exposure.initial
        maintenance += exposure.maintenance
        waiting += order_margin(exposure, orders.get(exposure.market.symbol, ()))
    return Totals(wallet, unrealized, initial, waiting, maintenance)


def order_margin(exposure: Exposure, orders: Iterable[Order]) -> Decimal:
    """Initial margin of open orders: of the larger side, beyond the position's own."""
    sides = {Side.BUY: ZERO, Side.SELL: ZERO}
    for order in orders:
        if not order.ticket.reduce_only:
            size = exposure.market.notional(order.left, order.ticket.price)
            sides[order.ticket.side] += size
    worst = max(abs(exposure.notional + sides[Side.BUY]), abs(exposure.notional - sides[Side.SELL]))
    return max(ZERO, worst / exposure.leverage - exposure.initial)


def liquidation_worth(others: Decimal, position: Position, tier: Bracket, sign: int) -> Decimal:
    """What a unit counts when margin balance equals maintenance, inside one bracket.

    `others` is the wallet plus the profit of other positions minus their maintenance; `sign` that
    of the worth of a unit: 1 for linear, -1 for inverse positions.
    others + qty*w - cost = |qty|*w*sign*m - cum
    gives  w = (others - cost + cum) / (|qty|*sign*m - qty).
    """
    qty = position.qty
    return (others - position.cost + tier.cum) / (abs(qty) * sign * tier.rate - qty)


def liquidation_mark(others: Decimal, exposure: Exposure) -> Decimal:
    """Where this position is liquidated if nothing else moves; zero where no mark does it.

    The right bracket is the one that holds the notional at the price found.
    """
    position, market = exposure.position, exposure.market
    sign = -1 if market.kind is Kind.INVERSE else 1
    for tier in market.brackets:
        worth = liquidation_worth(others, position, tier, sign)
        if worth and tier.floor <= abs(position.qty) * worth * sign < tier.cap:
            return market.price_at(worth)
    return ZERO
