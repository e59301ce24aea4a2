"""`/sapi`: key permissions, and the records of deposits, withdrawals and transfers."""

from datetime import UTC, datetime

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.endpoint import Answer, Call, Endpoint, Routes, Security
from hedgebot.sim.binance.wire import eight, plain
from hedgebot.sim.records import WithdrawalRecord
from hedgebot.venue_model.ledger import Cause, Row, WalletName

WITHDRAWALS_MAX = 1_000
DIVIDENDS_MAX = 500
TRANSFERS_MAX = 100
TRANSFERS = {
    "MAIN_UMFUTURE": (WalletName.FUTURES, 1),
    "UMFUTURE_MAIN": (WalletName.FUTURES, -1),
    "MAIN_CMFUTURE": (WalletName.COIN_FUTURES, 1),
    "CMFUTURE_MAIN": (WalletName.COIN_FUTURES, -1),
    "MAIN_FUNDING": (WalletName.FUNDING, 1),
    "FUNDING_MAIN": (WalletName.FUNDING, -1),
}
"""The other wallet, and whether it takes or gives."""
EARN_ROWS_MAX = 100
NINETY_DAYS_MS = 90 * 24 * 3_600_000


def permissions(call: Call) -> Answer:
    """`GET /sapi/v1/account/apiRestrictions`."""
    return {
        "ipRestrict": False,
        "createTime": 1_700_000_000_000,
        "enableReading": True,
        "enableSpotAndMarginTrading": True,
        "enableWithdrawals": call.exchange.config.may_withdraw,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": True,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
    }


def status(_: Call) -> Answer:
    """`GET /sapi/v1/system/status`."""
    return {"status": 0, "msg": "normal"}


def rows(call: Call, cause: Cause, wallet: WalletName = WalletName.SPOT) -> list[Row]:
    """Ledger rows of one cause, newest first, in the window that the request names."""
    start, end = call.number("startTime") or 0, call.number("endTime") or 2**62
    coin = call.params.get("coin") or call.params.get("asset")
    found = [
        row
        for row in call.exchange.venue.ledger.rows
        if row.cause is cause
        and row.wallet is wallet
        and coin in {None, row.asset}
        and start <= row.at_ms <= end
    ]
    return found[::-1]


def clock_text(at_ms: int) -> str:
    """Date and time as withdrawal records print them, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def withdrawals(call: Call) -> Answer:
    """`GET /sapi/v1/capital/withdraw/history`, newest first."""
    records = call.exchange.records.withdrawals
    offset, limit = call.number("offset") or 0, call.number("limit") or WITHDRAWALS_MAX
    found = [withdrawal(each) for each in records.values() if asked_for(call, each)]
    return found[::-1][offset : offset + min(limit, WITHDRAWALS_MAX)]


def asked_for(call: Call, record: WithdrawalRecord) -> bool:
    """Whether it is told by now, and fits coin, status, ids and window of the request."""
    now, ids = call.now, call.params.get("idList")
    start = call.number("startTime") or now - NINETY_DAYS_MS
    end, wanted = call.number("endTime") or 2**62, call.number("status")
    return (
        record.shown_ms <= now
        and call.told("withdrawals", f"w{record.ref}")
        and start <= record.applied_ms <= end
        and call.params.get("coin") in {None, record.asset}
        and wanted in {None, int(record.status)}
        and (ids is None or f"w{record.ref}" in ids.split(","))
    )


def withdrawal(record: WithdrawalRecord) -> dict[str, object]:
    """One row. Source: Binance, wallet, withdraw history."""
    row: dict[str, object] = {
        "id": f"w{record.ref}",
        "amount": plain(record.told),
        "transactionFee": plain(record.fee),
        "coin": record.asset,
        "status": int(record.status),
        "address": "an address of the owner",
        "txId": f"tx{record.ref}",
        "applyTime": clock_text(record.applied_ms),
        "network": record.asset,
        "transferType": 0,
        "confirmNo": int(bool(record.completed_ms)),
        "walletType": 0,
        "txKey": "",
    }
    if record.status.failed:
        row["info"] = "the withdrawal failed"
    if record.completed_ms:
        row["completeTime"] = clock_text(record.completed_ms)
    return row


def deposits(call: Call) -> Answer:
    """`GET /sapi/v1/capital/deposit/hisrec`."""
    return [
        {
            "id": f"d{row.ref}",
            "amount": plain(row.change),
            "coin": row.asset,
            "network": row.asset,
            "status": 1,
            "address": "an address of the account",
            "addressTag": "",
            "txId": f"tx{row.ref}",
            "insertTime": row.at_ms,
            "completeTime": row.at_ms,
            "transferType": 0,
            "confirmTimes": "1/1",
            "unlockConfirm": 0,
            "walletType": 0,
        }
        for row in rows(call, Cause.DEPOSIT)
        if call.told("deposits", f"d{row.ref}")
    ]


def dividends(call: Call) -> Answer:
    """`GET /sapi/v1/asset/assetDividend`, newest first."""
    found = [row for row in rows(call, Cause.INTEREST) if call.told("dividends", row.ref)]
    limit = min(call.number("limit") or 20, DIVIDENDS_MAX)
    return {
        "rows": [
            {
                "id": row.ref,
                "amount": plain(row.change),
                "asset": row.asset,
                "divTime": row.at_ms,
                "enInfo": "Flexible interest",
                "tranId": row.ref,
            }
            for row in found[:limit]
        ],
        "total": len(found),
    }


def dust(_: Call) -> Answer:
    """`GET /sapi/v1/asset/dribblet`: no small balance is ever converted here."""
    return {"total": 0, "userAssetDribblets": []}


def funding_wallet(call: Call) -> Answer:
    """`POST /sapi/v1/asset/get-funding-asset`: what it holds. Source: Binance, wallet."""
    wanted = call.params.get("asset")
    return [
        {
            "asset": asset,
            "free": plain(total),
            "locked": "0",
            "freeze": "0",
            "withdrawing": "0",
            "btcValuation": "0",
        }
        for asset, total in sorted(call.exchange.venue.idle[WalletName.FUNDING].totals.items())
        if total and wanted in {None, asset}
    ]


def earn_positions(call: Call) -> Answer:
    """`GET /sapi/v1/simple-earn/flexible/position`. Source: Binance, simple earn."""
    wanted = call.params.get("asset")
    held = call.exchange.venue.idle[WalletName.EARN].totals
    rows = [
        {
            "totalAmount": eight(total),
            "tierAnnualPercentageRate": {},
            "latestAnnualPercentageRate": "0.01",
            "asset": asset,
            "canRedeem": True,
            "collateralAmount": "0",
            "productId": f"{asset}001",
            "yesterdayRealTimeRewards": "0",
            "cumulativeBonusRewards": "0",
            "cumulativeRealTimeRewards": "0",
            "cumulativeTotalRewards": "0",
            "autoSubscribe": False,
        }
        for asset, total in sorted(held.items())
        if total and wanted in {None, asset}
    ]
    size, page = min(call.number("size") or 10, EARN_ROWS_MAX), call.number("current") or 1
    return {"rows": rows[(page - 1) * size : page * size], "total": len(rows)}


def transfers(call: Call) -> Answer:
    """`GET /sapi/v1/asset/transfer`: between spot and another wallet, by its `type`."""
    kind = call.text("type")
    wallet, sign = TRANSFERS.get(kind, (WalletName.FUTURES, 0))
    spot = {row.ref for row in call.exchange.venue.ledger.rows if row.wallet is WalletName.SPOT}
    found = [
        row
        for row in rows(call, Cause.TRANSFER, wallet)
        if row.change * sign > 0 and row.ref in spot and call.told("transfers", row.ref)
    ]
    size, page = min(call.number("size") or 10, TRANSFERS_MAX), call.number("current") or 1
    return {
        "total": len(found),
        "rows": [
            {
                "asset": row.asset,
                "amount": plain(abs(row.change)),
                "type": kind,
                "status": "CONFIRMED",
                "tranId": row.ref,
                "timestamp": row.at_ms,
            }
            for row in found[(page - 1) * size : page * size]
        ],
    }


ROUTES: Routes = {
    ("GET", "/sapi/v1/system/status"): Endpoint(status, Kind.SPOT, 1),
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint(
        permissions, Kind.SPOT, 1, Security.SIGNED
    ),
    # Its weight of 18,000 is the account's, not the address's: ten requests a second.
    ("GET", "/sapi/v1/capital/withdraw/history"): Endpoint(
        withdrawals, Kind.SPOT, 0, Security.SIGNED
    ),
    ("GET", "/sapi/v1/capital/deposit/hisrec"): Endpoint(deposits, Kind.SPOT, 1, Security.SIGNED),
    ("GET", "/sapi/v1/asset/assetDividend"): Endpoint(dividends, Kind.SPOT, 10, Security.SIGNED),
    ("GET", "/sapi/v1/asset/dribblet"): Endpoint(dust, Kind.SPOT, 1, Security.SIGNED),
    # Counted by a limit of /sapi's own, 12,000 a minute, which is not enforced here.
    ("POST", "/sapi/v1/asset/get-funding-asset"): Endpoint(
        funding_wallet, Kind.SPOT, 0, Security.SIGNED
    ),
    ("GET", "/sapi/v1/simple-earn/flexible/position"): Endpoint(
        earn_positions, Kind.SPOT, 0, Security.SIGNED
    ),
    ("GET", "/sapi/v1/asset/transfer"): Endpoint(transfers, Kind.SPOT, 1, Security.SIGNED),
}
