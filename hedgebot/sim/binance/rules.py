"""`exchangeInfo` of both sides."""

from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.endpoint import Answer, Call
from hedgebot.sim.binance.wire import eight, plain
from hedgebot.venue_model.markets import Market

ORDER_TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET"]
FUTURES_ORDER_TYPES = ["LIMIT", "MARKET"]
PERPETUAL_DELIVERY_MS = 4_133_404_800_000


def spot_rules(call: Call) -> Answer:
    """`GET /api/v3/exchangeInfo`."""
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "rateLimits": rate_limits(call, Kind.SPOT),
        "exchangeFilters": [],
        "symbols": [spot_symbol(m) for m in call.exchange.venue.spot.markets.values()],
    }


def futures_rules(call: Call) -> Answer:
    """`GET /fapi/v1/exchangeInfo`."""
    return {
        "timezone": "UTC",
        "serverTime": call.now,
        "futuresType": "U_MARGINED",
        "rateLimits": rate_limits(call, Kind.LINEAR),
        "exchangeFilters": [],
        "assets": [
            {"asset": asset, "marginAvailable": True, "autoAssetExchange": limit}
            for asset, limit in (("USDT", "-10000"), ("BTC", "-0.10000000"))
        ],
        "symbols": [futures_symbol(m) for m in call.exchange.venue.futures.desk.markets.values()],
    }


INTERVALS = {"10S": ("SECOND", 10), "1M": ("MINUTE", 1), "1D": ("DAY", 1)}


def rate_limits(call: Call, kind: Kind, *, counted: bool = False) -> list[dict[str, object]]:
    """The limits that the exchange enforces, in the venue's words; `counted` with what is used."""
    limits = call.door.limits[kind]
    meters = [("REQUEST_WEIGHT", "1M", limits.weight)]
    meters += [("ORDERS", name, meter) for name, meter in limits.orders.items()]
    return [
        {
            "rateLimitType": what,
            "interval": INTERVALS[name][0],
            "intervalNum": INTERVALS[name][1],
            "limit": meter.limit,
            **({"count": meter.used} if counted else {}),
        }
        for what, name, meter in meters
    ]


def spot_symbol(market: Market) -> dict[str, object]:
    """One spot pair."""
    return {
        "symbol": market.symbol,
        "status": "TRADING",
        "baseAsset": market.base,
        "baseAssetPrecision": 8,
        "quoteAsset": market.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": spot_filters(market),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }


def spot_filters(market: Market) -> list[dict[str, object]]:
    """The filters of a spot pair."""
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": eight(market.price_min),
            "maxPrice": eight(market.price_max),
            "tickSize": eight(market.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": eight(market.qty_min),
            "maxQty": eight(market.qty_max),
            "stepSize": eight(market.lot),
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": eight(market.market_qty_max),
            "stepSize": "0.00000000",
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": plain(market.up_max),
            "bidMultiplierDown": plain(market.down_min),
            "askMultiplierUp": plain(market.up_max),
            "askMultiplierDown": plain(market.down_min),
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": eight(market.notional_min),
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    ]


def percent(fraction: Decimal) -> str:
    """A fraction as per cent, four decimals."""
    return f"{fraction * 100:.4f}"


def futures_symbol(market: Market) -> dict[str, object]:
    """One perpetual."""
    return {
        "symbol": market.symbol,
        "pair": market.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": PERPETUAL_DELIVERY_MS,
        "onboardDate": 1_567_965_300_000,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.quote,
        "pricePrecision": market.price_digits,
        "quantityPrecision": market.qty_digits,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": f"{market.take_bound:.4f}",
        "liquidationFee": f"{market.liquidation_fee:.6f}",
        "marketTakeBound": plain(market.take_bound),
        "maxMoveOrderLimit": 10000,
        "filters": futures_filters(market),
        "orderTypes": FUTURES_ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "permissionSets": ["GRID", "COPY"],
    }


def futures_filters(market: Market) -> list[dict[str, object]]:
    """The filters of a perpetual."""
    lot = {"minQty": plain(market.qty_min), "stepSize": plain(market.lot)}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": plain(market.price_min),
            "maxPrice": plain(market.price_max),
            "tickSize": f"{market.tick:f}",
        },
        {"filterType": "LOT_SIZE", **lot, "maxQty": plain(market.qty_max)},
        {"filterType": "MARKET_LOT_SIZE", **lot, "maxQty": plain(market.market_qty_max)},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": plain(market.notional_min)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": f"{market.up_max:.4f}",
            "multiplierDown": f"{market.down_min:.4f}",
            "multiplierDecimal": "4",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]
