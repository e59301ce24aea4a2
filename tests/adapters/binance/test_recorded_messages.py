"""Every recorded Binance message becomes the right events, or is refused or ignored by name."""

from collections.abc import Callable
from typing import Any

import pytest

from hedgebot.adapters.binance import (
    past,
    prices,
    rows_futures,
    rows_spot,
    translate_futures,
    translate_spot,
)
from hedgebot.adapters.binance.allowed import Forbidden, check_call
from hedgebot.adapters.binance.budget import Budgets
from hedgebot.adapters.binance.names import UnknownName
from hedgebot.adapters.binance.options import Network
from hedgebot.adapters.clock import SystemClock
from hedgebot.errors import Unsupported
from tests.adapters.binance.recordings import FOLDER, FUTURES, SPOT, recorded

IGNORED: tuple[str, ...] = ()
HEDGE_MODE = "hedge mode"
FUTURES_MESSAGES: dict[str, tuple[str, ...] | str] = {
    "market_data_json/agg_trade_stream": IGNORED,
    "market_data_json/book_ticker_stream": ("TouchSeen",),
    "market_data_json/depth_update_stream": IGNORED,
    "market_data_json/kline_stream_closed": IGNORED,
    "market_data_json/kline_stream_open": IGNORED,
    "market_data_json/liquidation_stream": IGNORED,
    "market_data_json/mark_price_stream": ("MarkSeen",),
    "market_data_json/ticker_stream": IGNORED,
    "market_data_json/trade_stream": IGNORED,
    "user_data_json/account_update": HEDGE_MODE,
    "user_data_json/account_update_bnfcr": ("BalanceSeen",),
    "user_data_json/algo_update_canceled": IGNORED,
    "user_data_json/algo_update_new": IGNORED,
    "user_data_json/order_update_adl": HEDGE_MODE,
    "user_data_json/order_update_calculated": HEDGE_MODE,
    "user_data_json/order_update_calculated_pending": HEDGE_MODE,
    "user_data_json/order_update_delivery": HEDGE_MODE,
    "user_data_json/order_update_insurance": HEDGE_MODE,
    "user_data_json/order_update_new": HEDGE_MODE,
    "user_data_json/order_update_settlement": HEDGE_MODE,
    "user_data_json/order_update_trade": HEDGE_MODE,
    "user_data_json/order_update_trade_partial": HEDGE_MODE,
    "user_data_json/trade_lite": IGNORED,
    "ws_futures_algo_update_finished": IGNORED,
    "ws_futures_algo_update_finished_canceled": IGNORED,
    "ws_futures_algo_update_triggered": IGNORED,
    "ws_futures_algo_update_triggering": IGNORED,
    "ws_futures_book_ticker": ("TouchSeen",),
    "ws_futures_depth_diff_update": IGNORED,
    "ws_futures_depth_update": IGNORED,
    "ws_futures_order_update_adl": HEDGE_MODE,
    "ws_futures_order_update_adl_filled": HEDGE_MODE,
    "ws_futures_order_update_liquidation": HEDGE_MODE,
    "ws_futures_order_update_liquidation_zero_qty": HEDGE_MODE,
    "ws_futures_order_update_new_limit_if_touched_price_match": HEDGE_MODE,
    "ws_futures_order_update_new_price_match": HEDGE_MODE,
    "ws_futures_order_update_new_reduce_only_qty": ("OrderSeen",),
    "ws_futures_order_update_new_stop_limit_price_match": HEDGE_MODE,
    "ws_futures_order_update_settlement": HEDGE_MODE,
    "ws_futures_order_update_trade_reduce_only_qty": ("FillSeen", "OrderSeen"),
    "ws_futures_ticker_24hr": IGNORED,
    "ws_futures_trade_lite": IGNORED,
}
SPOT_MESSAGES: dict[str, tuple[str, ...] | str] = {
    "user_data_json/account_position": ("BalanceSeen", "BalanceSeen"),
    "user_data_json/account_position_wrapped": ("BalanceSeen",),
    "user_data_json/balance_update": ("WalletStale",),
    "user_data_json/balance_update_wrapped": ("WalletStale",),
    "user_data_json/execution_report_canceled": ("OrderSeen",),
    "user_data_json/execution_report_expired": ("OrderSeen",),
    "user_data_json/execution_report_new": ("OrderSeen",),
    "user_data_json/execution_report_stop_loss": ("OrderSeen",),
    "user_data_json/execution_report_trade": ("FillSeen", "OrderSeen"),
    "user_data_json/execution_report_wrapped": ("OrderSeen",),
    "user_data_json/list_status_wrapped": IGNORED,
    "user_data_sbe/mainnet/execution_report_event_1.metadata": "no message that hedgebot knows",
    "user_data_sbe/mainnet/execution_report_event_2.metadata": "no message that hedgebot knows",
    "user_data_sbe/mainnet/manifest": "no message that hedgebot knows",
    "user_data_sbe/mainnet/outbound_account_position_event_1.metadata": "no message",
    "user_data_sbe/mainnet/outbound_account_position_event_2.metadata": "no message",
    "user_data_sbe/mainnet/web_socket_response_1.metadata": "no message that hedgebot knows",
    "user_data_sbe/mainnet/web_socket_response_2.metadata": "no message that hedgebot knows",
    "ws_spot_agg_trade": IGNORED,
    "ws_spot_execution_report_binance_us": "market BTCUSD is not known",
    "ws_spot_execution_report_calculated": ("FillSeen", "OrderSeen"),
    "ws_spot_execution_report_canceled": ("OrderSeen",),
    "ws_spot_execution_report_custom_client_id": ("FillSeen", "OrderSeen"),
    "ws_spot_execution_report_empty_client_id": ("FillSeen", "OrderSeen"),
    "ws_spot_execution_report_expired": ("OrderSeen",),
    "ws_spot_execution_report_new": ("OrderSeen",),
    "ws_spot_execution_report_new_limit_if_touched_price_match": ("OrderSeen",),
    "ws_spot_execution_report_new_price_match": ("OrderSeen",),
    "ws_spot_execution_report_new_stop_limit_price_match": ("OrderSeen",),
    "ws_spot_execution_report_pending_cancel": ("OrderSeen",),
    "ws_spot_execution_report_rejected": ("OrderSeen",),
    "ws_spot_execution_report_trade": ("FillSeen", "OrderSeen"),
    "ws_spot_execution_report_trade_l_zero": "a fill has no price",
    "ws_spot_execution_report_trade_l_zero_canceled": ("OrderSeen",),
    "ws_spot_execution_report_trade_l_zero_expired": ("OrderSeen",),
    "ws_spot_execution_report_trade_l_zero_new": ("OrderSeen",),
    "ws_spot_execution_report_trade_l_zero_partial": ("OrderSeen",),
    "ws_spot_execution_report_trade_prevention": ("OrderSeen",),
    "ws_spot_ticker_24hr": IGNORED,
    "ws_spot_ticker_book": ("TouchSeen",),
    "ws_spot_trade": IGNORED,
}

Read = Callable[[Any], object]


def rows(read: Callable[..., object], *rest: object) -> Read:
    return lambda answer: tuple(read(row, *rest) for row in answer)


def one(read: Callable[..., object], *rest: object) -> Read:
    return lambda answer: read(answer, *rest)


def bars(answer: Any) -> list[past.Bar]:
    """As `hedgebot download` reads them, whatever their length."""
    venue = past.Past("binanceusdm", Network.MAINNET, None, clock=SystemClock(), budgets=Budgets())
    market = {"inverse": False}
    return [venue._bar(row, market, row[6] - row[0] + 1, "recorded") for row in answer]


ANSWERS: dict[str, tuple[Read, str]] = {
    "spot/http_json/klines_response": (bars, "close=0.015771, volume=148976.11427815"),
    "http_futures_market_klines": (bars, "close=0.015771, volume=148976.11427815"),
    "http_futures_market_index_price_klines": (bars, "high=9653.6964, low=9651.386"),
    "http_futures_market_mark_price_klines": (bars, "high=9654.56401333"),
    "http_spot_market_klines": (bars, "open_ms=1634943840000, open=60719.28"),
    "http_futures_market_funding_rate": (
        rows(past._settlement, "BTCUSDT", "recorded"), "at_ms=1570636800000, rate=0.0001, mark=nan",
    ),
    "futures/http_json/account_info_v2": (
        one(rows_futures.balances, FUTURES), "total=Decimal('23.72469206')",
    ),
    "futures/http_json/order_response": (
        one(rows_futures.order, FUTURES), "client_order_id='testOrder123'",
    ),
    "spot/http_json/book_ticker_response": (
        one(prices.touch_row, SPOT), "bid=4.0, bid_qty=431.0, ask=4.000002, ask_qty=9.0",
    ),
    "futures/http_json/position_risk": (
        one(rows_futures.positions, (), FUTURES), "qty=Decimal('0.001')",
    ),
    "spot/http_json/account_response": (
        one(rows_spot.balances, SPOT), "total=Decimal('4723846.89208129')",
    ),
    "spot/http_json/account_trades_response": (
        rows(rows_spot.fill, {}, SPOT), "fee=Decimal('10.10000000'), fee_asset='BNB'",
    ),
    "spot/http_json/all_orders_response": (
        rows(rows_spot.order, SPOT), "client_order_id='myOrder1'",
    ),
    "spot/http_json/cancel_order_response": (
        one(rows_spot.order, SPOT), "client_order_id='myOrder1'",
    ),
    "spot/http_json/new_order_full_response": (
        one(rows_spot.order, SPOT), "filled_qty=Decimal('10.00000000')",
    ),
    "spot/http_json/open_orders_response": (rows(rows_spot.order, SPOT), "qty=Decimal('1.0')"),
    "spot/http_json/order_response": (one(rows_spot.order, SPOT), "price=Decimal('0.1')"),
    "http_futures_wallet_commission_rate_btcusdt": (
        one(rows_futures.taker_fee, "BTCUSDT"), "0.0005",
    ),
    "http_futures_wallet_commission_rate_btcusdt_quarterly": (
        one(rows_futures.taker_fee, "BTCUSDT_220325"), "0.0005",
    ),
    "http_futures_wallet_commission_rate_ethusdt": (
        one(rows_futures.taker_fee, "ETHUSDT"), "0.0005",
    ),
    "http_futures_market_book_ticker": (one(prices.touch_row, FUTURES), "venue_ms=1589437530011"),
    "http_spot_market_book_ticker": (one(prices.touch_row, SPOT), "ask_qty=0.45178, venue_ms=0"),
    "http_futures_account_orders": (
        rows(rows_futures.order, FUTURES), "qty=Decimal('0.40')",
    ),
    "http_futures_account_position_side_dual": (
        one(rows_futures.position_mode, FUTURES), "value='hedge'",
    ),
    "http_futures_account_positions_hedge": (
        one(rows_futures.positions, (), FUTURES), "qty=Decimal('10.000')",
    ),
    "http_futures_account_positions_one_way": (
        one(rows_futures.positions, (), FUTURES), "qty=Decimal('0.000')",
    ),
    "http_futures_account_symbol_config": (
        one(rows_futures.symbol_modes, FUTURES), "value='isolated'",
    ),
    "http_futures_account_trades": (
        rows(rows_futures.fill, {}, FUTURES), "change=Decimal('-0.00880800')",
    ),
    "http_spot_wallet_account": (one(rows_spot.balances, SPOT), "asset='LTC'"),
}  # fmt: skip
READ_BY_THEIR_OWN_TESTS = {
    "futures_market_exchange_info", "spot_market_exchange_info", "spot_market_time",
    "exchange_info_response", "server_time_response",
}  # fmt: skip
NOT_CALLED: dict[str, tuple[str, str]] = {
    "account_transfer": ("sapi", "asset/transfer"),
    "open_algo_orders": ("fapiPrivate", "openAlgoOrders"),
    "balance": ("fapiPrivateV3", "balance"),
    "avg_price": ("public", "avgPrice"),
    "cancel_open_orders": ("private", "openOrders/cancelAll"),
    "depth": ("public", "depth"),
    "continuous_klines": ("fapiPublic", "continuousKlines"),
    "kline": ("fapiPublic", "blvt/nav/kline"),
    "ping": ("public", "ping"),
    "ticker_24hr": ("public", "ticker/24hr"),
    "ticker_price": ("public", "ticker/price"),
    "trades": ("public", "trades"),
    "historical_trades": ("public", "historicalTrades"),
    "agg_trades": ("public", "aggTrades"),
    "asset_index": ("fapiPublic", "assetIndex"),
    "ratio": ("fapiData", "globalLongShortAccountRatio"),
    "index_info": ("fapiPublic", "indexInfo"),
    "open_interest": ("fapiPublic", "openInterest"),
    "open_interest_historical": ("fapiData", "openInterestHist"),
    "premium_index": ("fapiPublic", "premiumIndex"),
    "trading_fee": ("sapi", "asset/tradeFee"),
    "trading_fees": ("sapi", "asset/tradeFee"),
}
"""REST answers of endpoints that this adapter never calls, by a part of the file's name."""


def files(*patterns: str) -> list[str]:
    return sorted(
        str(path.relative_to(FOLDER).with_suffix(""))
        for pattern in patterns
        for path in FOLDER.glob(pattern)
    )


def outcome(translate: Callable[[], tuple[object, ...]]) -> tuple[str, ...] | str:
    try:
        return tuple(type(told).__name__ for told in translate())
    except (Unsupported, UnknownName) as error:
        return str(error)


def judge(found: tuple[str, ...] | str, expected: tuple[str, ...] | str) -> None:
    if isinstance(expected, str):
        assert isinstance(found, str), found
        assert expected in found
    else:
        assert found == expected


def test_every_recorded_file_is_in_a_table() -> None:
    sockets = set(
        files(
            "nautilus/binance/*/user_data*/**/*.json",
            "nautilus/binance/*/market_data_json/*.json",
            "nautilus/binance_integration/ws_*.json",
        )
    )
    if not sockets:
        pytest.skip("the recorded messages are not beside the repository (../shared/data)")
    known = {f"nautilus/binance/futures/{name}" for name in FUTURES_MESSAGES}
    known |= {f"nautilus/binance/spot/{name}" for name in SPOT_MESSAGES}
    known |= {
        f"nautilus/binance_integration/{name}" for name in {**FUTURES_MESSAGES, **SPOT_MESSAGES}
    }
    assert sockets - known == set()
    assert len(sockets) == len(FUTURES_MESSAGES) + len(SPOT_MESSAGES)


@pytest.mark.parametrize("name", FUTURES_MESSAGES)
def test_futures_messages(name: str) -> None:
    folder = "nautilus/binance/futures" if "/" in name else "nautilus/binance_integration"
    message = recorded(f"{folder}/{name}.json")
    judge(outcome(lambda: translate_futures.translate(message, FUTURES)), FUTURES_MESSAGES[name])


@pytest.mark.parametrize("name", SPOT_MESSAGES)
def test_spot_messages(name: str) -> None:
    folder = "nautilus/binance/spot" if "/" in name else "nautilus/binance_integration"
    message = recorded(f"{folder}/{name}.json")
    judge(outcome(lambda: translate_spot.translate(message, SPOT)), SPOT_MESSAGES[name])


@pytest.mark.parametrize(
    "name",
    files("nautilus/binance/*/http_json/*.json", "nautilus/binance_integration/http_*.json")
    or ["absent"],
)
def test_rest_answers(name: str) -> None:
    answer = recorded(f"{name}.json")
    short = name.removeprefix("nautilus/binance/").removeprefix("nautilus/binance_integration/")
    if short in ANSWERS:
        read, expected = ANSWERS[short]
        try:
            found = repr(read(answer))
        except Unsupported as error:
            found = str(error)
        assert expected in found
        return
    if any(part in short for part in READ_BY_THEIR_OWN_TESTS):
        return
    section, path = max(
        ((part, call) for part, call in NOT_CALLED.items() if part in short),
        key=lambda each: len(each[0]),
    )[1]
    with pytest.raises(Forbidden, match=path):
        check_call(section, "GET", path, dry_run=False)
