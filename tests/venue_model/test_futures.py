from decimal import Decimal

import pytest

from hedgebot.domain.instruments import Kind, Side
from hedgebot.venue_model import derivatives, liquidation, settings, treasury
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.ledger import WalletName
from hedgebot.venue_model.margin import liquidation_mark
from hedgebot.venue_model.notices import FuturesNotice, LeverageNotice, Occasion, OrderNotice
from hedgebot.venue_model.orders import Execution, PositionSide, Status, TimeInForce
from hedgebot.venue_model.rejections import Reason, Rejected
from tests.venue_model.worlds import START_MS, SYMBOL, World, world

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
KEY = (SYMBOL, PositionSide.BOTH)


def opened(qty: str = "-1", holds: str = "100000") -> tuple[World, Futures]:
    made = world(futures_holds={"USDT": holds})
    futures = made.venue.futures
    side = SELL if D(qty) < 0 else BUY
    derivatives.place(futures, made.ticket(side, str(abs(D(qty)))))
    made.notices.clear()
    return made, futures


def wallet(futures: Futures) -> Decimal:
    return futures.desk.wallet.totals["USDT"]


def test_opening_costs_the_fee_only() -> None:
    _, futures = opened("-1")
    position = futures.position(SYMBOL)
    assert (position.qty, position.average) == (D(-1), D("49999.5"))
    assert wallet(futures) == 100_000 - D("49999.5") * D("0.0005")


def test_closing_realises_against_the_entry() -> None:
    made, futures = opened("-1")
    before = wallet(futures)
    made.show("48000")
    liquidation.mark_moved(futures, SYMBOL, D(48_000), D(48_000))
    derivatives.place(futures, made.ticket(BUY, "0.5", reduce_only=True))
    trade = futures.desk.orders.trades[-1]
    assert trade.realized_pnl == D("0.5") * (D("49999.5") - D("48000.5"))
    assert wallet(futures) == before + trade.realized_pnl - trade.fee
    assert futures.position(SYMBOL).qty == D("-0.5")


def test_a_reduce_only_order_never_opens() -> None:
    made, futures = opened("-1")
    order = derivatives.place(futures, made.ticket(BUY, "3", reduce_only=True))
    assert (order.filled, futures.position(SYMBOL).qty) == (D(1), D(0))
    with pytest.raises(Rejected) as caught:
        derivatives.place(futures, made.ticket(BUY, "1", reduce_only=True))
    assert caught.value.reason is Reason.REDUCE_ONLY


def test_reduce_only_is_exempt_from_the_least_notional() -> None:
    made, futures = opened("-1")
    with pytest.raises(Rejected) as caught:
        derivatives.place(futures, made.ticket(BUY, "0.001", "48000"))
    assert caught.value.reason is Reason.NOTIONAL
    derivatives.place(futures, made.ticket(BUY, "0.001", "50010", reduce_only=True))
    assert futures.position(SYMBOL).qty == D("-0.999")


def test_resting_closers_expire_when_nothing_is_left_to_close() -> None:
    made, futures = opened("-1")
    resting = derivatives.place(
        futures, made.ticket(BUY, "1", "49000", tif=TimeInForce.GTC, reduce_only=True)
    )
    derivatives.place(futures, made.ticket(BUY, "1"))
    assert futures.desk.orders.orders[resting.id].status is Status.EXPIRED
    assert futures.position(SYMBOL).qty == 0


def test_two_resting_closers_crossed_at_once_never_open() -> None:
    made, futures = opened("-1")
    for _ in range(2):
        derivatives.place(
            futures, made.ticket(BUY, "0.8", "49000", tif=TimeInForce.GTC, reduce_only=True)
        )
    made.show("48900")
    assert futures.position(SYMBOL).qty == 0
    assert not futures.desk.orders.working


def test_margin_is_needed_to_open_but_not_to_close() -> None:
    made, futures = opened("-1", holds="2600")
    with pytest.raises(Rejected) as caught:
        derivatives.place(futures, made.ticket(SELL, "0.1"))
    assert caught.value.reason is Reason.MARGIN
    derivatives.place(futures, made.ticket(BUY, "1"))
    assert futures.position(SYMBOL).qty == 0


def test_open_orders_take_margin_of_the_larger_side() -> None:
    made, futures = opened("-1")
    before = futures.totals("USDT").available
    derivatives.place(futures, made.ticket(BUY, "1", "49000", tif=TimeInForce.GTC))
    assert futures.totals("USDT").available == before
    derivatives.place(futures, made.ticket(SELL, "1", "51000", tif=TimeInForce.GTC))
    assert before - futures.totals("USDT").available == D(51_000) / 20


def test_leverage_bounds_the_position() -> None:
    made, futures = opened("-1", holds="100000000")
    settings.set_leverage(futures, SYMBOL, 125)
    assert made.notices == [LeverageNotice(Kind.LINEAR, SYMBOL, 125, START_MS)]
    with pytest.raises(Rejected) as caught:
        derivatives.place(futures, made.ticket(SELL, "5.1"))
    assert caught.value.reason is Reason.POSITION_LIMIT
    with pytest.raises(Rejected) as caught:
        settings.set_leverage(futures, SYMBOL, 126)
    assert caught.value.reason is Reason.LEVERAGE


def test_the_position_side_must_fit_the_mode() -> None:
    made, futures = opened("-1")
    with pytest.raises(Rejected) as caught:
        derivatives.place(futures, made.ticket(BUY, "1", position_side=PositionSide.SHORT))
    assert caught.value.reason is Reason.POSITION_SIDE
    with pytest.raises(Rejected) as caught:
        settings.set_dual_side(futures, dual=True)
    assert caught.value.reason is Reason.POSITION_OPEN


def test_hedge_mode_keeps_both_sides_apart() -> None:
    made = world()
    futures = made.venue.futures
    settings.set_dual_side(futures, dual=True)
    for side, position_side in ((BUY, PositionSide.LONG), (SELL, PositionSide.SHORT)):
        derivatives.place(futures, made.ticket(side, "1", position_side=position_side))
    assert futures.position(SYMBOL, PositionSide.LONG).qty == 1
    assert futures.position(SYMBOL, PositionSide.SHORT).qty == -1
    derivatives.place(futures, made.ticket(BUY, "5", position_side=PositionSide.SHORT))
    assert futures.position(SYMBOL, PositionSide.SHORT).qty == 0
    with pytest.raises(Rejected) as caught:
        derivatives.place(
            futures, made.ticket(SELL, "1", position_side=PositionSide.LONG, reduce_only=True)
        )
    assert caught.value.reason is Reason.REDUCE_ONLY_UNWANTED


@pytest.mark.parametrize(("tif", "reason"), [("GTX", Reason.POST_ONLY), ("FOK", Reason.FOK)])
def test_orders_that_cannot_be_as_wanted_are_refused(tif: str, reason: Reason) -> None:
    made, futures = opened("-1")
    with pytest.raises(Rejected) as caught:
        derivatives.place(futures, made.ticket(SELL, "6", "49999.5", tif=TimeInForce(tif)))
    assert caught.value.reason is reason


def test_a_market_order_stops_at_the_take_bound() -> None:
    made, futures = opened("-1")
    made.show("56000")
    order = derivatives.place(futures, made.ticket(BUY, "1"))
    assert (order.status, order.filled) == (Status.EXPIRED, D(0))


def test_each_execution_tells_the_account_then_the_order() -> None:
    made, futures = opened("-1")
    derivatives.place(futures, made.ticket(BUY, "1", "50010"))
    told = [
        n.execution if isinstance(n, OrderNotice) else n.occasion
        for n in made.notices
        if isinstance(n, OrderNotice | FuturesNotice)
    ]
    assert told == [Execution.NEW, Occasion.ORDER, Execution.TRADE]


def test_funding_with_a_positive_rate_pays_the_short() -> None:
    made, futures = opened("-2")
    before = wallet(futures)
    assert treasury.pay_funding(futures, SYMBOL) == D(10)
    assert wallet(futures) - before == D(10)
    notice = made.notices[-1]
    assert isinstance(notice, FuturesNotice)
    assert (notice.occasion, notice.positions) == (Occasion.FUNDING, ())


def test_funding_is_settled_once_when_due() -> None:
    made, futures = opened("-2")
    treasury.fund_what_is_due(futures)
    assert futures.funding_rates == []
    made.now[0] = futures.prices[SYMBOL].funding_ms
    treasury.fund_what_is_due(futures)
    treasury.fund_what_is_due(futures)
    assert len(futures.funding_rates) == 1
    assert futures.prices[SYMBOL].funding_ms == made.now[0] + 8 * 3_600_000


def test_liquidation_happens_where_the_formula_says() -> None:
    made, futures = opened("-1", holds="10000")
    exposure = futures.exposure(KEY)
    mark = liquidation_mark(wallet(futures), exposure)
    liquidation.mark_moved(futures, SYMBOL, mark - 1, mark)
    assert futures.position(SYMBOL).qty == -1
    liquidation.mark_moved(futures, SYMBOL, mark + 1, mark)
    assert futures.position(SYMBOL).qty == 0
    notice = made.notices[-2]
    assert isinstance(notice, OrderNotice)
    assert notice.execution is Execution.CALCULATED
    assert notice.order.ticket.client_id.startswith("autoclose-")


def test_the_insurance_fund_lifts_a_negative_wallet_to_zero() -> None:
    _, futures = opened("-1", holds="10000")
    liquidation.mark_moved(futures, SYMBOL, D(70_000), D(70_000))
    assert wallet(futures) == 0
    assert futures.income[-1].kind == "INSURANCE_CLEAR"


def test_deleveraging_closes_a_part_under_its_own_name() -> None:
    made, futures = opened("-1")
    liquidation.deleverage(futures, KEY, D("0.4"), D(50_000))
    assert futures.position(SYMBOL).qty == D("-0.6")
    notice = made.notices[-1]
    assert isinstance(notice, OrderNotice)
    assert (notice.execution, notice.order.ticket.client_id) == (
        Execution.CALCULATED,
        "adl_autoclose",
    )
    with pytest.raises(Rejected):
        liquidation.deleverage(futures, KEY, D(2), D(50_000))


def test_a_transfer_may_not_take_what_margin_needs() -> None:
    _, futures = opened("-1", holds="10000")
    with pytest.raises(Rejected) as caught:
        treasury.transfer_futures_half(futures, "USDT", D(-8_000), 1)
    assert caught.value.reason is Reason.BALANCE
    treasury.transfer_futures_half(futures, "USDT", D(-7_000), 1)
    assert futures.desk.wallet.ledger.sums(WalletName.FUTURES)["USDT"] == wallet(futures)
