"""Every problem of a file comes back in one go, also those that stand beside broken values."""

from collections.abc import Callable

from hedgebot.errors import Problem

BAD = """
name = "trea sury"
mod = "live"
journal = "mysql://host/db"
[venues.spot]
exchange = "bybit"
network = "demmo"
account = 5
api_key = "AKEYAKEYAKEY"
[venues.perp]
exchange = "binanceusdm"
network = "testnet"
account = "main"
leverage = 3.5
margin_mode = "isolated"
rest_url = "https://gateway.example/path"
[[hedges]]
asset = "btc"
ratio = 1.0
target = "0.25"
band = { lower = "0.02", upper = "-0.02", unit = "coins", midle = 1 }
instruments = []
order = { slippage_max = 0.002, slippage_urgent = "0.9", notional_max = "-1", cooldown_s = true }
[[hedges]]
asset = "ETH"
band = 3
rebalance_to = "1.5"
instruments = ["prep:ETH/USDT:USDT", "BTC/USDT"]
[[holdings]]
asset = "BTC"
label = "vault"
qty = "x"
[[holdings]]
asset = "BTC"
label = "vault"
qty = "1"
[aliases]
WBTC = { asset = "BBTC", rate = "0" }
BBTC = { asset = "BTC", rate = "1" }
[limits]
collar = "0.001"
drift_ms = 5
[alerts]
urls = ["tgram://token/chat"]
"""
PATHS = """
name mod mode journal
venues.spot.exchange venues.spot.network venues.spot.account venues.spot.api_key
venues.perp.network venues.perp.leverage venues.perp.margin_mode venues.perp.rest_url
hedges[0].asset hedges[0].ratio hedges[0].target hedges[0].band.lower hedges[0].band.upper
hedges[0].band.unit hedges[0].band.midle hedges[0].instruments hedges[0].order.slippage_max
hedges[0].order.slippage_urgent hedges[0].order.notional_max hedges[0].order.cooldown_s
hedges[1].band hedges[1].rebalance_to hedges[1].ratio hedges[1].instruments[0]
hedges[1].instruments[1] hedges[1].order.slippage_urgent
holdings[0].qty holdings[1].label
aliases.WBTC.rate aliases.WBTC.asset
limits.drift_ms alerts.urls[0] alerts.min_severity HEDGEBOT_MODUS
"""


def test_every_problem_of_a_file_comes_back_in_one_go(
    refuse_text: Callable[..., tuple[Problem, ...]],
) -> None:
    environ = {"HEDGEBOT_MODUS": "live", "HEDGEBOT_ALERTS__MIN_SEVERITY": "loud"}
    problems = refuse_text(BAD, environ)
    assert sorted(problem.path for problem in problems) == sorted(PATHS.split())
    assert all("\n" not in str(problem) for problem in problems)
