from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import ids
from hedgebot.adapters.binance.messages import KeyExpired
from hedgebot.adapters.binance.names import UnknownName
from hedgebot.adapters.binance.translate_futures import translate
from hedgebot.domain.events import (
    BalanceSeen,
    FillSeen,
    FundingSeen,
    MarkSeen,
    ModeName,
    ModeSeen,
    OrderSeen,
    PositionSeen,
    TouchSeen,
)
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Cause, Fill, OrderId, OrderStatus
from hedgebot.errors import Unsupported
from tests.adapters.binance.recordings import FUTURES, recorded

BTC = InstrumentId("perp:BTC/USDT:USDT")
OURS = OrderId(0x1A2B3C4D00000A0000000001DEADBEEF)
D = Decimal


def order_update(**changes: object) -> Mapping[str, Any]:
    order = {
        "s": "BTCUSDT", "c": ids.encode(OURS), "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "0.100",
        "p": "59900.0", "ap": "60000.0", "x": "TRADE", "X": "FILLED", "i": 8389765739703000001,
        "l": "0.100", "z": "0.100", "L": "60000.0", "n": "2.4", "N": "USDT", "T": 1759347763200,
        "t": 77, "R": True, "ps": "BOTH", "rp": "12.5",
    }  # fmt: skip
    return {"e": "ORDER_TRADE_UPDATE", "E": 1, "T": 1, "o": order | changes}


def fill_of(**changes: object) -> Fill:
    fill = translate(order_update(**changes), FUTURES)[0]
    assert isinstance(fill, FillSeen)
    return fill.fill


def test_a_fill_comes_before_the_state_it_explains() -> None:
    fill, order = translate(order_update(), FUTURES)
    assert isinstance(fill, FillSeen)
    assert isinstance(order, OrderSeen)
    assert (fill.fill.order_id, fill.fill.cause) == (OURS, Cause.OURS)
    assert (fill.fill.qty, fill.fill.price, fill.fill.trade_id) == (D("0.100"), D("60000.0"), "77")
    assert (order.report.status, order.report.filled_qty) == (OrderStatus.FILLED, D("0.100"))
    assert order.report.reduce_only
    assert order.report.venue_order_id == "8389765739703000001"


def test_the_wallet_gets_realised_profit_less_the_fee() -> None:
    (leg,) = fill_of().legs
    assert (leg.wallet, leg.asset, leg.change) == ("perp:futures", "USDT", D("10.1"))


def test_a_fee_in_another_coin_is_a_leg_of_its_own() -> None:
    legs = fill_of(n="0.004", N="BNB").legs
    assert [(leg.asset, leg.change) for leg in legs] == [("USDT", D("12.5")), ("BNB", D("-0.004"))]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"c": "adl_autoclose", "x": "CALCULATED"}, Cause.ADL),
        ({"c": "adl_autoclose_12345", "x": "CALCULATED", "X": "NEW_ADL"}, Cause.ADL),
        ({"c": "anything", "x": "CALCULATED", "X": "NEW_ADL"}, Cause.ADL),
        ({"c": "autoclose-1234567890", "x": "CALCULATED"}, Cause.LIQUIDATION),
        ({"c": "", "x": "CALCULATED"}, Cause.LIQUIDATION),
        ({"c": "autoclose-5678", "x": "CALCULATED", "X": "NEW_INSURANCE"}, Cause.SETTLEMENT),
        ({"c": "settlement_autoclose-9999"}, Cause.SETTLEMENT),
        ({"c": "delivery_autoclose-1"}, Cause.SETTLEMENT),
        ({"c": "web_abc"}, Cause.FOREIGN),
        ({"c": "x-TD67BGP9-T0"}, Cause.FOREIGN),
    ],
)
def test_every_execution_of_the_account_is_a_fill_with_its_cause(
    changes: dict[str, str], cause: Cause
) -> None:
    fill = fill_of(**changes)
    assert (fill.cause, fill.order_id, fill.qty) == (cause, None, D("0.100"))


def test_a_takeover_that_is_done_is_filled() -> None:
    *_, order = translate(order_update(c="adl_autoclose", x="CALCULATED", X="NEW_ADL"), FUTURES)
    assert isinstance(order, OrderSeen)
    assert order.report.status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("word", "execution", "status"),
    [
        ("NEW", "NEW", OrderStatus.WORKING),
        ("CANCELED", "CANCELED", OrderStatus.CANCELLED),
        ("EXPIRED", "EXPIRED", OrderStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", "TRADE_PREVENTION", OrderStatus.EXPIRED_IN_MATCH),
    ],
)
def test_a_change_of_state_without_an_execution_is_no_fill(
    word: str, execution: str, status: OrderStatus
) -> None:
    (order,) = translate(order_update(X=word, x=execution, l="0"), FUTURES)
    assert isinstance(order, OrderSeen)
    assert order.report.status is status


@pytest.mark.parametrize("name", ["calculated", "adl", "insurance", "settlement", "trade_partial"])
def test_recorded_executions_are_fills_in_one_way_mode(name: str) -> None:
    message = recorded(f"nautilus/binance/futures/user_data_json/order_update_{name}.json")
    message["o"]["ps"] = "BOTH"
    fill, _order = translate(message, FUTURES)
    assert isinstance(fill, FillSeen)
    assert fill.fill.qty == D(message["o"]["l"])
    assert fill.fill.legs[0].change == D(message["o"]["rp"]) - D(message["o"]["n"])


def test_a_liquidation_of_nothing_is_no_fill() -> None:
    message = recorded(
        "nautilus/binance_integration/ws_futures_order_update_liquidation_zero_qty.json"
    )
    message["data"]["o"]["ps"] = "BOTH"
    (order,) = translate(message, FUTURES)
    assert isinstance(order, OrderSeen)


def account_update(reason: str, **parts: object) -> Mapping[str, Any]:
    return {"e": "ACCOUNT_UPDATE", "E": 9, "T": 8, "a": {"m": reason, **parts}}


BALANCE = {"a": "USDT", "wb": "122624.12345678", "cw": "100", "bc": "-3.25"}
POSITION = {"s": "BTCUSDT", "pa": "-0.5", "ep": "60000", "up": "1", "mt": "cross", "ps": "BOTH"}


def test_an_account_update_tells_positions_modes_and_wallets() -> None:
    position, mode, balance = translate(account_update("ORDER", B=[BALANCE], P=[POSITION]), FUTURES)
    assert isinstance(position, PositionSeen)
    assert (position.position.qty, position.position.venue_ms) == (D("-0.5"), 8)
    assert mode == ModeSeen("perp", ModeName.MARGIN_MODE, "cross", BTC)
    assert isinstance(balance, BalanceSeen)
    assert (balance.balance.total, balance.reason) == (D("122624.12345678"), "ORDER")


def test_funding_is_the_part_of_the_change_that_is_no_trade() -> None:
    balance, funding = translate(account_update("FUNDING_FEE", B=[BALANCE], P=[]), FUTURES)
    assert isinstance(balance, BalanceSeen)
    assert isinstance(funding, FundingSeen)
    assert (funding.payment, funding.asset, funding.instrument) == (D("-3.25"), "USDT", None)


def test_funding_of_an_isolated_position_names_it() -> None:
    update = account_update("FUNDING_FEE", B=[BALANCE], P=[POSITION | {"mt": "isolated"}])
    *_, funding = translate(update, FUTURES)
    assert isinstance(funding, FundingSeen)
    assert funding.instrument == BTC


def test_a_transfer_tells_the_wallet_alone() -> None:
    (balance,) = translate(account_update("DEPOSIT", B=[BALANCE]), FUTURES)
    assert isinstance(balance, BalanceSeen)


@pytest.mark.parametrize("side", ["LONG", "SHORT"])
def test_hedge_mode_is_refused_before_anything_is_told(side: str) -> None:
    with pytest.raises(Unsupported, match=f"hedge mode .positionSide {side}.*one-way"):
        translate(account_update("ORDER", B=[BALANCE], P=[POSITION | {"ps": side}]), FUTURES)
    with pytest.raises(Unsupported, match="hedge mode"):
        translate(order_update(ps=side), FUTURES)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ac": {"s": "BTCUSDT", "l": 25}}, (ModeSeen("perp", ModeName.LEVERAGE, "25", BTC),)),
        ({"ac": {"s": "ETHUSDT", "l": 25}}, ()),
        ({"ai": {"j": True}}, (ModeSeen("perp", ModeName.ASSETS_MODE, "multi"),)),
        ({"ai": {"j": False}}, (ModeSeen("perp", ModeName.ASSETS_MODE, "single"),)),
    ],
)
def test_a_changed_setting_is_a_mode(change: dict[str, Any], expected: object) -> None:
    message = {"e": "ACCOUNT_CONFIG_UPDATE", "E": 1, "T": 1}
    assert translate({**message, **change}, FUTURES) == expected


def test_an_expired_key_is_a_notice() -> None:
    assert translate({"e": "listenKeyExpired", "E": 1, "listenKey": "k"}, FUTURES) == (
        KeyExpired(),
    )


def test_prices() -> None:
    mark = {
        "e": "markPriceUpdate", "E": 5, "s": "BTCUSDT", "p": "60000.5", "i": "60001", "P": "1",
        "r": "0.0001", "T": 28_800_000,
    }  # fmt: skip
    assert translate({"stream": "s", "data": mark}, FUTURES) == (
        MarkSeen(BTC, 60000.5, 60001.0, 5, 0.0001, 28_800_000),
    )
    touch = {"e": "bookTicker", "u": 1, "E": 7, "T": 6, "s": "BTCUSDT",
             "b": "1", "B": "2", "a": "3", "A": "4"}  # fmt: skip
    assert translate(touch, FUTURES) == (TouchSeen(BTC, 1.0, 2.0, 3.0, 4.0, 6),)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (order_update(q="NaN"), "'NaN' is not a number"),
        (order_update(X="PAUSED"), "order status PAUSED is not known"),
        (order_update(L="0"), "a fill has no price"),
        ({"e": "ORDER_TRADE_UPDATE", "o": {"ps": "BOTH"}}, "no field"),
        ({"e": "ACCOUNT_UPDATE", "T": 1, "a": None}, "ACCOUNT_UPDATE cannot be read"),
        ({"e": "markPriceUpdate", "s": "BTCUSDT", "p": "", "E": 1}, "cannot be read"),
    ],
)
def test_a_broken_message_is_refused_by_name(message: Mapping[str, Any], words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        translate(message, FUTURES)


def test_an_unknown_name_is_told_apart() -> None:
    with pytest.raises(UnknownName, match="SOMETHING_NEW"):
        translate({"e": "SOMETHING_NEW"}, FUTURES)
    with pytest.raises(UnknownName, match="market NEWUSDT is not known"):
        translate(order_update(s="NEWUSDT"), FUTURES)


def test_a_position_in_an_unknown_market_hides_nothing_beside_it() -> None:
    stranger = {**POSITION, "s": "NEWUSDT"}
    told = translate(account_update("ORDER", B=[BALANCE], P=[stranger, POSITION]), FUTURES)
    assert [type(each) for each in told] == [PositionSeen, ModeSeen, BalanceSeen]
