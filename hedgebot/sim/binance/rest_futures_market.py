"""`/fapi`, and `/dapi` where it is alike: prices, funding, brackets, income and fees."""

from decimal import Decimal

from hedgebot.sim.binance.endpoint import Answer, Call
from hedgebot.sim.binance.wire import eight, plain, price_of, qty_of

ZERO = Decimal(0)
Rows = list[dict[str, object]]


def named(call: Call) -> list[str]:
    """The symbol that the request names, or all."""
    desk, symbol = call.perpetuals.desk, call.params.get("symbol")
    return [desk.market(symbol).symbol] if symbol else list(desk.markets)


def one_or_all(call: Call, rows: Rows) -> Answer:
    """A single object where a symbol is named, else a list."""
    return rows[0] if call.params.get("symbol") else rows


def premium_index(call: Call) -> Answer:
    """`GET /fapi/v1/premiumIndex`."""
    return one_or_all(call, premium_rows(call))


def premium_rows(call: Call) -> Rows:
    """One for each symbol asked for."""
    rows: Rows = []
    for symbol in named(call):
        prices = call.perpetuals.prices[symbol]
        rows.append(
            {
                "symbol": symbol,
                "markPrice": eight(prices.mark),
                "indexPrice": eight(prices.index),
                "estimatedSettlePrice": eight(prices.index),
                "lastFundingRate": eight(prices.funding_rate),
                "interestRate": "0.00010000",
                "nextFundingTime": prices.funding_ms,
                "time": call.now,
            }
        )
    return rows


def funding_rules(call: Call) -> Answer:
    """`GET /fapi/v1/fundingInfo`: interval, cap and floor."""
    return [
        {
            "symbol": market.symbol,
            "adjustedFundingRateCap": eight(market.funding_cap),
            "adjustedFundingRateFloor": eight(-market.funding_cap),
            "fundingIntervalHours": market.funding_hours,
            "disclaimer": False,
            "updateTime": 1_758_377_721_362,
        }
        for market in call.perpetuals.desk.markets.values()
    ]


INCOME_MAX = 1_000
WEEK_MS = 7 * 24 * 3_600_000


def income(call: Call) -> Answer:
    """`GET /fapi/v1/income`: oldest first; of the last week where no time is named."""
    start, end = call.number("startTime"), call.number("endTime") or 2**62
    if start is None:
        start = 0 if "endTime" in call.params else call.now - WEEK_MS
    symbol, kind = call.params.get("symbol"), call.params.get("incomeType")
    rows = [
        {
            "symbol": entry.symbol,
            "incomeType": entry.kind,
            "income": eight(entry.income),
            "asset": entry.asset,
            "info": entry.kind,
            "time": entry.at_ms,
            "tranId": entry.id,
            "tradeId": str(entry.trade_id) if entry.trade_id else "",
        }
        for entry in call.perpetuals.income
        if symbol in {None, entry.symbol}
        and kind in {None, entry.kind}
        and start <= entry.at_ms <= end
        and call.told("income", entry.id)
    ]
    limit, page = min(call.number("limit") or 100, INCOME_MAX), call.number("page")
    if page is not None:
        return rows[(page - 1) * limit : page * limit]
    return rows[:limit] if "startTime" in call.params else rows[-limit:]


def leverage_brackets(call: Call) -> Answer:
    """`GET /fapi/v1/leverageBracket`."""
    markets = call.perpetuals.desk.markets
    return [
        {
            "symbol": symbol,
            "notionalCoef": 1.0,
            "brackets": [
                {
                    "bracket": number,
                    "initialLeverage": tier.leverage_max,
                    "notionalCap": int(tier.cap),
                    "notionalFloor": int(tier.floor),
                    "maintMarginRatio": float(tier.rate),
                    "cum": float(tier.cum),
                }
                for number, tier in enumerate(markets[symbol].brackets, start=1)
            ],
        }
        for symbol in named(call)
    ]


def commission_rate(call: Call) -> Answer:
    """`GET /fapi/v1/commissionRate`."""
    market = call.perpetuals.desk.market(call.text("symbol"))
    return {
        "symbol": market.symbol,
        "makerCommissionRate": plain(market.fee_maker),
        "takerCommissionRate": plain(market.fee_taker),
        "rpiCommissionRate": "0",
    }


def book_ticker(call: Call) -> Answer:
    """`GET /fapi/v1/ticker/bookTicker`."""
    return one_or_all(call, touch_rows(call))


def touch_rows(call: Call) -> Rows:
    """One for each symbol asked for."""
    desk = call.perpetuals.desk
    rows: Rows = []
    for symbol in named(call):
        market, book = desk.markets[symbol], desk.books[symbol]
        empty = (ZERO, ZERO)
        (bid, bid_qty), (ask, ask_qty) = book.touch() or (empty, empty)
        rows.append(
            {
                "symbol": symbol,
                "bidPrice": price_of(market, bid),
                "bidQty": qty_of(market, bid_qty),
                "askPrice": price_of(market, ask),
                "askQty": qty_of(market, ask_qty),
                "time": call.now,
                "lastUpdateId": book.update_id,
            }
        )
    return rows


def price(call: Call) -> Answer:
    """`GET /fapi/v1/ticker/price` (v2 alike)."""
    return one_or_all(call, price_rows(call))


def price_rows(call: Call) -> Rows:
    """One for each symbol asked for."""
    desk, venue = call.perpetuals.desk, call.exchange.venue
    rows: Rows = []
    for symbol in named(call):
        touch = desk.books[symbol].touch()
        last = touch[0][0] if touch else venue.futures.prices[symbol].mark
        rows.append(
            {"symbol": symbol, "price": price_of(desk.markets[symbol], last), "time": call.now}
        )
    return rows


def depth(call: Call) -> Answer:
    """`GET /fapi/v1/depth`."""
    desk = call.perpetuals.desk
    market = desk.market(call.text("symbol"))
    book, limit = desk.books[market.symbol], call.number("limit") or 500
    sides = {
        name: [[price_of(market, p), qty_of(market, q)] for p, q in ladder.levels(limit)]
        for name, ladder in (("bids", book.bids), ("asks", book.asks))
    }
    return {"lastUpdateId": book.update_id, "E": call.now, "T": call.now, **sides}


def server_time(call: Call) -> Answer:
    """`GET /fapi/v1/time`."""
    return {"serverTime": call.now}


def ping(_: Call) -> Answer:
    """`GET /fapi/v1/ping`."""
    return {}
