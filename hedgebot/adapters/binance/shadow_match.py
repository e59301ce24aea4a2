"""One order of a dry run, put to the model of the venue over the live book.

The model is built anew for each order from what is known at that moment: the real account and the
shadow together, the marks, and the book that was read in the order's place. Filters, reduce-only,
margin, the walk through the levels and the fee are the model's, as the local exchange has them.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from hedgebot.adapters.binance.depth import Depth, Level
from hedgebot.adapters.binance.errors import sort_answer
from hedgebot.adapters.binance.shadow import DRY, ZERO, Account, Done, Shadow
from hedgebot.domain.events import Refused
from hedgebot.domain.instruments import Kind
from hedgebot.domain.orders import (
    Cause,
    Fill,
    OrderId,
    OrderIntent,
    OrderReport,
    OrderStatus,
    Refusal,
)
from hedgebot.venue_model import derivatives
from hedgebot.venue_model.book import Book
from hedgebot.venue_model.desk import Desk
from hedgebot.venue_model.futures import Futures, Prices
from hedgebot.venue_model.ledger import Ledger, Wallet, WalletName
from hedgebot.venue_model.markets import Bracket, Market
from hedgebot.venue_model.orders import (
    Order,
    OrderType,
    PositionSide,
    Ticket,
    TimeInForce,
    Trade,
)
from hedgebot.venue_model.positions import Position
from hedgebot.venue_model.rejections import Reason, Rejected

ENDLESS = Decimal(10) ** 18
NO_TIERS = (Bracket(ZERO, ENDLESS, 1_000, ZERO, ZERO),)
"""Tiers of leverage and maintenance are not modelled: no position is too large, none liquidated."""
WORDS: Mapping[Reason, tuple[int, str]] = {
    Reason.QTY_MIN: (-4003, "Quantity less than or equal to zero."),
    Reason.QTY_MAX: (-4005, "Quantity greater than max quantity."),
    Reason.QTY_STEP: (-1111, "Precision is over the maximum defined for this asset."),
    Reason.PRICE_STEP: (-4014, "Price not increased by tick size."),
    Reason.PRICE_HIGH: (-4016, "Limit price can't be higher than the mark allows."),
    Reason.PRICE_LOW: (-4024, "Limit price can't be lower than the mark allows."),
    Reason.NOTIONAL: (-4164, "Order's notional is below the minimum."),
    Reason.MARGIN: (-2019, "Margin is insufficient."),
    Reason.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
}
"""The venue's own codes. Source: Binance, USDT-M error codes."""
UNNAMED = -1100
"""For what cannot come up with an order of ours: a refusal like any other."""


def match(account: Account, intent: OrderIntent, depth: Depth, now_ms: int) -> Done:
    """What the venue would have made of the order; nothing of the account is changed.

    Args:
        account: the real account and its shadows.
        intent: an IOC limit order on a linear instrument.
        depth: the book that it meets.
        now_ms: the time of the fills, the venue's clock.

    Raises:
        Rejected: the venue would have refused it.
    """
    shadow = account.shadows[intent.instrument]
    futures = _futures(account, shadow, intent, now_ms)
    symbol = shadow.instrument.market_id
    lot = shadow.instrument.lot
    futures.desk.books[symbol].show(_whole(depth.bids, lot), _whole(depth.asks, lot))
    ticket = Ticket(
        symbol=symbol,
        side=intent.side,
        type=OrderType.LIMIT,
        tif=TimeInForce.IOC,
        qty=intent.qty,
        price=intent.price,
        client_id=name_of(intent.order_id),
        reduce_only=intent.reduce_only,
    )
    order = derivatives.place(futures, ticket)
    report = _report(intent, order, now_ms)
    trades = enumerate(futures.desk.orders.trades, start=1)
    return Done(report, tuple(_fill(report, shadow, trade, number) for number, trade in trades))


def name_of(order_id: OrderId) -> str:
    """What a shadow order is called in place of a venue's number."""
    return f"{DRY}{order_id:032x}"


def refused(order_id: OrderId, rejected: Rejected) -> Refused:
    """The refusal as the venue would have worded it, sorted as the venue's own are."""
    code, words = WORDS.get(rejected.reason, (UNNAMED, str(rejected)))
    failure = sort_answer(400, {"code": code, "msg": words})
    assert failure is not None
    assert isinstance(failure.meaning, Refusal)
    return Refused(order_id, failure.meaning, failure.code, f"{words} (dry run)")


def earlier(intent: OrderIntent, fills: tuple[Fill, ...]) -> Done:
    """An order of an earlier process that the journal does not show closed, from its fills."""
    filled = sum((fill.qty for fill in fills), ZERO)
    status = OrderStatus.FILLED if filled == intent.qty else OrderStatus.EXPIRED
    return Done(_said(intent, status, filled, fills[-1].venue_ms), fills)


def _futures(account: Account, shadow: Shadow, intent: OrderIntent, now_ms: int) -> Futures:
    """The desk as it stands: every shadow that shares the settlement coin, and its wallet."""
    settle = shadow.instrument.settle
    sharing = [each for each in account.shadows.values() if _shares(each, settle)]
    wallet = Wallet(WalletName.FUTURES, Ledger(lambda: now_ms))
    markets = {each.instrument.market_id: _market(each) for each in sharing}
    desk = Desk(markets, wallet, lambda: now_ms, _untold, {symbol: Book() for symbol in markets})
    futures = Futures(desk)
    cash = sum((each.cash for each in sharing), ZERO)
    wallet.totals[settle] = account.funds.get(settle, ZERO) + cash
    for each in sharing:
        symbol = each.instrument.market_id
        mark = each.mark.mark if each.mark else intent.mark if each is shadow else None
        if mark is None:
            continue  # a position without a mark: nothing is held against the margin for it
        price = Decimal(repr(mark))
        futures.prices[symbol] = Prices(price, price, ZERO, 0)
        held = Position(each.shown().qty, each.cost)
        futures.positions[symbol, PositionSide.BOTH] = held
        if each.leverage is not None:
            futures.modes.leverage[symbol] = each.leverage
    return futures


def _whole(levels: Sequence[Level], lot: Decimal) -> list[Level]:
    """Whole lots: nobody sells a part of one, whatever a venue shows."""
    return [(price, qty // lot * lot) for price, qty in levels]


def _shares(shadow: Shadow, settle: str) -> bool:
    instrument = shadow.instrument
    return instrument.kind is Kind.LINEAR and instrument.settle == settle


def _market(shadow: Shadow) -> Market:
    own = shadow.instrument
    return Market(
        symbol=own.market_id,
        kind=own.kind,
        base=own.asset,
        quote=own.settle,
        tick=own.tick,
        lot=own.lot,
        price_digits=0,
        qty_digits=0,
        qty_min=own.qty(own.lots_min),
        qty_max=own.qty(own.lots_max),
        market_qty_max=ZERO,
        price_min=own.tick,
        price_max=ENDLESS,
        notional_min=own.notional_min,
        up_max=own.price_up_max or ENDLESS,
        down_min=own.price_down_min or ZERO,
        fee_maker=ZERO,
        fee_taker=shadow.taker_fee,
        brackets=NO_TIERS,
    )


def _untold(_notice: object) -> None:
    """Whoever asked hears of the order by its answer."""


def _report(intent: OrderIntent, order: Order, now_ms: int) -> OrderReport:
    status = OrderStatus.EXPIRED if order.left else OrderStatus.FILLED
    return _said(intent, status, order.filled, now_ms)


def _said(intent: OrderIntent, status: OrderStatus, filled: Decimal, now_ms: int) -> OrderReport:
    name = name_of(intent.order_id)
    return intent.reported(
        status, filled, client_order_id=name, venue_order_id=name, venue_ms=now_ms
    )


def _fill(report: OrderReport, shadow: Shadow, trade: Trade, number: int) -> Fill:
    """Its legs are empty: no wallet changes in a dry run."""
    return Fill(
        instrument=report.instrument,
        trade_id=f"{report.venue_order_id}-{number}",
        venue_order_id=report.venue_order_id,
        client_order_id=report.client_order_id,
        order_id=report.order_id,
        side=report.side,
        qty=trade.qty,
        price=trade.price,
        fee=trade.fee,
        fee_asset=shadow.instrument.settle,
        cause=Cause.OURS,
        legs=(),
        venue_ms=report.venue_ms,
    )
