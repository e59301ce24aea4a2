from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import ids
from hedgebot.adapters.binance.messages import StreamEnded, WalletStale
from hedgebot.adapters.binance.translate_spot import translate
from hedgebot.domain.events import BalanceSeen, FillSeen, OrderSeen
from hedgebot.domain.orders import Cause, OrderId, OrderStatus
from tests.adapters.binance.recordings import SPOT

D = Decimal


def report(**changes: object) -> Mapping[str, Any]:
    return {
        "e": "executionReport", "E": 2, "s": "BTCUSDT", "c": "web_1", "S": "BUY", "o": "MARKET",
        "f": "GTC", "q": "0.50000000", "p": "0", "x": "TRADE", "X": "FILLED", "r": "NONE",
        "i": 5, "l": "0.50000000", "z": "0.50000000", "L": "60000.00000000", "n": "0.00050000",
        "N": "BTC", "T": 1, "t": 9, "C": "", "Z": "30000", "Y": "30000.00000000",
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "legs"),
    [
        ({}, [("BTC", "0.4995"), ("USDT", "-30000")]),
        ({"S": "SELL", "n": "30", "N": "USDT"}, [("BTC", "-0.5"), ("USDT", "29970")]),
        ({"n": "0.1", "N": "BNB"}, [("BTC", "0.5"), ("USDT", "-30000"), ("BNB", "-0.1")]),
        ({"n": "0", "N": None}, [("BTC", "0.5"), ("USDT", "-30000")]),
        ({"Y": None}, [("BTC", "0.4995"), ("USDT", "-30000")]),
        ({"Y": "29999.99999999"}, [("BTC", "0.4995"), ("USDT", "-29999.99999999")]),
    ],
)
def test_a_fill_says_exactly_what_it_does_to_the_wallet(
    changes: dict[str, object], legs: list[tuple[str, str]]
) -> None:
    seen, order = translate(report(**changes), SPOT)
    assert isinstance(seen, FillSeen)
    assert isinstance(order, OrderSeen)
    assert [(leg.asset, leg.change) for leg in seen.fill.legs] == [(a, D(c)) for a, c in legs]
    assert {leg.wallet for leg in seen.fill.legs} == {"spot:spot"}
    assert seen.fill.cause is Cause.FOREIGN


def test_a_cancel_carries_the_order_s_own_id() -> None:
    ours = OrderId(7)
    (seen,) = translate(
        report(x="CANCELED", X="CANCELED", c="cancel-1", C=ids.encode(ours), l="0"), SPOT
    )
    assert isinstance(seen, OrderSeen)
    assert (seen.report.order_id, seen.report.status) == (ours, OrderStatus.CANCELLED)


def test_balances_are_free_and_locked() -> None:
    message = {"e": "outboundAccountPosition", "E": 2, "u": 1,
               "B": [{"a": "BTC", "f": "1.25", "l": "0.75"}]}  # fmt: skip
    (seen,) = translate({"subscriptionId": 0, "event": message}, SPOT)
    assert isinstance(seen, BalanceSeen)
    assert (seen.balance.total, seen.balance.venue_ms) == (D("2.00"), 1)


@pytest.mark.parametrize("name", ["balanceUpdate", "externalLockUpdate"])
def test_a_change_without_a_total_asks_for_the_wallet(name: str) -> None:
    message = {"e": name, "E": 2, "a": "BTC", "d": "0.1", "T": 3}
    assert translate(message, SPOT) == (WalletStale("BTC", 3, name),)


def test_the_end_of_the_stream_is_a_notice() -> None:
    (told,) = translate({"subscriptionId": 0, "event": {"e": "eventStreamTerminated"}}, SPOT)
    assert isinstance(told, StreamEnded)


def test_self_trade_prevention_moves_nothing() -> None:
    (seen,) = translate(report(x="TRADE_PREVENTION", X="EXPIRED_IN_MATCH", z="0"), SPOT)
    assert isinstance(seen, OrderSeen)
    assert seen.report.status is OrderStatus.EXPIRED_IN_MATCH
