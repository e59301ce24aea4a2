"""Every REST path of COIN-M, with its weight as Binance publishes it."""

from collections.abc import Callable, Mapping

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance import klines as past
from hedgebot.sim.binance import rest_account as account
from hedgebot.sim.binance import rest_coin as coin
from hedgebot.sim.binance import rest_futures as orders
from hedgebot.sim.binance import rest_futures_market as market
from hedgebot.sim.binance.endpoint import Answer, Call, Endpoint, Routes, Security, by_symbol
from hedgebot.sim.binance.listen_keys import close_key, open_key, renew_key

Weight = int | Callable[[Mapping[str, str]], int]


def signed(call: Callable[[Call], Answer], weight: Weight, *, order: bool = False) -> Endpoint:
    """A signed endpoint."""
    return Endpoint(call, Kind.INVERSE, weight, Security.SIGNED, order)


def public(call: Callable[[Call], Answer], weight: Weight) -> Endpoint:
    """An open endpoint."""
    return Endpoint(call, Kind.INVERSE, weight)


def keyed(call: Callable[[Call], Answer]) -> Endpoint:
    """An endpoint that wants the key but no signature."""
    return Endpoint(call, Kind.INVERSE, 1, Security.KEY)


COIN_FUTURES: Routes = {
    ("GET", "/dapi/v1/ping"): public(market.ping, 1),
    ("GET", "/dapi/v1/time"): public(market.server_time, 1),
    ("GET", "/dapi/v1/exchangeInfo"): public(coin.rules, 1),
    ("GET", "/dapi/v1/depth"): public(market.depth, 10),
    ("GET", "/dapi/v1/premiumIndex"): public(coin.premium, 10),
    ("GET", "/dapi/v1/fundingInfo"): public(market.funding_rules, 0),
    ("GET", "/dapi/v1/fundingRate"): public(past.funding_rates, 1),
    ("GET", "/dapi/v1/klines"): public(past.klines, past.futures_weight),
    ("GET", "/dapi/v1/markPriceKlines"): public(past.mark_klines, past.futures_weight),
    ("GET", "/dapi/v1/indexPriceKlines"): public(past.index_klines, past.futures_weight),
    ("GET", "/dapi/v1/ticker/bookTicker"): public(coin.touches, by_symbol(2, 5)),
    ("GET", "/dapi/v1/ticker/price"): public(coin.prices, by_symbol(1, 2)),
    ("POST", "/dapi/v1/order"): signed(orders.new_order, 0, order=True),
    ("GET", "/dapi/v1/order"): signed(orders.get_order, 1),
    ("DELETE", "/dapi/v1/order"): signed(orders.cancel_order, 1),
    ("DELETE", "/dapi/v1/allOpenOrders"): signed(orders.cancel_open_orders, 1),
    ("GET", "/dapi/v1/openOrder"): signed(orders.get_open_order, 1),
    ("GET", "/dapi/v1/openOrders"): signed(orders.open_orders, by_symbol(1, 40)),
    ("GET", "/dapi/v1/allOrders"): signed(orders.all_orders, 20),
    ("GET", "/dapi/v1/userTrades"): signed(orders.user_trades, 20),
    ("POST", "/dapi/v1/countdownCancelAll"): signed(orders.countdown, 10),
    ("GET", "/dapi/v1/account"): signed(coin.account, 5),
    ("GET", "/dapi/v1/balance"): signed(coin.balances, 1),
    ("GET", "/dapi/v1/positionRisk"): signed(coin.risk, 1),
    ("GET", "/dapi/v1/positionSide/dual"): signed(account.get_dual_side, 30),
    ("POST", "/dapi/v1/positionSide/dual"): signed(account.set_dual_side, 1),
    ("POST", "/dapi/v1/leverage"): signed(coin.set_leverage, 1),
    ("POST", "/dapi/v1/marginType"): signed(account.set_margin_type, 1),
    ("GET", "/dapi/v2/leverageBracket"): signed(coin.brackets, 1),
    ("GET", "/dapi/v1/commissionRate"): signed(market.commission_rate, 20),
    ("GET", "/dapi/v1/income"): signed(market.income, 20),
    ("POST", "/dapi/v1/listenKey"): keyed(open_key),
    ("PUT", "/dapi/v1/listenKey"): keyed(renew_key),
    ("DELETE", "/dapi/v1/listenKey"): keyed(close_key),
}
