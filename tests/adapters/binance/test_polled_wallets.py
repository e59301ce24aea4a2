"""The wallets funding and earn: read whole with every snapshot, or the snapshot has failed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal as D
from typing import Any

import pytest
from aiohttp import web

from hedgebot.adapters.binance import BinanceVenue
from hedgebot.domain.actions import Snapshot
from hedgebot.domain.events import Balance, Scope, SnapshotFailed, SnapshotTaken
from hedgebot.domain.instruments import WalletId
from tests.adapters.binance.entries import SPOT_OPTIONS, at, entry
from tests.adapters.binance.fake_binance import FakeBinance, answer, fake_binance

FUNDING = ("POST", "/sapi/v1/asset/get-funding-asset")
EARN = ("GET", "/sapi/v1/simple-earn/flexible/position")
AUDIT = Snapshot("spot", Scope.AUDIT, 1)


def funded(asset: str = "BTC", **changes: str) -> dict[str, str]:
    parts = {"free": "1", "locked": "0.25", "freeze": "0.5", "withdrawing": "8"}
    return {"asset": asset, **parts, "btcValuation": "0"} | changes


def earned(asset: str, total: str) -> dict[str, Any]:
    return {"asset": asset, "totalAmount": total, "productId": f"{asset}001"}


@asynccontextmanager
async def spot(**changes: Any) -> AsyncIterator[tuple[FakeBinance, BinanceVenue]]:
    async with fake_binance() as fake:
        wallets = ("spot", "funding", "earn")
        venue = entry(at(SPOT_OPTIONS, fake.port, wallets=wallets, **changes))
        fake.on(*FUNDING, answer([funded()]))
        fake.on(*EARN, answer({"rows": [earned("BTC", "3")], "total": 1}))
        await venue.prepare()
        try:
            yield fake, venue
        finally:
            await venue.close()


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_snapshot_has_every_wallet(*, dry_run: bool) -> None:
    async with spot(dry_run=dry_run) as (_fake, venue):
        taken = await venue.snapshot(AUDIT)
    assert isinstance(taken, SnapshotTaken)
    names = (WalletId("spot:spot"), WalletId("spot:funding"), WalletId("spot:earn"))
    assert taken.wallets == names
    assert taken.balances == (
        Balance(names[0], "BTC", D("2.0"), 7),
        Balance(names[1], "BTC", D("1.75"), 0),  # what is being withdrawn is gone
        Balance(names[2], "BTC", D(3), 0),
    )


async def test_positions_of_one_coin_add_up_over_all_pages() -> None:
    rows = [earned("BTC", "0.01") for _ in range(100)] + [earned("ETH", "1")] * 60
    asked: list[dict[str, str]] = []

    async def page(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        size, current = int(request.query["size"]), int(request.query["current"])
        found = rows[(current - 1) * size : current * size]
        return web.json_response({"rows": found, "total": len(rows)})

    async with spot() as (fake, venue):
        fake.on(*EARN, page)
        taken = await venue.snapshot(AUDIT)
    assert isinstance(taken, SnapshotTaken)
    found = {row.asset: row.total for row in taken.balances if row.wallet == "spot:earn"}
    assert found == {"BTC": D(1), "ETH": D(60)}
    assert [query["current"] for query in asked] == ["1", "2"]


@pytest.mark.parametrize(
    ("call", "body", "status"),
    [
        (FUNDING, {"code": -2015, "msg": "no"}, 401),
        (EARN, {"code": -1003, "msg": "slow down"}, 429),
        (FUNDING, {}, 200),
        (FUNDING, [{"asset": "BTC", "free": "1"}], 200),
        (FUNDING, [funded(free="much")], 200),
        (EARN, [], 200),
        (EARN, {"rows": [{"asset": "BTC"}], "total": 1}, 200),
        (EARN, {"rows": [], "total": 3}, 200),
    ],
)
async def test_a_part_that_cannot_be_read_fails_the_whole(
    call: tuple[str, str], body: object, status: int
) -> None:
    async with spot() as (fake, venue):
        fake.on(*call, answer(body, status))
        failed = await venue.snapshot(AUDIT)
    assert isinstance(failed, SnapshotFailed)


async def test_pages_without_end_fail() -> None:
    async with spot() as (fake, venue):
        fake.on(*EARN, answer({"rows": [earned("BTC", "1")], "total": 10**6}))
        failed = await venue.snapshot(AUDIT)
        count = fake.count(*EARN)
    assert isinstance(failed, SnapshotFailed)
    assert "more earn positions than 20 pages hold" in failed.reason
    assert count == 20


async def test_their_weight_is_not_the_exchange_s_own() -> None:
    async with spot() as (fake, venue):
        for _ in range(45):  # 6,750 of weight, above the 6,000 a minute of the exchange
            assert isinstance(await venue.snapshot(AUDIT), SnapshotTaken)
        assert fake.count(*EARN) == 45
