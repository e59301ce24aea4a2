"""Records of withdrawals, as the documents write them and as other Binances may."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal as D
from typing import Any

import pytest

from hedgebot.adapters.binance import BinanceVenue, Network
from hedgebot.adapters.binance.allowed import ENDPOINTS, WITHDRAWALS, check_call
from hedgebot.adapters.binance.budget import Budgets
from hedgebot.domain.actions import ReadWithdrawals
from hedgebot.domain.events import WithdrawalsRead, WithdrawalsUnread
from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState
from tests.adapters.binance.entries import PERP_OPTIONS, SPOT_OPTIONS, at, entry
from tests.adapters.binance.fake_binance import KEY, SECRET, FakeBinance, answer, fake_binance
from tests.sim.callers import Caller, calling

PATH = "/sapi/v1/capital/withdraw/history"
APPLIED = 1_570_878_722_000
"""2019-10-12 11:12:02 UTC."""
ROW = {
    "id": "b6ae22b3aa844210a7041aee7589627c",
    "amount": "8.91000000",
    "transactionFee": "0.004",
    "coin": "USDT",
    "status": 6,
    "address": "0x94df8b352de7f46f64b01d3666bf6e936e44ce60",
    "txId": "0xb5ef8c13b968a406cc62a93a8bd80f9e9a906ef1b3fcf20a2e48573c17659268",
    "applyTime": "2019-10-12 11:12:02",
    "network": "ETH",
    "transferType": 0,
    "confirmNo": 3,
    "walletType": 0,
    "txKey": "",
    "completeTime": "2023-03-23 16:52:41",
}
"""Source: Binance, wallet, withdraw history."""
READ = ReadWithdrawals("spot", APPLIED - 600_000)


@asynccontextmanager
async def spot_at_fake(**changes: Any) -> AsyncIterator[tuple[FakeBinance, BinanceVenue]]:
    async with fake_binance() as fake:
        venue = entry(at(SPOT_OPTIONS, fake.port, **changes))
        try:
            yield fake, venue
        finally:
            await venue.close()


async def read(*rows: object) -> tuple[Withdrawal, ...]:
    async with spot_at_fake() as (fake, venue):
        fake.on("GET", PATH, answer(list(rows)))
        told = await venue.withdrawals(READ)
    assert isinstance(told, WithdrawalsRead), told
    assert told.venue == "spot"
    return told.withdrawals


async def test_a_row_of_the_documents() -> None:
    assert await read(ROW) == (
        Withdrawal(
            record_id="b6ae22b3aa844210a7041aee7589627c",
            coin="USDT",
            qty=D("8.91"),
            fee=D("0.004"),
            state=WithdrawalState.DONE,
            applied_ms=APPLIED,
        ),
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0, WithdrawalState.OPEN),
        (1, WithdrawalState.FAILED),
        (2, WithdrawalState.OPEN),
        (3, WithdrawalState.FAILED),
        (4, WithdrawalState.OPEN),
        (5, WithdrawalState.FAILED),
        (6, WithdrawalState.DONE),
        ("6", WithdrawalState.DONE),
        (7, WithdrawalState.OPEN),
    ],
)
async def test_every_status(status: object, state: WithdrawalState) -> None:
    (found,) = await read(ROW | {"status": status})
    assert found.state is state


async def test_the_funding_wallet_is_not_counted() -> None:
    assert await read(ROW | {"walletType": 1}) == ()


async def test_fields_that_older_records_lack_and_other_ways_to_write_them() -> None:
    bare = {key: ROW[key] for key in ("id", "amount", "coin", "status")}
    (found,) = await read(bare | {"applyTime": APPLIED, "amount": 8.91})
    assert (found.qty, found.fee, found.applied_ms) == (D("8.91"), D(0), APPLIED)


async def test_what_is_asked_for() -> None:
    async with spot_at_fake() as (fake, venue):
        fake.on("GET", PATH, answer([]))
        await venue.withdrawals(READ)
        await venue.withdrawals(ReadWithdrawals("spot", 2**50))
        asked = [params for _, path, params in fake.requests if path == PATH]
    assert [params["limit"] for params in asked] == ["1000", "1000"]
    assert int(asked[0]["startTime"]) > APPLIED, "no request reaches back 90 days"
    assert int(asked[1]["startTime"]) == 2**50


@pytest.mark.parametrize(
    "row", [{}, ROW | {"amount": "many"}, ROW | {"applyTime": "soon-ish"}, ROW | {"status": None}]
)
async def test_what_cannot_be_read_is_told_without_its_content(row: object) -> None:
    async with spot_at_fake() as (fake, venue):
        fake.on("GET", PATH, answer([row]))
        told = await venue.withdrawals(READ)
    assert isinstance(told, WithdrawalsUnread)
    assert "withdrawal record cannot be read" in told.reason
    assert "0x94df" not in told.reason


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"network": Network.DEMO}, "this network does not serve it"),
        ({"exchange": "binanceusdm"}, "nothing is withdrawn from a futures wallet"),
    ],
)
async def test_where_there_are_no_records(options: dict[str, Any], words: str) -> None:
    async with spot_at_fake(**options) as (fake, venue):
        told = await venue.withdrawals(READ)
        assert fake.requests == []
    assert isinstance(told, WithdrawalsUnread)
    assert words in told.reason


def test_it_is_a_named_read_with_a_limit_of_its_own() -> None:
    assert WITHDRAWALS in ENDPOINTS
    check_call(*WITHDRAWALS.key, dry_run=True)
    uid = Budgets().uid_of("main")
    for _ in range(10):
        assert uid.room_at(WITHDRAWALS.uid_weight, 1.0, APPLIED) == APPLIED
        uid.take(WITHDRAWALS.uid_weight, APPLIED)
    assert uid.room_at(WITHDRAWALS.uid_weight, 1.0, APPLIED) == APPLIED + 1_000


async def test_the_limit_is_kept_and_costs_the_address_nothing() -> None:
    async with spot_at_fake() as (fake, venue):
        fake.on("GET", PATH, answer([]))
        uid = venue._rest.budgets.uid_of("main")
        await venue.withdrawals(READ)
        assert uid.used == WITHDRAWALS.uid_weight
        assert venue._rest.weights(WITHDRAWALS).window.used == 0
    async with fake_binance() as fake:
        perp = entry(at(PERP_OPTIONS, fake.port))
        assert perp._rest.held_ms(perp._rest.endpoints.account) == 0
        await perp.close()


# -- at the local exchange -----------------------------------------------------------------------


@asynccontextmanager
async def at_exchange() -> AsyncIterator[tuple[Caller, BinanceVenue]]:
    async with calling(api_key=KEY, api_secret=SECRET) as caller:
        venue = entry(at(SPOT_OPTIONS, caller.running.port))
        await venue.prepare()
        try:
            yield caller, venue
        finally:
            await venue.close()


async def test_a_withdrawal_and_its_failure_at_the_local_exchange() -> None:
    async with at_exchange() as (caller, venue):
        ask = ReadWithdrawals("spot", caller.running.exchange.clock.now_ms() - 60_000)
        number = await caller.told(
            "withdraw", asset="BTC", qty="3", fee="0.001", status="processing"
        )
        before = await venue.withdrawals(ask)
        await caller.told("withdrawal", id=number, status="rejected")
        after = await venue.withdrawals(ask)
    assert isinstance(before, WithdrawalsRead)
    assert isinstance(after, WithdrawalsRead)
    (record,), (failed,) = before.withdrawals, after.withdrawals
    assert (record.coin, record.qty, record.fee) == ("BTC", D("2.999"), D("0.001"))
    assert (record.state, failed.state) == (WithdrawalState.OPEN, WithdrawalState.FAILED)
    assert 0 <= before.requested_ms - record.applied_ms < 10_000
