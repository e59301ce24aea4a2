"""Depth around a price, and moving a market by hand."""

from decimal import ROUND_HALF_EVEN, Decimal

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.exchange import Exchange
from hedgebot.venue_model.book import Level
from hedgebot.venue_model.markets import Market

LEVELS = 20
STEP_BPS = Decimal("0.5")
"""Distance between levels, and of the best ones from the middle."""
LEVEL_NOTIONAL = Decimal(400_000)
"""Quote shown at each level."""


def on_tick(market: Market, price: Decimal) -> Decimal:
    """Rounded to the market's price step."""
    return (price / market.tick).to_integral_value(ROUND_HALF_EVEN) * market.tick


def ladder(market: Market, middle: Decimal, sign: int, level_qty: Decimal) -> list[Level]:
    """Levels beside a price, best first: +1 for asks, -1 for bids."""
    found: list[Level] = []
    step = max(market.tick, on_tick(market, middle * STEP_BPS / 10_000))
    first = on_tick(market, middle)
    qty = max(market.lot, level_qty // market.lot * market.lot)
    for number in range(1, LEVELS + 1):
        price = first + sign * step * number
        if price > 0:
            found.append((price, qty))
    return found


def surround(
    exchange: Exchange,
    kind: Kind,
    symbol: str,
    middle: Decimal,
    *,
    level_qty: Decimal | None = None,
) -> None:
    """Show fresh depth around a price."""
    venue = exchange.venue
    desk = venue.spot if kind is Kind.SPOT else venue.futures.desk
    market = desk.market(symbol)
    qty = level_qty if level_qty is not None else LEVEL_NOTIONAL / middle
    bids, asks = (ladder(market, middle, sign, qty) for sign in (-1, 1))
    exchange.show_depth(kind, symbol, bids, asks)


def spot_symbol(exchange: Exchange, perp: str) -> str | None:
    """The spot pair under a perpetual of the same name, multipliers taken off."""
    name = perp.removeprefix("1000")
    return name if name in exchange.venue.spot.markets else None


def move_price(exchange: Exchange, perp: str, price: Decimal) -> None:
    """Move a perpetual, its mark and index, and its spot pair to a price of the perpetual."""
    surround(exchange, Kind.LINEAR, perp, price)
    pair = spot_symbol(exchange, perp)
    if pair is not None:
        factor = 1000 if perp.startswith("1000") else 1
        surround(exchange, Kind.SPOT, pair, price / factor)
    exchange.set_mark(perp, price, price)


def thin(exchange: Exchange, kind: Kind, symbol: str, *, side: Side, qty: Decimal) -> None:
    """Leave only so much for a taker of a side, at the best price; until the market moves."""
    venue = exchange.venue
    desk = venue.spot if kind is Kind.SPOT else venue.futures.desk
    market, book = desk.market(symbol), desk.books[symbol]
    best = book.ladder(side.opposite).best
    if best is None:
        return
    left = qty // market.lot * market.lot
    book.ladder(side.opposite).replace([(best[0], left)])
    exchange.touch_moved(kind, symbol)
