"""`/fapi`: balances, positions and modes of the futures account."""

from dataclasses import replace
from decimal import Decimal

from hedgebot.domain.instruments import Side
from hedgebot.sim.binance.endpoint import Answer, Call
from hedgebot.sim.binance.errors import ApiError
from hedgebot.sim.binance.wire import eight, plain, price_of, qty_of
from hedgebot.venue_model import settings
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.margin import PositionKey, Totals, liquidation_mark
from hedgebot.venue_model.orders import PositionSide
from hedgebot.venue_model.rejections import Reason, Rejected

ZERO = Decimal(0)
CASH_COIN = "USDT"
"""The account-wide sums of USDT-M are in it."""


def told(call: Call) -> Futures:
    """The futures account as REST tells it: now, or as of the stale moment that was set."""
    futures, records = call.perpetuals, call.exchange.records
    if not records.stale.ms:
        return futures
    view = records.account(call.exchange.venue, call.exchange.clock.wall())
    symbols = futures.desk.markets
    held = {key: position for key, position in view.positions.items() if key[0] in symbols}
    totals = dict(view.futures[futures.kind])
    updated = dict(view.updated[futures.desk.wallet.name])
    if records.stale.redated:
        held = {key: replace(position, updated_ms=call.now) for key, position in held.items()}
        updated = dict.fromkeys(totals, call.now)
    return settings.as_of(futures, totals, updated, held)


def account_v3(call: Call) -> Answer:
    """`GET /fapi/v3/account`: positions held or with open orders only."""
    futures = told(call)
    totals = futures.totals(CASH_COIN)
    return {
        **sums(totals),
        "assets": [asset_row(futures, a) for a in futures.desk.wallet.totals],
        "positions": [account_position(futures, key) for key in busy(futures)],
    }


def account_v2(call: Call) -> Answer:
    """`GET /fapi/v2/account`: every symbol."""
    futures = told(call)
    totals = futures.totals(CASH_COIN)
    return {
        **account_config_row(futures),
        **sums(totals),
        "assets": [
            {**asset_row(futures, a), "marginAvailable": True} for a in futures.desk.wallet.totals
        ],
        "positions": [
            {
                **account_position(futures, key),
                "leverage": str(futures.leverage(key[0])),
                "isolated": key[0] in futures.modes.isolated,
                "entryPrice": plain(round(futures.exposure(key).entry, 8)),
                "maxNotional": plain(settings.notional_max(futures, key[0])),
                "bidNotional": "0",
                "askNotional": "0",
            }
            for key in every(futures)
        ],
    }


def sums(totals: Totals) -> dict[str, object]:
    """The account-wide sums."""
    initial = totals.initial + totals.open_orders
    return {
        "totalInitialMargin": eight(initial),
        "totalMaintMargin": eight(totals.maintenance),
        "totalWalletBalance": eight(totals.wallet),
        "totalUnrealizedProfit": eight(totals.unrealized),
        "totalMarginBalance": eight(totals.margin_balance),
        "totalPositionInitialMargin": eight(totals.initial),
        "totalOpenOrderInitialMargin": eight(totals.open_orders),
        "totalCrossWalletBalance": eight(totals.wallet),
        "totalCrossUnPnl": eight(totals.unrealized),
        "availableBalance": eight(totals.available),
        "maxWithdrawAmount": eight(max(ZERO, min(totals.available, totals.wallet))),
    }


def asset_row(futures: Futures, asset: str) -> dict[str, object]:
    """One asset of a futures wallet, with what it margins."""
    wallet, totals = futures.desk.wallet.totals[asset], futures.totals(asset)
    return {
        "asset": asset,
        "walletBalance": eight(wallet),
        "unrealizedProfit": eight(totals.unrealized),
        "marginBalance": eight(totals.margin_balance),
        "maintMargin": eight(totals.maintenance),
        "initialMargin": eight(totals.initial + totals.open_orders),
        "positionInitialMargin": eight(totals.initial),
        "openOrderInitialMargin": eight(totals.open_orders),
        "crossWalletBalance": eight(wallet),
        "crossUnPnl": eight(totals.unrealized),
        "availableBalance": eight(totals.available),
        "maxWithdrawAmount": eight(max(ZERO, min(totals.available, wallet))),
        "updateTime": futures.desk.wallet.updated.get(asset, 0),
    }


def busy(futures: Futures) -> list[PositionKey]:
    """Positions that are not flat or have open orders."""
    keys = {key for key, held in futures.positions.items() if held.qty}
    for order in futures.desk.orders.working.values():
        keys.add((order.ticket.symbol, order.ticket.position_side))
    return sorted(keys)


def every(futures: Futures) -> list[PositionKey]:
    """Every position there can be in the mode that is set, and those held from the other one."""
    sides = (
        (PositionSide.LONG, PositionSide.SHORT) if futures.modes.dual_side else (PositionSide.BOTH,)
    )
    listed = [(symbol, side) for symbol in futures.desk.markets for side in sides]
    return list(dict.fromkeys([*listed, *(key for key, p in futures.positions.items() if p.qty)]))


def chosen(call: Call, keys: list[PositionKey]) -> list[PositionKey]:
    """Those of the symbol that the request names."""
    symbol = call.params.get("symbol")
    if symbol:
        call.perpetuals.desk.market(symbol)
    return [key for key in keys if symbol in {None, "", key[0]}]


def account_position(futures: Futures, key: PositionKey) -> dict[str, object]:
    """One position inside the account answer."""
    exposure = futures.exposure(key)
    position = exposure.position
    return {
        "symbol": key[0],
        "positionSide": key[1].value,
        "positionAmt": qty_of(exposure.market, position.qty),
        "unrealizedProfit": eight(exposure.unrealized),
        "isolatedMargin": "0.00000000",
        "notional": plain(round(exposure.notional, 8)),
        "isolatedWallet": "0",
        "initialMargin": plain(round(exposure.initial, 8)),
        "maintMargin": plain(round(exposure.maintenance, 8)),
        "positionInitialMargin": plain(round(exposure.initial, 8)),
        "openOrderInitialMargin": "0",
        "updateTime": position.updated_ms,
    }


def balances(call: Call) -> Answer:
    """`GET /fapi/v2/balance` and v3."""
    futures = told(call)
    return [
        {
            **balance_row(row := asset_row(futures, asset)),
            "maxWithdrawAmount": row["maxWithdrawAmount"],
            "marginAvailable": True,
        }
        for asset in futures.desk.wallet.totals
    ]


def balance_row(row: dict[str, object]) -> dict[str, object]:
    """What the balances of both margins tell of an asset, of a row of the account."""
    return {
        "accountAlias": "SgsR",
        "asset": row["asset"],
        "balance": row["walletBalance"],
        "crossWalletBalance": row["crossWalletBalance"],
        "crossUnPnl": row["crossUnPnl"],
        "availableBalance": row["availableBalance"],
        "updateTime": row["updateTime"],
    }


def risk_row(futures: Futures, key: PositionKey) -> dict[str, object]:
    """What both versions of positionRisk print."""
    exposure = futures.exposure(key)
    position, market = exposure.position, exposure.market
    totals = futures.totals(market.settle)
    others = (
        totals.wallet
        + (totals.unrealized - exposure.unrealized)
        - (totals.maintenance - exposure.maintenance)
    )
    liquidated = liquidation_mark(others, exposure) if position.qty else ZERO
    return {
        "symbol": key[0],
        "positionSide": key[1].value,
        "positionAmt": qty_of(market, position.qty),
        "entryPrice": plain(round(exposure.entry, 8)),
        "breakEvenPrice": plain(round(exposure.entry, 8)),
        "markPrice": eight(exposure.mark),
        "unRealizedProfit": eight(exposure.unrealized),
        "liquidationPrice": price_of(market, max(liquidated, ZERO)) if liquidated else "0",
        "isolatedMargin": "0",
        "notional": plain(round(exposure.notional, 8)),
        "isolatedWallet": "0",
        "updateTime": position.updated_ms,
    }


def risk_v3(call: Call) -> Answer:
    """`GET /fapi/v3/positionRisk`: positions held or with open orders; no leverage."""
    futures = told(call)
    rows = []
    for key in chosen(call, busy(futures)):
        exposure, waiting = futures.exposure(key), order_notionals(futures, key[0])
        rows.append(
            {
                **risk_row(futures, key),
                "marginAsset": exposure.market.quote,
                "initialMargin": plain(round(exposure.initial, 8)),
                "maintMargin": plain(round(exposure.maintenance, 8)),
                "positionInitialMargin": plain(round(exposure.initial, 8)),
                "openOrderInitialMargin": "0",
                "adl": 1 if exposure.position.qty else 0,
                "bidNotional": plain(waiting[Side.BUY]),
                "askNotional": plain(waiting[Side.SELL]),
            }
        )
    return rows


def order_notionals(futures: Futures, symbol: str) -> dict[Side, Decimal]:
    """Open orders by side, in the settlement coin."""
    found = {Side.BUY: ZERO, Side.SELL: ZERO}
    for order in futures.desk.orders.working_of(symbol):
        found[order.ticket.side] += futures.desk.markets[symbol].notional(
            order.left, order.ticket.price
        )
    return found


def risk_v2(call: Call) -> Answer:
    """`GET /fapi/v2/positionRisk`: every symbol, with leverage and margin type."""
    futures = told(call)
    return [
        {
            **risk_row(futures, key),
            "leverage": str(futures.leverage(key[0])),
            "maxNotionalValue": plain(settings.notional_max(futures, key[0])),
            "marginType": "isolated" if key[0] in futures.modes.isolated else "cross",
            "isAutoAddMargin": "false",
        }
        for key in chosen(call, every(futures))
    ]


def account_config_row(futures: Futures) -> dict[str, object]:
    """What the account may do and how it is set."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": futures.modes.dual_side,
        "updateTime": 0,
        "multiAssetsMargin": futures.modes.multi_assets,
        "tradeGroupId": -1,
    }


def account_config(call: Call) -> Answer:
    """`GET /fapi/v1/accountConfig`."""
    return account_config_row(call.perpetuals)


def symbol_config(call: Call) -> Answer:
    """`GET /fapi/v1/symbolConfig`."""
    futures = call.perpetuals
    both = [(symbol, PositionSide.BOTH) for symbol in futures.desk.markets]
    return [
        {
            "symbol": symbol,
            "marginType": "ISOLATED" if symbol in futures.modes.isolated else "CROSSED",
            "isAutoAddMargin": False,
            "leverage": futures.leverage(symbol),
            "maxNotionalValue": plain(settings.notional_max(futures, symbol)),
        }
        for symbol, _ in chosen(call, both)
    ]


def get_dual_side(call: Call) -> Answer:
    """`GET /fapi/v1/positionSide/dual`."""
    return {"dualSidePosition": call.perpetuals.modes.dual_side}


def set_dual_side(call: Call) -> Answer:
    """`POST /fapi/v1/positionSide/dual`."""
    call.text("dualSidePosition")
    settings.set_dual_side(call.perpetuals, dual=call.flag("dualSidePosition"))
    return {"code": 200, "msg": "success"}


def get_multi_assets(call: Call) -> Answer:
    """`GET /fapi/v1/multiAssetsMargin`."""
    return {"multiAssetsMargin": call.perpetuals.modes.multi_assets}


def set_multi_assets(call: Call) -> Answer:
    """`POST /fapi/v1/multiAssetsMargin`."""
    call.text("multiAssetsMargin")
    try:
        settings.set_multi_assets(call.perpetuals, multi=call.flag("multiAssetsMargin"))
    except Rejected:
        raise ApiError(-4171, "No need to change multi-assets mode.") from None
    return {"code": 200, "msg": "success"}


def set_leverage(call: Call) -> Answer:
    """`POST /fapi/v1/leverage`."""
    futures, symbol = call.perpetuals, call.text("symbol")
    settings.set_leverage(futures, symbol, call.number("leverage") or 0)
    return {
        "leverage": futures.leverage(symbol),
        "maxNotionalValue": plain(settings.notional_max(futures, symbol)),
        "symbol": symbol,
    }


MARGIN_TYPE_ERRORS = {
    Reason.NO_CHANGE: ApiError(-4046, "No need to change margin type."),
    Reason.ORDERS_OPEN: ApiError(
        -4047, "Margin type cannot be changed if there exists open orders."
    ),
    Reason.POSITION_OPEN: ApiError(
        -4048, "Margin type cannot be changed if there exists position."
    ),
}


def set_margin_type(call: Call) -> Answer:
    """`POST /fapi/v1/marginType`."""
    futures, symbol = call.perpetuals, call.text("symbol")
    kind = call.text("marginType")
    if kind not in {"ISOLATED", "CROSSED"}:
        raise ApiError(-4055, "Invalid margin type.")
    try:
        settings.set_isolated(futures, symbol, isolated=kind == "ISOLATED")
    except Rejected as rejected:
        if rejected.reason in MARGIN_TYPE_ERRORS:
            worded = MARGIN_TYPE_ERRORS[rejected.reason]
            raise ApiError(worded.code, worded.text) from None
        raise
    return {"code": 200, "msg": "success"}
