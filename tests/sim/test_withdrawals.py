"""Withdrawals at the local exchange: the wallet, and the record with the venue's own fields."""

import asyncio
from typing import Any

import pytest

from tests.sim.callers import Caller

PATH = "/sapi/v1/capital/withdraw/history"


async def history(caller: Caller, **params: object) -> list[dict[str, Any]]:
    status, rows = await caller.call("GET", PATH, **params)
    assert status == 200, rows
    found: list[dict[str, Any]] = rows
    return found


async def btc(caller: Caller) -> str:
    state = await caller.state()
    return str(state["spot"]["BTC"]["total"])


async def test_a_record_has_the_fields_of_the_documents(caller: Caller) -> None:
    number = await caller.told("withdraw", asset="BTC", qty="3", fee="0.001")
    (row,) = await history(caller)

    assert await btc(caller) == "7"
    assert set(row) == {
        "id", "amount", "transactionFee", "coin", "status", "address", "txId", "applyTime",
        "network", "transferType", "confirmNo", "walletType", "txKey", "completeTime",
    }  # fmt: skip
    assert (row["id"], row["coin"], row["status"]) == (f"w{number}", "BTC", 6)
    assert (row["amount"], row["transactionFee"]) == ("2.999", "0.001")
    assert len(row["applyTime"]) == len("2019-10-12 11:12:02")


async def test_the_fee_may_be_inside_of_the_amount(caller: Caller) -> None:
    await caller.told("withdraw", asset="BTC", qty="3", fee="0.001", fee_inside=True)
    assert [row["amount"] for row in await history(caller)] == ["3"]


async def test_a_record_may_come_late_or_never(caller: Caller) -> None:
    await caller.told("withdraw", asset="BTC", qty="1", record_after_ms=300)
    await caller.told("withdraw", asset="BTC", qty="2", record=False)
    assert await btc(caller) == "7"
    assert await history(caller) == []
    await asyncio.sleep(0.35)
    assert [row["amount"] for row in await history(caller)] == ["1"]


@pytest.mark.parametrize(("word", "number"), [("cancelled", 1), ("rejected", 3), ("failure", 5)])
async def test_a_withdrawal_that_fails_gives_all_coins_back(
    caller: Caller, word: str, number: int
) -> None:
    ref = await caller.told("withdraw", asset="BTC", qty="3", fee="0.001", status="processing")
    assert [(r["status"], "completeTime" in r) for r in await history(caller)] == [(4, False)]
    await caller.told("withdrawal", id=ref, status=word)
    (row,) = await history(caller)

    assert (row["status"], bool(row["info"])) == (number, True)
    assert await btc(caller) == "10"
    status, body = await caller.refused("withdrawal", id=ref, status="completed")
    assert (status, "failed already" in body["error"]) == (400, True)
    state = await caller.state()
    changes = [row["change"] for row in state["ledger"] if row["cause"] == "withdrawal"]
    assert changes == ["-3", "3"]


async def test_status_and_coins_may_come_apart(caller: Caller) -> None:
    ref = await caller.told("withdraw", asset="BTC", qty="3", status="processing")
    await caller.told("withdrawal", id=ref, status="failure", status_after_ms=300)
    assert ([r["status"] for r in await history(caller)], await btc(caller)) == ([4], "10")
    await asyncio.sleep(0.35)
    assert [r["status"] for r in await history(caller)] == [5]


async def test_what_a_request_asks_for(caller: Caller) -> None:
    first = await caller.told("withdraw", asset="BTC", qty="1", status="processing")
    second = await caller.told("withdraw", asset="ETH", qty="2")
    now = caller.running.exchange.clock.now_ms()

    assert [row["coin"] for row in await history(caller)] == ["ETH", "BTC"], "newest first"
    assert [row["coin"] for row in await history(caller, coin="BTC")] == ["BTC"]
    assert [row["coin"] for row in await history(caller, status=6)] == ["ETH"]
    assert [row["coin"] for row in await history(caller, limit=1, offset=1)] == ["BTC"]
    assert [row["id"] for row in await history(caller, idList=f"w{second}")] == [f"w{second}"]
    assert await history(caller, startTime=now + 60_000) == []
    assert await history(caller, endTime=now - 60_000) == []
    assert first != second


@pytest.mark.parametrize(
    ("command", "fields", "words"),
    [
        ("withdraw", {"asset": "BTC", "qty": "1", "fee": "1"}, "fee is 1"),
        ("withdraw", {"asset": "BTC", "qty": "1", "status": "lost"}, "status is lost"),
        ("withdrawal", {"id": 77, "status": "completed"}, "no record has this id"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    caller: Caller, command: str, fields: dict[str, object], words: str
) -> None:
    status, body = await caller.refused(command, **fields)
    assert (status, words in body["error"]) == (400, True)
    assert await btc(caller) == "10"
