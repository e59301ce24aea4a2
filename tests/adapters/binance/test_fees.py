"""The account's fee of each instrument: what is read of the venue's words, and how often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from hedgebot.adapters.binance.allowed import COIN_M, USDT_M, check_call
from hedgebot.adapters.binance.names import UNREADABLE
from hedgebot.adapters.binance.options import Pace
from hedgebot.adapters.binance.rows_futures import taker_fee
from hedgebot.domain.events import FillSeen
from hedgebot.domain.fees import FeeSeen, FeeUnread
from tests.adapters.binance import test_coin_m
from tests.adapters.binance.entries import BTC, PERP_OPTIONS, QUICK, at, entry
from tests.adapters.binance.fake_binance import (
    FUTURES_ROW,
    LIMITS,
    FakeBinance,
    Serve,
    answer,
    fake_binance,
)
from tests.adapters.binance.test_at_the_local_exchange import trading
from tests.adapters.binance.test_streams import Heard

RATE = "/fapi/v1/commissionRate"
HASTY = replace(QUICK, fees_every_ms=3_600_000, fees_again_ms=40)
DENIED = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
RATES = {"symbol": "BTCUSDT", "makerCommissionRate": "0.0002", "takerCommissionRate": "0.0004"}


@asynccontextmanager
async def asked(
    *serves: Serve, pace: Pace = HASTY, symbols: tuple[str, ...] = ("BTC/USDT:USDT",)
) -> AsyncIterator[tuple[FakeBinance, Heard]]:
    """A running entry at a venue whose answers about fees are these."""
    rows = [FUTURES_ROW, FUTURES_ROW | {"symbol": "ETHUSDT", "baseAsset": "ETH"}]
    async with fake_binance() as fake:
        fake.on("GET", "/fapi/v1/exchangeInfo", answer({"symbols": rows, "rateLimits": LIMITS}))
        fake.on("GET", RATE, *serves)
        venue, heard = entry(at(PERP_OPTIONS, fake.port, pace=pace, symbols=symbols)), Heard()
        await venue.prepare()
        work = asyncio.create_task(venue.run(heard.events.append))
        try:
            yield fake, heard
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await venue.close()


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in RATES.items() if key != name}


@pytest.mark.parametrize(
    ("row", "taker"),
    [
        (RATES, "0.0004"),
        (RATES | {"rpiCommissionRate": "0"}, "0.0004"),
        (RATES | {"makerCommissionRate": "-0.00005"}, "0.0004"),
        (without("makerCommissionRate"), "0.0004"),
        (without("symbol"), "0.0004"),
        (RATES | {"takerCommissionRate": 0.00017}, "0.00017"),
        (RATES | {"takerCommissionRate": "0"}, "0"),
        (RATES | {"takerCommissionRate": "0.01"}, "0.01"),
    ],
)
def test_what_a_taker_pays_is_read(row: Any, taker: str) -> None:
    assert taker_fee(row, "BTCUSDT") == D(taker)


@pytest.mark.parametrize(
    "row",
    [
        RATES | {"symbol": "ETHUSDT"},
        without("takerCommissionRate"),
        RATES | {"takerCommissionRate": "0.0100001"},
        RATES | {"takerCommissionRate": "-0.0001"},
        RATES | {"takerCommissionRate": "NaN"},
        RATES | {"takerCommissionRate": "Infinity"},
        RATES | {"takerCommissionRate": "much"},
        RATES | {"takerCommissionRate": None},
        RATES | {"takerCommissionRate": True},
        [RATES],
        "0.0004",
        None,
    ],
)
def test_what_is_no_fee_of_that_market_is_not(row: Any) -> None:
    with pytest.raises(UNREADABLE):
        taker_fee(row, "BTCUSDT")


async def test_it_is_told_once_a_day() -> None:
    async with asked(answer(RATES)) as (fake, heard):
        await heard.until(lambda: heard.of(FeeSeen))
        await asyncio.sleep(0.1)
        assert heard.of(FeeSeen) == [FeeSeen(BTC, D("0.0004"))]
        assert fake.count("GET", RATE) == 1
        assert fake.last("GET", RATE)["symbol"] == "BTCUSDT"


async def test_nonsense_is_named_and_asked_about_again_at_a_pace() -> None:
    told = [answer(RATES | {"symbol": "ETHUSDT"}), answer(DENIED, 401), answer(RATES)]
    async with asked(*told) as (fake, heard):
        await heard.until(lambda: heard.of(FeeSeen))
        other, denied = heard.of(FeeUnread)
        assert "commissionRate cannot be read: it is of another market" in other.reason
        assert "-2015" in denied.reason
        assert fake.count("GET", RATE) == 3


async def test_a_venue_that_does_not_answer_is_left_alone_for_a_while() -> None:
    pace = replace(HASTY, fees_again_ms=3_600_000)
    async with asked(answer({}, 404), pace=pace) as (fake, heard):
        await heard.until(lambda: heard.of(FeeUnread))
        await asyncio.sleep(0.1)
        assert fake.count("GET", RATE) == 1
        assert not heard.of(FeeSeen)


async def test_every_instrument_is_asked_about_and_one_that_fails_not_alone() -> None:
    symbols = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    async with asked(answer(RATES), symbols=symbols) as (_, heard):
        await heard.until(lambda: heard.of(FeeSeen) and heard.of(FeeUnread))
        assert {row.instrument for row in heard.of(FeeSeen)} == {BTC}


def test_a_dry_run_may_read_them() -> None:
    for endpoint in (USDT_M.commission, COIN_M.commission):
        check_call(*endpoint.key, dry_run=True)
        assert endpoint.weight == 20


async def test_the_local_exchange_charges_what_it_tells() -> None:
    async with trading() as both:
        (told,) = await both.see(FeeSeen)
        await both.caller.order("web")
        (seen, *_) = await both.see(FillSeen)
        fill = seen.fill
        assert fill.fee == (fill.qty * fill.price * told.taker).quantize(D("1e-8"))


async def test_coin_m_tells_its_own() -> None:
    async with test_coin_m.listening() as coin:
        btc, eth = await coin.see(FeeSeen, 2)
        assert (btc.instrument, eth.instrument) == (test_coin_m.BTC, test_coin_m.ETH)
        assert (btc.taker, eth.taker) == (D("0.0005"), D("0.0005"))
