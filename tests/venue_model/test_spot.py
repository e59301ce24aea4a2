from decimal import Decimal
from typing import Any

import pytest

from hedgebot.domain.instruments import Kind, Side
from hedgebot.venue_model import spot
from hedgebot.venue_model.ledger import Cause, WalletName
from hedgebot.venue_model.notices import OrderNotice, SpotNotice
from hedgebot.venue_model.orders import Execution, OrderType, Status, TimeInForce
from hedgebot.venue_model.rejections import Reason, Rejected
from tests.venue_model.worlds import SYMBOL, World, market, world

D = Decimal
BUY, SELL = Side.BUY, Side.SELL


def refused(made: World, reason: Reason, **ticket: Any) -> None:
    before = dict(made.venue.spot.wallet.totals)
    fields: dict[str, Any] = {"side": BUY, "qty": "1", "price": "50000", **ticket}
    with pytest.raises(Rejected) as caught:
        spot.place(made.venue.spot, made.ticket(**fields))
    assert caught.value.reason is reason
    assert made.venue.spot.wallet.totals == before
    assert made.notices == []


def test_a_buy_pays_its_fee_in_the_coin_it_receives() -> None:
    made = world()
    order = spot.place(made.venue.spot, made.ticket(BUY, "2", "50010"))
    assert (order.status, order.average(market(Kind.SPOT))) == (Status.FILLED, D("50000.5"))
    totals = made.venue.spot.wallet.totals
    assert totals["BTC"] == 12 - D("0.002")
    assert totals["USDT"] == 1_000_000 - D("100001")


def test_a_sell_pays_its_fee_in_quote() -> None:
    made = world()
    spot.place(made.venue.spot, made.ticket(SELL, "1", "49000"))
    assert made.venue.spot.wallet.totals["BTC"] == 9
    assert made.venue.spot.wallet.totals["USDT"] == 1_000_000 + D("49999.5") * D("0.999")


def test_ioc_takes_what_is_there_and_expires() -> None:
    made = world()
    order = spot.place(made.venue.spot, made.ticket(BUY, "7", "50000.50"))
    assert (order.status, order.filled) == (Status.EXPIRED, D(5))
    assert made.venue.spot.wallet.locked["USDT"] == 0


def test_fok_takes_all_or_nothing() -> None:
    made = world()
    for qty, filled in (("5", D(5)), ("6", D(0))):
        made.show()
        order = spot.place(made.venue.spot, made.ticket(BUY, qty, "50000.50", tif=TimeInForce.FOK))
        assert (order.filled, order.status.working) == (filled, False)
    assert made.venue.spot.wallet.locked["USDT"] == 0


def test_a_resting_buy_locks_quote_and_gets_the_better_price_back() -> None:
    made = world()
    desk = made.venue.spot
    order = spot.place(desk, made.ticket(BUY, "6", "50000.5", tif=TimeInForce.GTC))
    assert (order.status, order.filled) == (Status.PARTIALLY_FILLED, D(5))
    assert desk.wallet.locked["USDT"] == D("50000.5")
    made.show("49990")
    assert desk.orders.orders[order.id].status is Status.FILLED
    assert desk.orders.trades[-1].maker
    assert desk.wallet.locked["USDT"] == 0


def test_cancel_gives_back_and_cannot_be_repeated() -> None:
    made = world()
    desk = made.venue.spot
    order = spot.place(desk, made.ticket(SELL, "1", "60000", tif=TimeInForce.GTC))
    assert desk.wallet.free("BTC") == 9
    closed = spot.cancel(desk, order, "mine")
    assert (closed.status, desk.wallet.free("BTC")) == (Status.CANCELED, D(10))
    with pytest.raises(Rejected, match="unknown order"):
        spot.cancel(desk, closed)


def test_events_come_as_new_then_trades_then_balances() -> None:
    made = world()
    spot.place(made.venue.spot, made.ticket(BUY, "7"))
    kinds = [n.execution if isinstance(n, OrderNotice) else type(n) for n in made.notices]
    assert kinds == [Execution.NEW, Execution.TRADE, Execution.TRADE, SpotNotice]


def test_own_orders_never_trade_with_each_other() -> None:
    made = world()
    desk = made.venue.spot
    maker = spot.place(desk, made.ticket(SELL, "1", "50000.1", tif=TimeInForce.GTC))
    taker = spot.place(desk, made.ticket(BUY, "1", "50000.5"))
    assert desk.orders.orders[maker.id].status is Status.EXPIRED_IN_MATCH
    assert taker.average(market(Kind.SPOT)) == D("50000.5")


def test_an_own_order_that_is_not_reached_stays() -> None:
    made = world()
    desk = made.venue.spot
    maker = spot.place(desk, made.ticket(SELL, "1", "50001.5", tif=TimeInForce.GTC))
    spot.place(desk, made.ticket(BUY, "5", "50001.5"))
    assert desk.orders.orders[maker.id].status is Status.NEW


def test_an_id_may_be_used_again_once_its_order_is_closed() -> None:
    made = world()
    desk = made.venue.spot
    first = spot.place(desk, made.ticket(BUY, "1", "40000", tif=TimeInForce.GTC, client_id="a"))
    with pytest.raises(Rejected, match="duplicate"):
        spot.place(desk, made.ticket(BUY, "1", "50010", client_id="a"))
    spot.cancel(desk, first)
    again = spot.place(desk, made.ticket(BUY, "1", "50010", client_id="a"))
    assert again.status is Status.FILLED
    assert desk.orders.find(SYMBOL, None, "a") == again


@pytest.mark.parametrize(
    ("reason", "ticket"),
    [
        (Reason.SYMBOL, {"symbol": "NONEUSDT"}),
        (Reason.QTY_ZERO, {"qty": "0"}),
        (Reason.QTY_MAX, {"qty": "1001"}),
        (Reason.QTY_STEP, {"qty": "0.000015"}),
        (Reason.MARKET_QTY, {"qty": "101", "price": ""}),
        (Reason.PRICE_STEP, {"price": "50000.001"}),
        (Reason.PRICE_HIGH, {"price": "250001"}),
        (Reason.PRICE_LOW, {"price": "9999"}),
        (Reason.NOTIONAL, {"qty": "0.00001"}),
        (Reason.BALANCE, {"qty": "21"}),
        (Reason.BALANCE, {"side": SELL, "qty": "10.5"}),
        (Reason.POST_ONLY, {"price": "50001", "type": OrderType.LIMIT_MAKER}),
    ],
)
def test_refusals_change_nothing(reason: Reason, ticket: dict[str, object]) -> None:
    refused(world(), reason, **ticket)


def test_the_ledger_says_why_of_each_change() -> None:
    made = world()
    spot.place(made.venue.spot, made.ticket(BUY, "1", "50010"))
    causes = [(r.cause, r.asset, r.change) for r in made.venue.ledger.rows[-3:]]
    assert causes == [
        (Cause.TRADE, "BTC", D(1)),
        (Cause.TRADE, "USDT", D("-50000.5")),
        (Cause.FEE, "BTC", D("-0.001")),
    ]
    assert made.venue.ledger.sums(WalletName.SPOT) == made.venue.spot.wallet.totals
