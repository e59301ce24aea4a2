"""`/dapi`: what COIN-M answers in other words than USDT-M."""

from hedgebot.sim.binance.endpoint import Answer, Call
from hedgebot.sim.binance.rest_account import asset_row, balance_row, every, risk_row, told
from hedgebot.sim.binance.rest_futures_market import Rows, premium_rows, price_rows, touch_rows
from hedgebot.sim.binance.rules import PERPETUAL_DELIVERY_MS, futures_filters, rate_limits
from hedgebot.sim.binance.wire import eight, pair_of, plain, qty_of
from hedgebot.venue_model import settings
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.margin import PositionKey
from hedgebot.venue_model.markets import Market

ORDER_TYPES = ["LIMIT", "MARKET"]


def rules(call: Call) -> Answer:
    """`GET /dapi/v1/exchangeInfo`."""
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "rateLimits": rate_limits(call, call.kind),
        "exchangeFilters": [],
        "symbols": [symbol_row(m) for m in call.perpetuals.desk.markets.values()],
    }


def symbol_row(market: Market) -> dict[str, object]:
    """One inverse perpetual: `contractStatus`, a contract size, no least notional."""
    filters = [row for row in futures_filters(market) if row["filterType"] in FILTERS]
    return {
        "symbol": market.symbol,
        **pair_of(market, "pair"),
        "contractType": "PERPETUAL",
        "deliveryDate": PERPETUAL_DELIVERY_MS,
        "onboardDate": 1_597_042_800_000,
        "contractStatus": "TRADING",
        "contractSize": int(market.contract),
        "marginAsset": market.settle,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "pricePrecision": market.price_digits,
        "quantityPrecision": market.qty_digits,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "equalQtyPrecision": 4,
        "maxMoveOrderLimit": 10000,
        "triggerProtect": f"{market.take_bound:.4f}",
        "liquidationFee": f"{market.liquidation_fee:.6f}",
        "marketTakeBound": plain(market.take_bound),
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "filters": filters,
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


FILTERS = {"PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "MAX_NUM_ORDERS", "PERCENT_PRICE"}


def paired(call: Call, rows: Rows, name: str) -> Answer:
    """COIN-M answers with a list, also for one symbol, and names the pair."""
    markets = call.perpetuals.desk.markets
    return [{**row, **pair_of(markets[str(row["symbol"])], name)} for row in rows]


def premium(call: Call) -> Answer:
    """`GET /dapi/v1/premiumIndex`."""
    return paired(call, premium_rows(call), "pair")


def touches(call: Call) -> Answer:
    """`GET /dapi/v1/ticker/bookTicker`."""
    return paired(call, touch_rows(call), "pair")


def prices(call: Call) -> Answer:
    """`GET /dapi/v1/ticker/price`."""
    return paired(call, price_rows(call), "ps")


def account(call: Call) -> Answer:
    """`GET /dapi/v1/account`: every asset of the wallet and every symbol."""
    futures = told(call)
    return {
        "assets": [asset_row(futures, asset) for asset in futures.desk.wallet.totals],
        "positions": [account_position(futures, key) for key in every(futures)],
        "canDeposit": True,
        "canTrade": True,
        "canWithdraw": True,
        "feeTier": 0,
        "updateTime": 0,
    }


def account_position(futures: Futures, key: PositionKey) -> dict[str, object]:
    """One position inside the account answer."""
    exposure = futures.exposure(key)
    initial = eight(exposure.initial)
    return {
        "symbol": key[0],
        "positionAmt": qty_of(exposure.market, exposure.position.qty),
        "initialMargin": initial,
        "maintMargin": eight(exposure.maintenance),
        "unrealizedProfit": eight(exposure.unrealized),
        "positionInitialMargin": initial,
        "openOrderInitialMargin": "0",
        "leverage": str(futures.leverage(key[0])),
        "isolated": key[0] in futures.modes.isolated,
        "positionSide": key[1].value,
        "entryPrice": plain(round(exposure.entry, 8)),
        "breakEvenPrice": plain(round(exposure.entry, 8)),
        "maxQty": plain(settings.notional_max(futures, key[0])),
        "notionalValue": eight(exposure.notional),
        "isolatedWallet": "0",
        "updateTime": exposure.position.updated_ms,
    }


def balances(call: Call) -> Answer:
    """`GET /dapi/v1/balance`."""
    futures = told(call)
    return [
        {
            **balance_row(row := asset_row(futures, asset)),
            "withdrawAvailable": row["maxWithdrawAmount"],
        }
        for asset in futures.desk.wallet.totals
    ]


def risk(call: Call) -> Answer:
    """`GET /dapi/v1/positionRisk`: every symbol, with leverage and margin type."""
    futures = told(call)
    asset, pair = call.params.get("marginAsset"), call.params.get("pair")
    rows: list[dict[str, object]] = []
    for key in every(futures):
        market, row = futures.desk.markets[key[0]], risk_row(futures, key)
        if asset in {None, market.settle} and pair in {None, market.symbol.partition("_")[0]}:
            row["notionalValue"] = row.pop("notional")
            rows.append(row | settings_row(futures, key[0]))
    return rows


def settings_row(futures: Futures, symbol: str) -> dict[str, object]:
    """How the owner has set a symbol."""
    return {
        "leverage": str(futures.leverage(symbol)),
        "maxQty": plain(settings.notional_max(futures, symbol)),
        "marginType": "isolated" if symbol in futures.modes.isolated else "cross",
        "isAutoAddMargin": "false",
    }


def set_leverage(call: Call) -> Answer:
    """`POST /dapi/v1/leverage`."""
    symbol = call.text("symbol")
    settings.set_leverage(call.perpetuals, symbol, call.number("leverage") or 0)
    return {
        "leverage": call.perpetuals.leverage(symbol),
        "maxQty": plain(settings.notional_max(call.perpetuals, symbol)),
        "symbol": symbol,
    }


def brackets(call: Call) -> Answer:
    """`GET /dapi/v2/leverageBracket`: caps are coins."""
    desk, symbol = call.perpetuals.desk, call.params.get("symbol")
    names = [desk.market(symbol).symbol] if symbol else list(desk.markets)
    return [
        {
            "symbol": name,
            "notionalCoef": 1.0,
            "brackets": [
                {
                    "bracket": number,
                    "initialLeverage": tier.leverage_max,
                    "qtyCap": int(tier.cap),
                    "qtyFloor": int(tier.floor),
                    "maintMarginRatio": float(tier.rate),
                    "cum": float(tier.cum),
                }
                for number, tier in enumerate(desk.markets[name].brackets, start=1)
            ],
        }
        for name in names
    ]
