"""Sweeps: what is asked, what one listing's trouble means, how a full answer is gone through."""

from decimal import Decimal

import pytest

from hedgebot.adapters.binance import statements
from hedgebot.adapters.binance.names import Raw
from hedgebot.adapters.binance.paging import listed, windows
from hedgebot.adapters.binance.statements import AGAIN_MS, DAY_MS, STRIDE_MS
from hedgebot.domain.instruments import WalletId
from hedgebot.domain.ledger import RecordSource, SourceMark, WalletReading
from hedgebot.errors import VenueError
from tests.adapters.binance.entries import SPOT_OPTIONS, at, entry, perp_at_fake
from tests.adapters.binance.fake_binance import (
    FakeBinance,
    Serve,
    answer,
    fake_binance,
    raw,
    well_behaved,
)

D = Decimal
INCOME = "/fapi/v1/income"
PATHS = {
    RecordSource.TRADES: "/api/v3/myTrades",
    RecordSource.DEPOSITS: "/sapi/v1/capital/deposit/hisrec",
    RecordSource.WITHDRAWALS: "/sapi/v1/capital/withdraw/history",
    RecordSource.TRANSFERS: "/sapi/v1/asset/transfer",
    RecordSource.DIVIDENDS: "/sapi/v1/asset/assetDividend",
    RecordSource.DUST: "/sapi/v1/asset/dribblet",
}


def row(time: int, number: int = 1) -> dict[str, object]:
    return {
        "symbol": "BTCUSDT", "incomeType": "FUNDING_FEE", "income": "0.5", "asset": "USDT",
        "time": time, "tranId": number, "tradeId": "",
    }  # fmt: skip


async def test_a_sweep_reads_the_wallet_then_the_listing() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", INCOME, answer([row(5)]))
        fake.requests.clear()
        sweep = await venue.sweep({}, None)
        asked = fake.last("GET", INCOME)
        paths = [path for _, path, _ in fake.requests]
    assert paths == ["/fapi/v3/account", INCOME]
    assert sweep.reading.wallet == "perp:futures"
    assert sweep.reading.balances == (("USDT", D("1000.5")),)
    assert sweep.reading.from_ms < sweep.reading.to_ms
    assert [each.change for each in sweep.postings] == [D("0.5")]
    (mark,) = sweep.marks
    assert (mark.venue, mark.source, mark.failure) == ("perp", RecordSource.INCOME, "")
    assert mark.venue_ms >= sweep.reading.to_ms - 200
    assert int(asked["startTime"]) == sweep.reading.from_ms - AGAIN_MS[RecordSource.INCOME]
    assert asked["limit"] == "1000"


async def test_a_listing_goes_on_from_its_mark_and_reads_a_little_again() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", INCOME, answer([]))
        first = await venue.sweep({}, None)
        (mark,) = first.marks
        await venue.sweep({mark.source: mark}, first.reading)
        asked = fake.last("GET", INCOME)
    assert int(asked["startTime"]) == mark.venue_ms - AGAIN_MS[RecordSource.INCOME]


@pytest.mark.parametrize(
    ("serves", "served"),
    [
        (answer({"code": -2015, "msg": "no permission"}, status=401), False),
        (raw("no such path", status=404), False),
        (answer({"rows": "none"}), True),
        (answer([{"incomeType": "TRANSFER"}]), True),
    ],
)
async def test_a_listing_that_cannot_be_read_keeps_its_mark_and_says_why(
    serves: Serve, *, served: bool
) -> None:
    before = SourceMark(venue="perp", source=RecordSource.INCOME, venue_ms=1_000)
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", INCOME, serves)
        sweep = await venue.sweep({RecordSource.INCOME: before}, None)
    (mark,) = sweep.marks
    assert mark.venue_ms == before.venue_ms
    assert mark.served is served
    assert mark.failure.startswith("perp: ")
    assert sweep.reading.balances
    assert sweep.postings == ()


async def test_without_the_wallet_there_is_no_sweep() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", "/fapi/v3/account", answer({"code": -2015, "msg": "no"}, status=401))
        with pytest.raises(VenueError, match="-2015"):
            await venue.sweep({}, None)


def spot_account(fake: FakeBinance) -> None:
    well_behaved(fake)
    for path in PATHS.values():
        fake.on("GET", path, answer([]))
    fake.on("GET", PATHS[RecordSource.TRANSFERS], answer({"total": 0, "rows": []}))
    fake.on("GET", PATHS[RecordSource.DIVIDENDS], answer({"total": 0, "rows": []}))
    fake.on("GET", PATHS[RecordSource.DUST], answer({"total": 0, "userAssetDribblets": []}))


async def test_a_spot_sweep_asks_every_listing_and_the_markets_of_its_coins() -> None:
    async with fake_binance() as fake:
        spot_account(fake)
        venue = entry(at(SPOT_OPTIONS, fake.port))
        await venue.prepare()
        sold = WalletReading(
            at_ms=1, wallet=WalletId("spot:spot"), balances=(("USDT", D(1)),), from_ms=1, to_ms=2
        )
        alone = await venue.sweep({}, None)
        trades_alone = fake.count("GET", PATHS[RecordSource.TRADES])
        both = await venue.sweep({}, sold)
        counts = fake.counts()
        kinds = {
            params["type"]
            for _, path, params in fake.requests
            if path == PATHS[RecordSource.TRANSFERS]
        }
        await venue.close()
    assert trades_alone == 0, "only BTC is held: there is no market between two of its coins"
    assert counts[f"GET {PATHS[RecordSource.TRADES]}"] == 1, "USDT was held before: it may be sold"
    assert {mark.source for mark in alone.marks} == set(PATHS)
    assert all(mark.served and not mark.failure for mark in both.marks)
    assert {"MAIN_UMFUTURE", "UMFUTURE_MAIN", "MAIN_FUNDING", "FUNDING_MAIN"} <= kinds


async def test_markets_beyond_the_most_are_told_and_hold_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statements, "MARKETS_MAX", 0)
    async with fake_binance() as fake:
        spot_account(fake)
        venue = entry(at(SPOT_OPTIONS, fake.port, symbols=("BTC/USDT",)))
        await venue.prepare()
        sweep = await venue.sweep({}, None)
        await venue.close()
    (trades,) = (mark for mark in sweep.marks if mark.source is RecordSource.TRADES)
    assert trades.failure == "spot: trades of 1 markets are not listed"
    assert trades.served
    assert trades.venue_ms >= sweep.reading.to_ms - 200


async def test_a_network_without_wallet_records_says_so_and_goes_on() -> None:
    async with fake_binance() as fake:
        well_behaved(fake)
        venue = entry(at(SPOT_OPTIONS, fake.port))
        await venue.prepare()
        sweep = await venue.sweep({}, None)
        await venue.close()
    served = {mark.source for mark in sweep.marks if mark.served}
    assert served == {RecordSource.TRADES}
    assert all(mark.failure for mark in sweep.marks if not mark.served)


async def test_after_a_long_pause_trades_are_listed_in_strides() -> None:
    async with fake_binance() as fake:
        spot_account(fake)
        coins = [{"asset": "BTC", "free": "1", "locked": "0"}]
        coins.append({"asset": "USDT", "free": "1", "locked": "0"})
        fake.on("GET", "/api/v3/account", answer({"updateTime": 7, "balances": coins}))
        venue = entry(at(SPOT_OPTIONS, fake.port))
        await venue.prepare()
        now = (await venue.sweep({}, None)).marks[0].venue_ms
        old = now - 10 * DAY_MS
        source = RecordSource.TRADES
        mark = SourceMark(venue="spot", source=source, venue_ms=old)
        sweep = await venue.sweep({source: mark}, None)
        await venue.close()
    found = {each.source: each for each in sweep.marks}
    assert found[source].venue_ms == old + STRIDE_MS


async def test_a_full_answer_is_asked_again_in_halves() -> None:
    times = [3, 3, 9, 15, 15, 15]
    asked = []

    async def read(start_ms: int, end_ms: int) -> list[Raw]:
        asked.append((start_ms, end_ms))
        rows: list[Raw] = [row(t, n) for n, t in enumerate(times) if start_ms <= t <= end_ms]
        return rows[:4]

    found = await listed(read, windows(0, 15, 16), rows_max=4, what="income")
    assert [each["tranId"] for each in found] == [0, 1, 2, 3, 4, 5]
    assert asked == [(0, 15), (0, 7), (8, 15), (8, 11), (12, 15)]
    with pytest.raises(VenueError, match="income: too many rows in 1 ms"):
        await listed(read, windows(0, 15, 16), rows_max=3, what="income")
