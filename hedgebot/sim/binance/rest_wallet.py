"""`/sapi`: key permissions, and the records of deposits, withdrawals and transfers."""

from datetime import UTC, datetime

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.endpoint import Answer, Call, Endpoint, Routes, Security
from hedgebot.sim.binance.wire import plain
from hedgebot.venue_model.ledger import Cause, Row, WalletName


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
    """`GET /sapi/v1/capital/withdraw/history`."""
    return [
        {
            "id": f"w{row.ref}",
            "amount": plain(-row.change),
            "transactionFee": "0",
            "coin": row.asset,
            "status": 6,
            "address": "an address of the owner",
            "txId": f"tx{row.ref}",
            "applyTime": clock_text(row.at_ms),
            "network": row.asset,
            "transferType": 0,
            "withdrawOrderId": "",
            "confirmNo": 1,
            "walletType": 0,
            "txKey": "",
            "completeTime": clock_text(row.at_ms),
        }
        for row in rows(call, Cause.WITHDRAWAL)
    ]


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
    ]


def transfers(call: Call) -> Answer:
    """`GET /sapi/v1/asset/transfer`: between spot and USDT-M, by its `type`."""
    kind = call.text("type")
    sign = {"MAIN_UMFUTURE": -1, "UMFUTURE_MAIN": 1}.get(kind, 0)
    found = [row for row in rows(call, Cause.TRANSFER) if row.change * sign > 0]
    size = call.number("size") or 10
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
            for row in found[:size]
        ],
    }


ROUTES: Routes = {
    ("GET", "/sapi/v1/system/status"): Endpoint(status, Kind.SPOT, 1),
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint(
        permissions, Kind.SPOT, 1, Security.SIGNED
    ),
    ("GET", "/sapi/v1/capital/withdraw/history"): Endpoint(
        withdrawals, Kind.SPOT, 18, Security.SIGNED
    ),
    ("GET", "/sapi/v1/capital/deposit/hisrec"): Endpoint(deposits, Kind.SPOT, 1, Security.SIGNED),
    ("GET", "/sapi/v1/asset/transfer"): Endpoint(transfers, Kind.SPOT, 1, Security.SIGNED),
}
