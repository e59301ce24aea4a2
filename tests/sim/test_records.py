"""The listings of what changed a wallet: fields, windows, pages, and one record that is hidden."""

from typing import Any

import pytest

from tests.sim.callers import Caller

INCOME = "/fapi/v1/income"
HOUR_MS = 3_600_000


async def rows(caller: Caller, path: str, **params: object) -> Any:
    status, answer = await caller.call("GET", path, **params)
    assert status == 200, answer
    return answer


async def moves(caller: Caller, count: int) -> None:
    for _ in range(count):
        await caller.told("transfer", asset="USDT", qty="1", to="futures")


async def test_income_is_listed_oldest_first_in_pages(caller: Caller) -> None:
    await moves(caller, 5)
    first = await rows(caller, INCOME, limit=2, page=1)
    second = await rows(caller, INCOME, limit=2, page=2)
    third = await rows(caller, INCOME, limit=2, page=3)
    ids = [row["tranId"] for row in (*first, *second, *third)]
    assert ids == sorted(ids)
    assert [len(page) for page in (first, second, third)] == [2, 2, 1]
    assert set(first[0]) == {
        "symbol", "incomeType", "income", "asset", "info", "time", "tranId", "tradeId",
    }  # fmt: skip


async def test_income_without_a_time_is_that_of_the_last_week(caller: Caller) -> None:
    await moves(caller, 1)
    assert len(await rows(caller, INCOME)) == 1
    await caller.told("skew", ms=8 * 24 * HOUR_MS)
    assert await rows(caller, INCOME) == []
    assert len(await rows(caller, INCOME, startTime=1)) == 1


async def test_interest_is_a_dividend_and_in_the_ledger(caller: Caller) -> None:
    number = await caller.told("interest", asset="BNB", qty="0.25")
    answer = await rows(caller, "/sapi/v1/asset/assetDividend")
    assert answer["total"] == 1
    assert answer["rows"][0] | {"divTime": 0} == {
        "id": number, "amount": "0.25", "asset": "BNB", "divTime": 0,
        "enInfo": "Flexible interest", "tranId": number,
    }  # fmt: skip
    last = (await caller.state())["ledger"][-1]
    assert (last["cause"], last["asset"], last["change"]) == ("interest", "BNB", "0.25")
    dust = await rows(caller, "/sapi/v1/asset/dribblet")
    assert dust == {"total": 0, "userAssetDribblets": []}


async def test_transfers_come_in_pages_newest_first(caller: Caller) -> None:
    await moves(caller, 3)
    asked = {"type": "MAIN_UMFUTURE", "size": 2}
    pages = [await rows(caller, "/sapi/v1/asset/transfer", **asked, current=n) for n in (1, 2)]
    ids = [row["tranId"] for page in pages for row in page["rows"]]
    assert ids == sorted(ids, reverse=True)
    assert [page["total"] for page in pages] == [3, 3]
    assert [len(page["rows"]) for page in pages] == [2, 1]


async def hidden_or_not(caller: Caller, listing: str, path: str, **params: object) -> list[int]:
    """How many rows a listing has, before its only record is hidden, meanwhile and after."""
    ids = {"deposits": "d1", "withdrawals": "w1"}
    record = {"listing": listing, "id": ids.get(listing, "1")}
    counts = []
    for on in (None, True, False):
        if on is not None:
            await caller.told("hide_record", **record, on=on)
        answer = await rows(caller, path, **params)
        counts.append(len(answer["rows"] if isinstance(answer, dict) else answer))
    return counts


@pytest.mark.parametrize(
    ("act", "listing", "path", "params"),
    [
        ({"asset": "BTC", "qty": "1"}, "deposits", "/sapi/v1/capital/deposit/hisrec", {}),
        ({"asset": "BTC", "qty": "1"}, "withdrawals", "/sapi/v1/capital/withdraw/history", {}),
        ({"asset": "BTC", "qty": "1"}, "dividends", "/sapi/v1/asset/assetDividend", {}),
        (
            {"asset": "USDT", "qty": "1", "to": "futures"},
            "transfers",
            "/sapi/v1/asset/transfer",
            {"type": "MAIN_UMFUTURE"},
        ),
        ({"asset": "USDT", "qty": "1", "to": "futures"}, "income", INCOME, {}),
        (
            {"market": "spot", "symbol": "BTCUSDT", "side": "BUY", "qty": "0.01"},
            "spot_trades",
            "/api/v3/myTrades",
            {"symbol": "BTCUSDT"},
        ),
        (
            {"market": "futures", "symbol": "BTCUSDT", "side": "SELL", "qty": "0.01"},
            "futures_trades",
            "/fapi/v1/userTrades",
            {"symbol": "BTCUSDT"},
        ),
    ],
)
async def test_a_hidden_record_is_told_by_its_listing_to_nobody_and_then_again(
    caller: Caller,
    *,
    act: dict[str, object],
    listing: str,
    path: str,
    params: dict[str, object],
) -> None:
    commands = {
        "deposits": "deposit", "withdrawals": "withdraw", "dividends": "interest",
        "transfers": "transfer", "income": "transfer",
    }  # fmt: skip
    await caller.told(commands.get(listing, "trade"), **act)
    before = (await caller.state())["ledger"]
    assert await hidden_or_not(caller, listing, path, **params) == [1, 0, 1]
    assert (await caller.state())["ledger"] == before, "the wallet keeps what it did"


async def test_an_unknown_listing_is_refused(caller: Caller) -> None:
    status, answer = await caller.refused("hide_record", listing="gossip", id="1")
    assert status == 400
    assert "listing is none of income, deposits" in answer["error"]
