"""Executes orders against a book of one price, and tells the account stream about it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D

from hedgebot.domain.events import Balance, BalanceSeen, Event, FillSeen, OrderSeen, Position
from hedgebot.domain.events import PositionSeen as PositionTold
from hedgebot.domain.instruments import InstrumentId, Side
from hedgebot.domain.orders import Cause, OrderIntent, OrderReport, OrderStatus
from tests.core.adversary.market import Market
from tests.core.adversary.truth import WALLETS, ZERO, Truth, execution, venue_of
from tests.core.adversary.weather import Weather
from tests.core.adversary.wire import Wire

Note = Callable[[OrderIntent], None]


class Matching:
    """The matching engine of the perpetuals."""

    def __init__(self, truth: Truth, market: Market, wire: Wire, weather: Weather) -> None:
        self._truth, self._market, self._wire, self._weather = truth, market, wire, weather
        self.arrived: Note = lambda _intent: None
        self.refused: Note = lambda _intent: None

    def execute(self, intent: OrderIntent) -> OrderReport | None:
        """Take an IOC order. None: reduce-only, and there is nothing to reduce."""
        self.arrived(intent)
        qty = intent.qty
        if intent.reduce_only:
            position = self._truth.positions[intent.instrument].last.qty
            qty = min(qty, max(ZERO, -position * intent.side.value))
            if qty == ZERO:
                return None
        report = intent.reported(
            OrderStatus.WORKING,
            ZERO,
            client_order_id=f"ours-{intent.order_id & 0xFFFF}",
            venue_order_id=f"v{self._truth.number()}",
            venue_ms=self._truth.venue_ms,
        )
        events: list[Event] = [OrderSeen(report)]
        for part in self._parts(qty if self._meets(intent) else ZERO):
            report, told = self.trade(report, part, Cause.OURS)
            events += told
        if report.status is OrderStatus.WORKING:
            report = replace(report, status=OrderStatus.EXPIRED)
            events.append(OrderSeen(report))
        self._truth.note(report)
        self._wire.say(venue_of(intent.instrument), *events)
        return report

    def trade(self, report: OrderReport, qty: D, cause: Cause) -> tuple[OrderReport, list[Event]]:
        """One execution of an order, and what the stream says of it."""
        fill = execution(self._truth, report, qty, price=self.price(), cause=cause)
        self._truth.fill(fill)
        filled = report.filled_qty + qty
        status = OrderStatus.FILLED if filled == report.qty else OrderStatus.WORKING
        report = replace(report, filled_qty=filled, status=status)
        account: list[Event] = [
            self.position(report.instrument),
            self.dollars(venue_of(report.instrument)),
        ]
        order: list[Event] = [FillSeen(fill), OrderSeen(report)]
        return report, order + account if self._weather.rng.random() < 0.3 else account + order

    def position(self, name: InstrumentId) -> PositionTold:
        version = self._truth.positions[name].last
        return PositionTold(Position(name, version.qty, D(50_000), version.venue_ms))

    def dollars(self, venue: str) -> BalanceSeen:
        truth = self._truth
        return BalanceSeen(Balance(WALLETS[venue], "USDT", truth.dollars, truth.venue_ms))

    def price(self) -> D:
        return self._market.exact(self._market.price)

    def _meets(self, intent: OrderIntent) -> bool:
        price = float(intent.price)
        if intent.side is Side.SELL:
            return price <= self._market.bid
        return price >= self._market.ask

    def _parts(self, qty: D) -> list[D]:
        """Executions of an IOC for that much: often all of it, in up to three trades."""
        rng = self._weather.rng
        fraction = 1.0 if rng.random() < 0.9 else rng.random()
        if self._weather.hits("thin", 1.0):
            fraction = rng.uniform(0.0, 0.09)
        elif self._weather.hits("partial"):
            fraction = rng.random()
        lot = D("0.001")
        left = int(qty / lot) if fraction >= 1.0 else int(float(qty / lot) * fraction)
        parts: list[D] = []
        while left > 0:
            lots = left if len(parts) >= 2 or rng.random() < 0.6 else rng.randint(1, left)
            parts.append(lot * lots)
            left -= lots
        return parts
