"""A desk of perpetuals, USDT-M or COIN-M: its state, and what it tells."""

from dataclasses import dataclass, field
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.desk import Desk
from hedgebot.venue_model.margin import Exposure, PositionKey, Totals, totals
from hedgebot.venue_model.notices import FuturesNotice, Occasion, PositionView
from hedgebot.venue_model.orders import Order, PositionSide
from hedgebot.venue_model.positions import Position, cash

ZERO = Decimal(0)
LEVERAGE = 20
"""What a new symbol starts with."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The venue's own prices of one perpetual."""

    mark: Decimal
    index: Decimal
    funding_rate: Decimal
    """Of the running interval."""
    funding_ms: int
    """When it is paid."""


@dataclass(slots=True)
class Modes:
    """What the account owner may set."""

    dual_side: bool = False
    """Hedge mode."""
    multi_assets: bool = False
    leverage: dict[str, int] = field(default_factory=dict)
    isolated: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Payment:
    """A funding payment or another entry of the income history. Received is positive."""

    id: int
    at_ms: int
    symbol: str
    kind: str
    asset: str
    income: Decimal
    trade_id: int = 0


@dataclass(slots=True)
class Futures:
    """Desk, positions, prices, modes and income of one account."""

    desk: Desk
    kind: Kind = Kind.LINEAR
    positions: dict[PositionKey, Position] = field(default_factory=dict)
    prices: dict[str, Prices] = field(default_factory=dict)
    modes: Modes = field(default_factory=Modes)
    income: list[Payment] = field(default_factory=list)
    funding_rates: list[tuple[str, int, Decimal, Decimal]] = field(default_factory=list)
    """Settled: symbol, time, rate, mark."""

    def margin_assets(self) -> list[str]:
        """The coins in which margin is kept: each has cross margin of its own."""
        return list(dict.fromkeys(m.settle for m in self.desk.markets.values()))

    def position(self, symbol: str, side: PositionSide = PositionSide.BOTH) -> Position:
        """The position, flat if there never was one."""
        return self.positions.get((symbol, side), Position())

    def leverage(self, symbol: str) -> int:
        """As set, or what a new symbol starts with."""
        return self.modes.leverage.get(symbol, LEVERAGE)

    def exposure(self, key: PositionKey) -> Exposure:
        """A position with its market, mark and leverage."""
        symbol, _ = key
        position = self.positions.get(key, Position())
        market = self.desk.markets[symbol]
        return Exposure(market, position, self.prices[symbol].mark, self.leverage(symbol))

    def totals(self, asset: str) -> Totals:
        """Margin sums of one coin's cross wallet."""
        waiting: dict[str, list[Order]] = {}
        for order in self.desk.orders.working.values():
            waiting.setdefault(order.ticket.symbol, []).append(order)
        keys = set(self.positions) | {(symbol, PositionSide.BOTH) for symbol in waiting}
        held = (self.exposure(key) for key in sorted(keys) if self.settle(key[0]) == asset)
        return totals(self.desk.wallet.totals.get(asset, ZERO), held, waiting)

    def settle(self, symbol: str) -> str:
        """The coin in which a symbol is settled."""
        return self.desk.markets[symbol].settle

    def view(self, key: PositionKey) -> PositionView:
        """A position as events report it."""
        symbol, side = key
        exposure = self.exposure(key)
        return PositionView(
            symbol=symbol,
            side=side,
            qty=exposure.position.qty,
            entry=exposure.entry,
            unrealized=cash(exposure.unrealized),
            realized=exposure.position.realized,
            isolated=symbol in self.modes.isolated,
            asset=exposure.market.settle,
        )

    def tell(
        self,
        occasion: Occasion,
        key: PositionKey | None,
        change: Decimal = ZERO,
        *,
        asset: str = "",
        fee_asset: str = "",
    ) -> None:
        """Send the wallet and one position. `change` is what is neither profit nor fee.

        `asset` says which coin's wallet where no position does; a fee in another coin changed that
        one as well.
        """
        asset = self.settle(key[0]) if key else asset
        totals = self.desk.wallet.totals
        balances = [(asset, totals.get(asset, ZERO), change)]
        if fee_asset not in {"", asset}:
            balances.append((fee_asset, totals.get(fee_asset, ZERO), ZERO))
        self.desk.tell(
            FuturesNotice(
                kind=self.kind,
                occasion=occasion,
                balances=tuple(balances),
                positions=(self.view(key),) if key else (),
                at_ms=self.desk.now(),
            )
        )

    def earned(
        self,
        kind: str,
        income: Decimal,
        *,
        symbol: str = "",
        trade_id: int = 0,
        asset: str = "",
    ) -> None:
        """Add to the income history; in the symbol's settlement coin where no asset is named."""
        asset = asset or self.settle(symbol)
        number, now = len(self.income) + 1, self.desk.now()
        self.income.append(Payment(number, now, symbol, kind, asset, income, trade_id))
