"""Every REST path, with its weight as Binance publishes it."""

from collections.abc import Callable, Mapping

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance import klines as past
from hedgebot.sim.binance import rest_account as account
from hedgebot.sim.binance import rest_futures as orders
from hedgebot.sim.binance import rest_futures_market as market
from hedgebot.sim.binance import rest_spot, rest_wallet
from hedgebot.sim.binance.endpoint import Answer, Call, Endpoint, Routes, Security, by_symbol
from hedgebot.sim.binance.listen_keys import close_key, open_key, renew_key
from hedgebot.sim.binance.routes_coin import COIN_FUTURES
from hedgebot.sim.binance.rules import futures_rules

Weight = int | Callable[[Mapping[str, str]], int]


def signed(call: Callable[[Call], Answer], weight: Weight, *, order: bool = False) -> Endpoint:
    """A signed futures endpoint."""
    return Endpoint(call, Kind.LINEAR, weight, Security.SIGNED, order)


def public(call: Callable[[Call], Answer], weight: Weight) -> Endpoint:
    """An open futures endpoint."""
    return Endpoint(call, Kind.LINEAR, weight)


def keyed(call: Callable[[Call], Answer]) -> Endpoint:
    """A futures endpoint that wants the key but no signature."""
    return Endpoint(call, Kind.LINEAR, 1, Security.KEY)


FUTURES: Routes = {
    ("GET", "/fapi/v1/ping"): public(market.ping, 1),
    ("GET", "/fapi/v1/time"): public(market.server_time, 1),
    ("GET", "/fapi/v1/exchangeInfo"): public(futures_rules, 1),
    ("GET", "/fapi/v1/depth"): public(market.depth, 5),
    ("GET", "/fapi/v1/premiumIndex"): public(market.premium_index, by_symbol(1, 10)),
    ("GET", "/fapi/v1/fundingInfo"): public(market.funding_rules, 0),
    ("GET", "/fapi/v1/fundingRate"): public(past.funding_rates, 1),
    ("GET", "/fapi/v1/klines"): public(past.klines, past.futures_weight),
    ("GET", "/fapi/v1/markPriceKlines"): public(past.mark_klines, past.futures_weight),
    ("GET", "/fapi/v1/indexPriceKlines"): public(past.index_klines, past.futures_weight),
    ("GET", "/fapi/v1/ticker/bookTicker"): public(market.book_ticker, by_symbol(2, 5)),
    ("GET", "/fapi/v1/ticker/price"): public(market.price, by_symbol(1, 2)),
    ("GET", "/fapi/v2/ticker/price"): public(market.price, by_symbol(1, 2)),
    ("POST", "/fapi/v1/order"): signed(orders.new_order, 0, order=True),
    ("POST", "/fapi/v1/order/test"): signed(orders.test_order, 0),
    ("GET", "/fapi/v1/order"): signed(orders.get_order, 1),
    ("DELETE", "/fapi/v1/order"): signed(orders.cancel_order, 1),
    ("DELETE", "/fapi/v1/allOpenOrders"): signed(orders.cancel_open_orders, 1),
    ("GET", "/fapi/v1/openOrder"): signed(orders.get_open_order, 1),
    ("GET", "/fapi/v1/openOrders"): signed(orders.open_orders, by_symbol(1, 40)),
    ("GET", "/fapi/v1/allOrders"): signed(orders.all_orders, 5),
    ("GET", "/fapi/v1/userTrades"): signed(orders.user_trades, 5),
    ("POST", "/fapi/v1/countdownCancelAll"): signed(orders.countdown, 10),
    ("GET", "/fapi/v2/account"): signed(account.account_v2, 5),
    ("GET", "/fapi/v3/account"): signed(account.account_v3, 5),
    ("GET", "/fapi/v2/balance"): signed(account.balances, 5),
    ("GET", "/fapi/v3/balance"): signed(account.balances, 5),
    ("GET", "/fapi/v2/positionRisk"): signed(account.risk_v2, 5),
    ("GET", "/fapi/v3/positionRisk"): signed(account.risk_v3, 5),
    ("GET", "/fapi/v1/accountConfig"): signed(account.account_config, 5),
    ("GET", "/fapi/v1/symbolConfig"): signed(account.symbol_config, 5),
    ("GET", "/fapi/v1/positionSide/dual"): signed(account.get_dual_side, 30),
    ("POST", "/fapi/v1/positionSide/dual"): signed(account.set_dual_side, 1),
    ("GET", "/fapi/v1/multiAssetsMargin"): signed(account.get_multi_assets, 30),
    ("POST", "/fapi/v1/multiAssetsMargin"): signed(account.set_multi_assets, 1),
    ("POST", "/fapi/v1/leverage"): signed(account.set_leverage, 1),
    ("POST", "/fapi/v1/marginType"): signed(account.set_margin_type, 1),
    ("GET", "/fapi/v1/leverageBracket"): signed(market.leverage_brackets, 1),
    ("GET", "/fapi/v1/commissionRate"): signed(market.commission_rate, 20),
    ("GET", "/fapi/v1/income"): signed(market.income, 30),
    ("POST", "/fapi/v1/listenKey"): keyed(open_key),
    ("PUT", "/fapi/v1/listenKey"): keyed(renew_key),
    ("DELETE", "/fapi/v1/listenKey"): keyed(close_key),
}


def routes(*, sapi: bool) -> Routes:
    """Every path and verb that is served."""
    found = {**rest_spot.ROUTES, **FUTURES, **COIN_FUTURES}
    return {**found, **rest_wallet.ROUTES} if sapi else found
