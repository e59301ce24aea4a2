"""A small venue to test with: BTC spot and perpetual, a clock by hand, notices collected."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hedgebot.domain.instruments import Kind, Side
from hedgebot.venue_model import derivatives, spot
from hedgebot.venue_model.markets import Market, brackets
from hedgebot.venue_model.notices import Notice
from hedgebot.venue_model.orders import OrderType, PositionSide, Ticket, TimeInForce
from hedgebot.venue_model.venue import Venue, endow, found

D = Decimal
START_MS = 1_700_000_000_000
SYMBOL = "BTCUSDT"
TIERS = brackets([(300_000, 125, "0.004"), (3_000_000, 50, "0.01"), (90_000_000, 20, "0.025")])


def market(kind: Kind) -> Market:
    linear = kind is Kind.LINEAR
    return Market(
        symbol=SYMBOL,
        kind=kind,
        base="BTC",
        quote="USDT",
        tick=D("0.1") if linear else D("0.01"),
        lot=D("0.001") if linear else D("0.00001"),
        price_digits=2,
        qty_digits=3,
        qty_min=D("0.001") if linear else D("0.00001"),
        qty_max=D(1000),
        market_qty_max=D(100),
        price_min=D("0.1"),
        price_max=D(1_000_000),
        notional_min=D(50) if linear else D(5),
        up_max=D("1.05") if linear else D(5),
        down_min=D("0.95") if linear else D("0.2"),
        fee_maker=D("0.0002") if linear else D("0.001"),
        fee_taker=D("0.0005") if linear else D("0.001"),
        brackets=TIERS if linear else (),
    )


@dataclass
class World:
    venue: Venue
    now: list[int]
    notices: list[Notice]
    names: list[int] = field(default_factory=lambda: [0])

    def name(self) -> str:
        self.names[0] += 1
        return f"order{self.names[0]}"

    def ticket(self, side: Side, qty: str, price: str = "", **more: Any) -> Ticket:
        limit = bool(price)
        fields: dict[str, Any] = {
            "symbol": SYMBOL,
            "side": side,
            "type": OrderType.LIMIT if limit else OrderType.MARKET,
            "tif": TimeInForce.IOC if limit else TimeInForce.GTC,
            "qty": D(qty),
            "price": D(price or 0),
            "client_id": self.name(),
            "position_side": PositionSide.BOTH,
        }
        return Ticket(**{**fields, **more})

    def show(self, middle: str = "50000", qty: str = "5", levels: int = 5) -> None:
        half, size = D("0.5"), D(qty)
        bids = [(D(middle) - half - n, size) for n in range(levels)]
        asks = [(D(middle) + half + n, size) for n in range(levels)]
        spot.show(self.venue.spot, SYMBOL, bids, asks)
        derivatives.show(self.venue.futures, SYMBOL, bids, asks)


def world(
    spot_holds: dict[str, str] | None = None, futures_holds: dict[str, str] | None = None
) -> World:
    now, notices = [START_MS], []  # type: list[int], list[Notice]
    venue = found(
        [market(Kind.SPOT), market(Kind.LINEAR)],
        {SYMBOL: D(50_000)},
        lambda: now[0],
        notices.append,
    )
    holds = spot_holds or {"BTC": "10", "USDT": "1000000"}
    endow(
        venue,
        {a: D(q) for a, q in holds.items()},
        {a: D(q) for a, q in (futures_holds or {"USDT": "100000"}).items()},
    )
    made = World(venue, now, notices)
    made.show()
    return made
