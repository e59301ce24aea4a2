"""The filters of one order: steps, limits, bounds, notional. First broken one refuses."""

from decimal import Decimal

from hedgebot.domain.instruments import Kind, Side
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.orders import OrderType, Ticket
from hedgebot.venue_model.rejections import Reason, Rejected


def require(ok: bool, reason: Reason, detail: object = "") -> None:
    """Raises: Rejected, when not ok."""
    if not ok:
        raise Rejected(reason, str(detail))


def check(market: Market, ticket: Ticket, mark: Decimal) -> None:
    """Apply every filter that concerns this ticket.

    `mark` is the venue's reference: the mark price, or the average price on spot.

    Raises:
        Rejected: the first filter that is broken.
    """
    check_qty(market, ticket)
    if ticket.type is not OrderType.MARKET:
        check_price(market, ticket, mark)
    check_notional(market, ticket, mark)


def check_qty(market: Market, ticket: Ticket) -> None:
    """LOT_SIZE and MARKET_LOT_SIZE."""
    qty = ticket.qty
    require(qty > 0, Reason.QTY_ZERO)
    require(qty >= market.qty_min, Reason.QTY_MIN)
    require(qty <= market.qty_max, Reason.QTY_MAX)
    require(qty % market.lot == 0, Reason.QTY_STEP)
    if ticket.type is OrderType.MARKET:
        require(qty <= market.market_qty_max, Reason.MARKET_QTY)


def check_price(market: Market, ticket: Ticket, mark: Decimal) -> None:
    """PRICE_FILTER and PERCENT_PRICE.

    Spot bounds both sides both ways; futures bound only the harmful way: a buy from above, a
    sell from below.
    """
    price, spot = ticket.price, market.kind is Kind.SPOT
    require(price > 0, Reason.PRICE_ZERO)
    require(price <= market.price_max, Reason.PRICE_MAX, market.price_max)
    require(price >= market.price_min, Reason.PRICE_MIN, market.price_min)
    require(price % market.tick == 0, Reason.PRICE_STEP)
    if spot or ticket.side is Side.BUY:
        require(price <= mark * market.up_max, Reason.PRICE_HIGH, mark * market.up_max)
    if spot or ticket.side is Side.SELL:
        require(price >= mark * market.down_min, Reason.PRICE_LOW, mark * market.down_min)


def check_notional(market: Market, ticket: Ticket, mark: Decimal) -> None:
    """MIN_NOTIONAL; futures exempt reduce-only orders."""
    if ticket.reduce_only:
        return
    price = ticket.price or mark
    require(price * ticket.qty >= market.notional_min, Reason.NOTIONAL, market.notional_min)
