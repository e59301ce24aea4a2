"""Trading perpetuals: margin check, reduce-only, position sides, settlement of executions."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hedgebot.domain.instruments import Side
from hedgebot.venue_model.book import Level, Match
from hedgebot.venue_model.desk import (
    Costs,
    Rules,
    executed,
    fill_makers,
    require_match,
    run,
    withdraw,
)
from hedgebot.venue_model.fee_coin import Charge
from hedgebot.venue_model.filters import check, require
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.ledger import Cause
from hedgebot.venue_model.margin import Exposure, PositionKey
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.notices import Occasion, TradeNotice
from hedgebot.venue_model.orders import (
    Execution,
    Order,
    OrderType,
    PositionSide,
    Status,
    Ticket,
    Trade,
)
from hedgebot.venue_model.positions import cash
from hedgebot.venue_model.rejections import Reason

ZERO = Decimal(0)


def place(futures: Futures, ticket: Ticket) -> Order:
    """Accept, match, rest or expire an order.

    Raises:
        Rejected: filters, margin, reduce-only, position side, duplicate id of an open order.
    """
    desk = futures.desk
    market = desk.market(ticket.symbol)
    require_side(futures, ticket)
    check(market, ticket, futures.prices[ticket.symbol].mark)
    ticket = reducing(futures, ticket)
    desk.orders.require_fresh(ticket.client_id)
    desk.orders.require_room(ticket.symbol)
    limit = taker_limit(futures, market, ticket)
    require_match(desk.books[ticket.symbol], ticket, limit)
    require_margin(futures, ticket)
    order = desk.orders.open(ticket, desk.now())
    desk.notify(order, Execution.NEW)
    return run(desk, order, limit, rules(futures))


def key_of(ticket: Ticket) -> PositionKey:
    """The position that an order changes."""
    return ticket.symbol, ticket.position_side


def closes(ticket: Ticket) -> bool:
    """In hedge mode the position side alone says whether an order closes."""
    sides = {PositionSide.LONG: Side.SELL, PositionSide.SHORT: Side.BUY}
    return sides.get(ticket.position_side) is ticket.side


def require_side(futures: Futures, ticket: Ticket) -> None:
    """One-way mode wants BOTH, hedge mode wants LONG or SHORT and no reduceOnly.

    Raises:
        Rejected: POSITION_SIDE or REDUCE_ONLY_UNWANTED.
    """
    both = ticket.position_side is PositionSide.BOTH
    require(both is not futures.modes.dual_side, Reason.POSITION_SIDE)
    require(both or not ticket.reduce_only, Reason.REDUCE_ONLY_UNWANTED)


def reducing(futures: Futures, ticket: Ticket) -> Ticket:
    """A reduce-only order as the venue takes it: cut to the position.

    Raises:
        Rejected: REDUCE_ONLY, when nothing on the other side is left to close.
    """
    if not ticket.reduce_only and not closes(ticket):
        return ticket
    room = room_to_close(futures, ticket)
    require(room > 0, Reason.REDUCE_ONLY)
    return replace(ticket, qty=min(ticket.qty, room))


def room_to_close(futures: Futures, ticket: Ticket) -> Decimal:
    """How much of the position an order of this side could close; zero or less if nothing."""
    return -futures.position(*key_of(ticket)).qty * ticket.side.value


def taker_limit(futures: Futures, market: Market, ticket: Ticket) -> Decimal | None:
    """How far an order may reach: its limit; for market orders the venue's own take bound."""
    if ticket.type is not OrderType.MARKET:
        return ticket.price
    mark = futures.prices[ticket.symbol].mark
    return mark * (1 + ticket.side.value * market.take_bound)


def require_margin(futures: Futures, ticket: Ticket) -> None:
    """The opening part needs initial margin, plus its loss at the mark, plus the fee.

    Raises:
        Rejected: MARGIN, or POSITION_LIMIT of the leverage set.
    """
    if ticket.reduce_only or closes(ticket):
        return
    key, side = key_of(ticket), ticket.side.value
    exposure = futures.exposure(key)
    held = exposure.position.qty
    opening = max(ZERO, abs(held + side * ticket.qty) - abs(held))
    if not opening:
        return
    mark, market, leverage = exposure.mark, exposure.market, exposure.leverage
    price = ticket.price or mark
    loss = max(ZERO, (market.worth(price) - market.worth(mark)) * side)
    cost = market.notional(opening, price) * (1 / Decimal(leverage) + market.fee_taker)
    cost += opening * loss
    require(futures.totals(market.settle).available >= cost, Reason.MARGIN)
    after = market.notional(held + side * ticket.qty, mark)
    require(after <= notional_max(market, leverage), Reason.POSITION_LIMIT)


def notional_max(market: Market, leverage: int) -> Decimal:
    """Largest position at a leverage, in the settlement coin."""
    return max((t.cap for t in market.brackets if t.leverage_max >= leverage), default=ZERO)


def rules(futures: Futures) -> Rules:
    """How this desk books: nothing is set aside for orders, margin is computed."""
    return Rules(
        settle=lambda order, match, maker: settle(futures, order, match, maker=maker),
        release=lambda _: None,
    )


def settle(futures: Futures, order: Order, match: Match, *, maker: bool) -> Order:
    """Change the position, book profit and fee, tell.

    A resting order that may only close is cut to what is left of the position.
    """
    market, ticket = futures.desk.markets[order.ticket.symbol], order.ticket
    rate = market.fee_maker if maker else market.fee_taker
    if maker and (ticket.reduce_only or closes(ticket)):
        match = replace(match, qty=min(match.qty, room_to_close(futures, ticket)))
    fee = cash(market.notional(match.qty, match.price) * rate)
    charge = futures.desk.charge(fee, market.settle)
    return book_trade(futures, order, match, charge=charge, maker=maker, execution=Execution.TRADE)


def book_trade(
    futures: Futures,
    order: Order,
    match: Match,
    *,
    charge: Charge,
    maker: bool,
    execution: Execution,
) -> Order:
    """Book one execution with a given fee: also the venue's own (liquidation, ADL)."""
    desk, ticket = futures.desk, order.ticket
    order = desk.filled(order, match.qty, match.price)
    key, change = key_of(ticket), ticket.side.value * match.qty
    before, market = futures.position(*key), desk.markets[ticket.symbol]
    worth = market.worth(match.price)
    futures.positions[key], profit = before.traded(change, worth, desk.now())
    trade = executed(desk, order, match, Costs(*charge, maker, profit))
    book_cash(futures, trade)
    if execution is Execution.TRADE:
        desk.tell(TradeNotice(market, order, trade))
    futures.tell(Occasion.ORDER, key, fee_asset=trade.fee_asset)
    desk.notify(order, execution, trade)
    expire_idle_closers(futures, key)
    return desk.orders.orders[order.id]


def expire_idle_closers(futures: Futures, key: PositionKey) -> None:
    """Resting orders that may only close expire when there is nothing left to close."""
    for order in futures.desk.orders.working_of(key[0]):
        ticket = order.ticket
        closer = ticket.reduce_only or closes(ticket)
        if closer and key_of(ticket) == key and room_to_close(futures, ticket) <= 0:
            futures.desk.close(order, Status.EXPIRED, Execution.EXPIRED)


def book_cash(futures: Futures, trade: Trade) -> None:
    """Profit and fee into the wallet and the income history."""
    settled = futures.settle(trade.symbol)
    for change, asset, cause, kind in (
        (trade.realized_pnl, settled, Cause.REALIZED_PNL, "REALIZED_PNL"),
        (-trade.fee, trade.fee_asset, Cause.FEE, "COMMISSION"),
    ):
        if change:
            futures.desk.wallet.change(asset, change, cause, symbol=trade.symbol, ref=trade.id)
            futures.earned(kind, change, symbol=trade.symbol, trade_id=trade.id, asset=asset)


def cancel(futures: Futures, order: Order) -> Order:
    """Cancel a working order.

    Raises:
        Rejected: it is not working.
    """
    return withdraw(futures.desk, order, rules(futures))


def show(futures: Futures, symbol: str, bids: Sequence[Level], asks: Sequence[Level]) -> None:
    """The market's depth changed."""
    made(futures, futures.desk.books[symbol].show(bids, asks))


def made(futures: Futures, matches: list[Match]) -> None:
    """Book executions of resting orders."""
    fill_makers(futures.desk, matches, rules(futures))


def exposures(futures: Futures) -> list[Exposure]:
    """Every position that is not flat."""
    return [futures.exposure(key) for key, held in futures.positions.items() if held.qty]
