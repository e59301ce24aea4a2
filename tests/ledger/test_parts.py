"""The parts of the result, what a hedge cost, and dollars as a step of its own."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from hedgebot.domain.instruments import InstrumentId, Side
from hedgebot.domain.ledger import PostingCause
from hedgebot.domain.orders import Cause, Fill, Leg, OrderId, OrderIntent, Purpose
from hedgebot.ledger.account import Told, account
from hedgebot.ledger.exact import total
from hedgebot.ledger.parts import hedge_costs, parts
from hedgebot.ledger.valuing import PARITY, Price, in_usd, price_of
from tests.ledger.samples import FUTURES, PERP, SPOT, T0, D, mark, posting, reading

SPOT_BTC = InstrumentId("spot:BTC/USDT")


def intent(number: int, mark_: float = 60_000.0) -> OrderIntent:
    return OrderIntent(
        order_id=OrderId(number),
        asset="BTC",
        instrument=PERP,
        side=Side.SELL,
        lots=100,
        qty=D("0.1"),
        price=D(59_000),
        reduce_only=False,
        purpose=Purpose.REBALANCE,
        mark=mark_,
        decided_ms=T0,
        send_before_ms=T0 + 500,
    )


def fill(number: int | None, price: str = "59990", **changes: Any) -> Fill:
    whole: dict[str, Any] = {
        "instrument": PERP,
        "trade_id": f"{number}-{price}",
        "venue_order_id": "1",
        "client_order_id": "",
        "order_id": None if number is None else OrderId(number),
        "side": Side.SELL,
        "qty": D("0.1"),
        "price": D(price),
        "fee": D("2.9995"),
        "fee_asset": "USDT",
        "cause": Cause.OURS,
        "legs": (),
        "venue_ms": T0 + 10,
    }
    return Fill(**(whole | changes))


def test_each_part_is_the_sum_of_its_own_records() -> None:
    rows = [
        posting("-0.1", cause=PostingCause.FEE, instrument=PERP, ref="a"),
        posting("-0.2", cause=PostingCause.FEE, instrument=PERP, ref="b"),
        posting("7", instrument=PERP, ref="c"),
        posting("-3", cause=PostingCause.TRADE, instrument=PERP, ref="d"),
        posting("9", cause=PostingCause.DEPOSIT, ref="e"),
        posting("0.5", cause=PostingCause.TRADE, asset="BTC", instrument=SPOT_BTC, ref="f"),
        posting("-0.001", cause=PostingCause.FEE, asset="BTC", instrument=SPOT_BTC, ref="g"),
    ]
    found = {(each.instrument, each.cause): (each.asset, each.change) for each in parts(rows)}
    assert found == {
        (PERP, PostingCause.FEE): ("USDT", D("-0.3")),
        (PERP, PostingCause.FUNDING): ("USDT", D(7)),
        (PERP, PostingCause.TRADE): ("USDT", D(-3)),
        (SPOT_BTC, PostingCause.FEE): ("BTC", D("-0.001")),
    }
    assert [each.records for each in parts(rows)] == [2, 1, 1, 1]


def test_a_hedge_costs_its_own_orders_fees_and_slippage_and_earns_its_funding() -> None:
    fills = [
        fill(1),
        fill(1, "60010"),
        fill(2, "60005", side=Side.BUY, fee=D("0.004"), fee_asset="BNB"),
        fill(None, "50000"),
    ]
    rows = [
        posting("7", instrument=PERP),
        posting("5", instrument=InstrumentId("perp:ETH/USDT:USDT")),
    ]
    (cost,) = hedge_costs(fills, {OrderId(1): intent(1), OrderId(2): intent(2)}, rows)
    assert (cost.asset, cost.orders, cost.fills) == ("BTC", 2, 3)
    assert cost.qty == D("0.3")
    assert cost.notional == D("18000.5")
    assert cost.slippage == D("1") - D("1") + D("0.5")
    assert cost.fees == {"USDT": D("5.999"), "BNB": D("0.004")}
    assert cost.funding == {"USDT": D(7)}


def test_an_order_without_a_mark_has_no_slippage_and_says_so() -> None:
    (cost,) = hedge_costs([fill(1)], {OrderId(1): intent(1, float("nan"))}, [])
    assert (cost.slippage, cost.unmarked) == (D(0), 1)


def test_an_execution_that_only_the_stream_told_is_posted_and_costs_are_of_the_window() -> None:
    legs = (
        Leg(wallet=SPOT, asset="BTC", change=D("0.0999")),
        Leg(wallet=SPOT, asset="USDT", change=D("-6000")),
    )
    heard = fill(
        None, "60000", instrument=SPOT_BTC, legs=legs, fee=D("0.0001"), fee_asset="BTC",
        side=Side.BUY,
    )  # fmt: skip
    late = fill(1, venue_ms=T0 + 99)
    told = Told(
        readings={
            SPOT: [
                reading(T0, {"USDT": "6000"}, SPOT),
                reading(T0 + 50, {"BTC": "0.0999"}, SPOT),
            ],
            FUTURES: [reading(T0, {}), reading(T0 + 50, {})],
        },
        postings=[],
        fills=[heard, fill(1), late],
        marks=[mark(T0 + 10**6), mark(T0 + 10**6, venue="spot")],
        intents={OrderId(1): intent(1)},
    )
    found = account(told, 0)
    assert [each.unexplained for each in found.statements] == [(), ()]
    spot = next(each for each in found.statements if each.wallet == SPOT)
    fees = [(each.asset, each.change) for each in spot.postings if each.cause is PostingCause.FEE]
    assert fees == [("BTC", D("-0.0001"))]
    assert [cost.fills for cost in found.hedges] == [1], "the late one is not in the window"


def test_dollars_name_the_source_of_their_price() -> None:
    known = {"BTC": Price(D("60000.5"), "mark at the decision of then", T0)}
    btc, usdt = price_of("BTC", known), price_of("USDT", known)
    assert btc
    assert usdt
    assert in_usd(D("-0.00000001"), btc) == D("-0.000600005")
    assert (usdt.usd, usdt.source) == (D(1), PARITY)
    assert in_usd(D(3), price_of("DOGE", known)) is None


AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=8, allow_nan=False)


@given(st.lists(st.tuples(AMOUNTS, st.sampled_from(PostingCause)), max_size=40))
@limits(max_examples=100, deadline=None)
def test_the_parts_and_the_rest_are_the_whole(rows: list[tuple[Decimal, PostingCause]]) -> None:
    postings = [
        replace(posting(str(change)), cause=cause, instrument=PERP, ref=str(number))
        for number, (change, cause) in enumerate(rows)
    ]
    named = {each.cause for each in parts(postings)}
    rest = [each.change for each in postings if each.cause not in named]
    changes = [each.change for each in parts(postings)]
    assert total((*changes, *rest)) == total(change for change, _ in rows)


def test_a_coin_margined_fill_is_worth_its_dollars() -> None:
    coin = InstrumentId("coin:BTC/USD:BTC")
    bought = fill(1, "50500", instrument=coin, side=Side.BUY, qty=D(10_000), fee_asset="BTC")
    wanted = replace(intent(1, 50_000.0), instrument=coin, side=Side.BUY)
    (cost,) = hedge_costs([bought], {OrderId(1): wanted}, [])
    assert (cost.qty, cost.notional) == (D(10_000), D(10_000))
    # 10,000 / 50,500 coins, each 500 dollars worse than the mark
    assert abs(cost.slippage - D("99.0099009900990099")) < D("1e-15")
