"""Acts of the venue on positions: liquidation when margin is gone, and deleveraging."""

from dataclasses import replace
from decimal import Decimal

from hedgebot.domain.instruments import Side
from hedgebot.venue_model import derivatives
from hedgebot.venue_model.book import Match
from hedgebot.venue_model.filters import require
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.ledger import Cause
from hedgebot.venue_model.margin import PositionKey
from hedgebot.venue_model.notices import Occasion
from hedgebot.venue_model.orders import Execution, OrderType, Ticket, TimeInForce
from hedgebot.venue_model.positions import cash
from hedgebot.venue_model.rejections import Reason

ZERO = Decimal(0)


def mark_moved(futures: Futures, symbol: str, mark: Decimal, index: Decimal) -> None:
    """Set mark and index of a perpetual, then liquidate if margin is gone."""
    futures.prices[symbol] = replace(futures.prices[symbol], mark=mark, index=index)
    asset = futures.settle(symbol)
    if any(held.qty for held in futures.positions.values()) and futures.totals(asset).liquidated:
        liquidate(futures, asset)


def liquidate(futures: Futures, asset: str) -> None:
    """Cancel every order that this coin margins, then take every such position over at its mark,
    for the liquidation fee.

    A wallet that is negative afterwards is lifted to zero by the insurance fund.
    """
    for order in futures.desk.orders.working_of(None):
        if futures.settle(order.ticket.symbol) == asset:
            derivatives.cancel(futures, order)
    for key, held in list(futures.positions.items()):
        if held.qty and futures.settle(key[0]) == asset:
            seize(futures, key)
    lift(futures, asset)


def seize(futures: Futures, key: PositionKey, qty: Decimal | None = None) -> None:
    """Liquidate one position at its mark, or `qty` (positive) of it.

    Raises:
        Rejected: REDUCE_ONLY, when the position is flat or smaller.
    """
    symbol, _ = key
    mark, market = futures.prices[symbol].mark, futures.desk.markets[symbol]
    price = (mark / market.tick).to_integral_value() * market.tick
    held = abs(futures.position(*key).qty)
    size = held if qty is None else qty
    require(ZERO < size <= held, Reason.REDUCE_ONLY)
    fee = cash(market.notional(size, price) * market.liquidation_fee)
    close(futures, key, Match(0, price, size), fee=fee, name=f"autoclose-{futures.desk.now()}")


def deleverage(
    futures: Futures,
    key: PositionKey,
    qty: Decimal,
    price: Decimal,
    *,
    execution: Execution = Execution.CALCULATED,
) -> None:
    """Auto-deleveraging: the venue closes `qty` (positive) against a bankrupt counterparty.

    Raises:
        Rejected: REDUCE_ONLY, when the position is smaller.
    """
    market = futures.desk.market(key[0])
    require(ZERO < qty <= abs(futures.position(*key).qty), Reason.REDUCE_ONLY)
    fee = cash(market.notional(qty, price) * market.fee_taker)
    match = Match(0, price, qty)
    close(futures, key, match, fee=fee, name="adl_autoclose", execution=execution)


def close(
    futures: Futures,
    key: PositionKey,
    match: Match,
    *,
    fee: Decimal,
    name: str,
    execution: Execution = Execution.CALCULATED,
) -> None:
    """Book a closing execution of the venue's own under its reserved client id."""
    symbol, side = key
    held = futures.position(*key)
    ticket = Ticket(
        symbol=symbol,
        side=Side.BUY if held.qty < 0 else Side.SELL,
        type=OrderType.LIMIT,
        tif=TimeInForce.IOC,
        qty=match.qty,
        price=match.price,
        client_id=name,
        reduce_only=True,
        position_side=side,
    )
    order = futures.desk.orders.open(ticket, futures.desk.now())
    charge = fee, futures.settle(symbol)  # the venue's own, whatever the owner switched on
    derivatives.book_trade(futures, order, match, charge=charge, maker=False, execution=execution)


def lift(futures: Futures, asset: str) -> None:
    """The insurance fund covers a negative wallet."""
    wallet = futures.desk.wallet
    short = -wallet.totals.get(asset, ZERO)
    if short > 0:
        wallet.change(asset, short, Cause.INSURANCE)
        futures.earned("INSURANCE_CLEAR", short, asset=asset)
        futures.tell(Occasion.INSURANCE, None, short, asset=asset)
