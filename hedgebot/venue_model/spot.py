"""The spot desk: balances with locked parts, fees in the coin received or in the venue's own."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from hedgebot.domain.instruments import Side
from hedgebot.venue_model.book import Level, Match
from hedgebot.venue_model.desk import (
    Costs,
    Desk,
    Rules,
    executed,
    fill_makers,
    require_match,
    run,
    withdraw,
)
from hedgebot.venue_model.fee_coin import COIN
from hedgebot.venue_model.filters import check
from hedgebot.venue_model.ledger import Cause
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.notices import SpotChange, SpotNotice
from hedgebot.venue_model.orders import Execution, Order, OrderType, Ticket
from hedgebot.venue_model.positions import CASH, cash
from hedgebot.venue_model.rejections import Reason, Rejected

ZERO = Decimal(0)


def average_price(desk: Desk, symbol: str) -> Decimal:
    """The reference of the spot filters: here the middle of the touch.

    Raises:
        Rejected: the book is empty on a side.
    """
    touch = desk.books[symbol].touch()
    if touch is None:
        raise Rejected(Reason.NO_LIQUIDITY)
    return (touch[0][0] + touch[1][0]) / 2


def place(desk: Desk, ticket: Ticket) -> Order:
    """Accept, match, rest or expire an order.

    Raises:
        Rejected: filters, balance, duplicate id of an open order, post-only that would take.
    """
    market = desk.market(ticket.symbol)
    check(market, ticket, average_price(desk, ticket.symbol))
    desk.orders.require_fresh(ticket.client_id)
    desk.orders.require_room(ticket.symbol)
    limit = None if ticket.type is OrderType.MARKET else ticket.price
    asset, qty = needed(desk, market, ticket)
    if desk.wallet.free(asset) < qty:
        raise Rejected(Reason.BALANCE)
    if ticket.post_only:
        require_match(desk.books[ticket.symbol], ticket, limit)
    order = desk.orders.open(ticket, desk.now())
    desk.notify(order, Execution.NEW)
    if limit is not None:
        desk.wallet.lock(asset, qty)
    order = run(desk, order, limit, rules(desk))
    tell_traded(desk, market)
    return order


def needed(desk: Desk, market: Market, ticket: Ticket) -> tuple[str, Decimal]:
    """What an order may spend at most: the asset and its quantity."""
    if ticket.side is Side.SELL:
        return market.base, ticket.qty
    if ticket.type is not OrderType.MARKET:
        return market.quote, ticket.qty * ticket.price
    cost, left = ZERO, ticket.qty
    for price, shown in desk.books[ticket.symbol].asks.levels():
        piece = min(left, shown)
        cost, left = cost + piece * price, left - piece
        if not left:
            break
    return market.quote, cost


def quantity_for(desk: Desk, symbol: str, side: Side, quote: Decimal) -> Decimal:
    """Base quantity that a market order for so much quote trades, whole lots, rounded down.

    Raises:
        Rejected: unknown symbol.
    """
    market = desk.market(symbol)
    found, left = ZERO, quote
    for price, shown in desk.books[symbol].ladder(side.opposite).levels():
        piece = min(left / price, shown)
        found, left = found + piece, left - piece * price
        if left <= 0:
            break
    return found // market.lot * market.lot


def rules(desk: Desk) -> Rules:
    """How this desk books."""
    return Rules(
        settle=lambda order, match, maker: settle(desk, order, match, maker=maker),
        release=lambda order: release(desk, order),
    )


def release(desk: Desk, order: Order) -> None:
    """Unlock what a closing order had left."""
    unlock(desk, order, order.left)


def unlock(desk: Desk, order: Order, qty: Decimal) -> None:
    """Unlock the part of an order's reservation that belongs to a quantity."""
    ticket, market = order.ticket, desk.markets[order.ticket.symbol]
    if ticket.type is OrderType.MARKET:
        return
    if ticket.side is Side.SELL:
        desk.wallet.lock(market.base, -qty)
    else:
        desk.wallet.lock(market.quote, -qty * ticket.price)


def settle(desk: Desk, order: Order, match: Match, *, maker: bool) -> Order:
    """Exchange coins for quote; the fee is taken from what is received, or in the venue's coin."""
    ticket, market = order.ticket, desk.markets[order.ticket.symbol]
    unlock(desk, order, match.qty)
    quote = cash(match.qty * match.price)
    rate = market.fee_maker if maker else market.fee_taker
    base, paid = (match.qty, market.base), (quote, market.quote)
    (got, got_asset), given = (base, paid) if ticket.side is Side.BUY else (paid, base)
    fee = (got * rate).quantize(CASH, ROUND_DOWN)
    fee, fee_asset = desk.charge(fee, got_asset, given=given)
    order = desk.filled(order, match.qty, match.price)
    trade = executed(desk, order, match, Costs(fee, fee_asset, maker))
    sign = ticket.side.value
    for asset, change, cause in (
        (market.base, sign * match.qty, Cause.TRADE),
        (market.quote, -sign * quote, Cause.TRADE),
        (trade.fee_asset, -fee, Cause.FEE),
    ):
        desk.wallet.change(asset, change, cause, symbol=ticket.symbol, ref=trade.id)
    desk.notify(order, Execution.TRADE, trade)
    return order


def cancel(desk: Desk, order: Order, cancel_id: str = "") -> Order:
    """Cancel a working order.

    Raises:
        Rejected: it is not working.
    """
    closed = withdraw(desk, order, rules(desk), cancel_id=cancel_id)
    market = desk.markets[order.ticket.symbol]
    tell_balances(desk, market.base, market.quote)
    return closed


def show(desk: Desk, symbol: str, bids: Sequence[Level], asks: Sequence[Level]) -> None:
    """The market's depth changed."""
    made(desk, symbol, desk.books[symbol].show(bids, asks))


def made(desk: Desk, symbol: str, matches: list[Match]) -> None:
    """Book executions of resting orders and tell the balances."""
    if matches:
        fill_makers(desk, matches, rules(desk))
        tell_traded(desk, desk.markets[symbol])


def move(desk: Desk, asset: str, change: Decimal, cause: Cause, *, ref: int) -> None:
    """A deposit, a withdrawal or one half of a transfer.

    Raises:
        Rejected: more than what is free would leave.
    """
    if desk.wallet.free(asset) + change < 0:
        raise Rejected(Reason.BALANCE)
    desk.wallet.change(asset, change, cause, ref=ref)
    desk.tell(SpotChange(asset, change, desk.now()))
    tell_balances(desk, asset)


def tell_traded(desk: Desk, market: Market) -> None:
    """Send what executions of a market may have changed."""
    coin = (COIN,) if desk.fee_coin else ()
    tell_balances(desk, *dict.fromkeys((market.base, market.quote, *coin)))


def tell_balances(desk: Desk, *assets: str) -> None:
    """Send free and locked of the assets that may have changed."""
    wallet = desk.wallet
    found = tuple((a, wallet.free(a), wallet.locked.get(a, ZERO)) for a in assets)
    desk.tell(SpotNotice(found, desk.now()))
