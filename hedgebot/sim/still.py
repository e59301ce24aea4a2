"""Depth around a price, and moving a market by hand."""

from decimal import ROUND_HALF_EVEN, Decimal

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.exchange import Exchange
from hedgebot.venue_model.book import Level
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.positions import cash

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
    market = exchange.venue.desk(kind).market(symbol)
    unit = market.contract if kind is Kind.INVERSE else middle
    qty = level_qty if level_qty is not None else LEVEL_NOTIONAL / unit
    bids, asks = (ladder(market, middle, sign, qty) for sign in (-1, 1))
    exchange.show_depth(kind, symbol, bids, asks)


def spot_symbol(exchange: Exchange, perp: str) -> str | None:
    """The spot pair under a linear perpetual of the same name, multipliers taken off."""
    name = perp.removeprefix("1000")
    return name if name in exchange.venue.spot.markets else None


def inverse_symbol(exchange: Exchange, perp: str) -> str | None:
    """The inverse perpetual on the coin of a linear one: BTCUSD_PERP beside BTCUSDT."""
    name = f"{perp.removesuffix('USDT')}USD_PERP"
    return name if exchange.venue.lists_inverse(name) else None


def move_price(exchange: Exchange, perp: str, price: Decimal) -> None:
    """Move the market of a linear perpetual to a price: mark, index, spot pair, inverse one.

    Named by its inverse perpetual it is the same market.
    """
    perp = linear_symbol(exchange, perp)
    surround(exchange, Kind.LINEAR, perp, price)
    pair = spot_symbol(exchange, perp)
    if pair is not None:
        factor = 1000 if perp.startswith("1000") else 1
        surround(exchange, Kind.SPOT, pair, price / factor)
    exchange.set_mark(perp, price, price)
    move_inverse(exchange, perp, price)


def linear_symbol(exchange: Exchange, perp: str) -> str:
    """The linear perpetual on the coin of any perpetual."""
    if exchange.venue.lists_inverse(perp):
        return f"{perp.removesuffix('USD_PERP')}USDT"
    return perp


def move_inverse(exchange: Exchange, perp: str, price: Decimal) -> None:
    """Let the inverse perpetual beside a linear one follow to a price, if there is one."""
    inverse = inverse_symbol(exchange, perp)
    if inverse is not None:
        surround(exchange, Kind.INVERSE, inverse, price)
        exchange.set_mark(inverse, cash(price), cash(price))


def thin(exchange: Exchange, kind: Kind, symbol: str, *, side: Side, qty: Decimal) -> None:
    """Leave only so much for a taker of a side, at the best price; until the market moves."""
    desk = exchange.venue.desk(kind)
    market, book = desk.market(symbol), desk.books[symbol]
    best = book.ladder(side.opposite).best
    if best is None:
        return
    left = qty // market.lot * market.lot
    book.ladder(side.opposite).replace([(best[0], left)])
    exchange.touch_moved(kind, symbol)
