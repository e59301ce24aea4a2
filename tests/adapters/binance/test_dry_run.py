"""The shadow: real streams and reads, orders that never leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import DryRunVenue
from hedgebot.domain.actions import LookUp, Snapshot
from hedgebot.domain.events import (
    FeedBack,
    FillSeen,
    LookedUp,
    NotSent,
    NotSentReason,
    OrderSeen,
    PositionSeen,
    Refused,
    Scope,
    SnapshotTaken,
    Submitted,
    TouchSeen,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import OrderId, OrderStatus, Refusal
from tests.adapters.binance.clocks import WallClock
from tests.adapters.binance.entries import BTC, PERP_OPTIONS, at, entry, intent
from tests.adapters.binance.fake_binance import FakeBinance, answer, fake_binance
from tests.adapters.binance.test_snapshots import RISK
from tests.adapters.binance.test_streams import ACCOUNT, TOUCH, Heard
from tests.adapters.binance.test_translate_futures import POSITION, account_update

D = Decimal
AUDIT = Snapshot("perp", Scope.AUDIT, 1)


def touch(bid: str = "60000", bid_qty: str = "1", ask: str = "60001") -> dict[str, str]:
    return {"e": "bookTicker", "s": "BTCUSDT", "b": bid, "B": bid_qty, "a": ask, "A": "1"}


@asynccontextmanager
async def dry() -> AsyncIterator[tuple[FakeBinance, DryRunVenue, Heard]]:
    async with fake_binance() as fake:
        fake.on("GET", "/fapi/v3/positionRisk", answer([RISK]))
        venue = DryRunVenue(entry(at(PERP_OPTIONS, fake.port, dry_run=True)), WallClock())
        heard = Heard()
        await venue.prepare()
        work = asyncio.create_task(venue.run(heard.events.append))
        await heard.until(lambda: len(heard.of(FeedBack)) == 3)
        await venue.snapshot(AUDIT)
        await fake.say(TOUCH, touch())
        await heard.until(lambda: heard.of(TouchSeen))
        try:
            yield fake, venue, heard
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await venue.close()


async def test_an_order_fills_at_its_limit_into_the_shadow() -> None:
    async with dry() as (_fake, venue, heard):
        heard.events.clear()
        outcome = await venue.submit(intent(), lambda: None)
        assert isinstance(outcome, Submitted)
        assert outcome.report.status is OrderStatus.FILLED
        kinds = [type(event) for event in heard.events]
        assert kinds == [PositionSeen, FillSeen, OrderSeen]
        (seen,) = heard.of(PositionSeen)
        assert seen.position.qty == D("-0.51")
        (fill,) = heard.of(FillSeen)
        assert (fill.fill.price, fill.fill.qty, fill.fill.legs) == (D("59900.0"), D("0.010"), ())
        taken = await venue.snapshot(AUDIT)
        assert isinstance(taken, SnapshotTaken)
        assert taken.positions[0].qty == D("-0.51")


async def test_the_real_position_goes_on_beneath_the_shadow() -> None:
    async with dry() as (fake, venue, heard):
        await venue.submit(intent(), lambda: None)
        heard.events.clear()
        await fake.say(ACCOUNT, account_update("ORDER", P=[POSITION | {"pa": "-0.7"}]))
        await heard.until(lambda: heard.of(PositionSeen))
        assert heard.of(PositionSeen)[0].position.qty == D("-0.71")


@pytest.mark.parametrize(
    ("shown", "filled", "status"),
    [
        (touch(bid_qty="0.0045"), D("0.004"), OrderStatus.EXPIRED),
        (touch(bid="59899.9"), D(0), OrderStatus.EXPIRED),
        (touch(bid="59900"), D("0.010"), OrderStatus.FILLED),
        (touch(bid="0"), D(0), OrderStatus.EXPIRED),
    ],
)
async def test_the_touch_bounds_the_fill(
    shown: dict[str, str], filled: Decimal, status: OrderStatus
) -> None:
    async with dry() as (fake, venue, heard):
        await fake.say(TOUCH, shown)
        await heard.until(lambda: len(heard.of(TouchSeen)) == 2)
        outcome = await venue.submit(intent(), lambda: None)
    assert isinstance(outcome, Submitted)
    assert (outcome.report.filled_qty, outcome.report.status) == (filled, status)


async def test_a_buy_takes_the_ask() -> None:
    async with dry() as (_fake, venue, _heard):
        low = await venue.submit(intent(side=Side.BUY, price=D(60000)), lambda: None)
        high = await venue.submit(
            intent(order_id=OrderId(2), side=Side.BUY, price=D(60001)), lambda: None
        )
    assert isinstance(low, Submitted)
    assert isinstance(high, Submitted)
    assert (low.report.filled_qty, high.report.filled_qty) == (D(0), D("0.010"))


async def test_invariant_3_a_shadow_order_that_reduces_never_crosses_zero() -> None:
    async with dry() as (_fake, venue, _heard):
        big: dict[str, Any] = {"side": Side.BUY, "price": D(60001), "lots": 900, "qty": D("0.9")}
        closing = await venue.submit(intent(reduce_only=True, **big), lambda: None)
        again = await venue.submit(
            intent(order_id=OrderId(2), reduce_only=True, **big), lambda: None
        )
    assert isinstance(closing, Submitted)
    assert closing.report.filled_qty == D("0.5")
    assert isinstance(again, Refused)
    assert again.refusal is Refusal.REDUCE_ONLY


async def test_invariant_2b_the_permit_binds_the_shadow_too() -> None:
    async with dry() as (_fake, venue, _heard):
        outcome = await venue.submit(intent(), lambda: NotSentReason.LATE)
        assert outcome == NotSent(intent().order_id, NotSentReason.LATE)
        assert await venue.cancel(intent().order_id, BTC) is None


async def test_a_look_up_knows_the_shadow_s_orders_only() -> None:
    async with dry() as (_fake, venue, _heard):
        await venue.submit(intent(), lambda: None)
        found = await venue.look_up(LookUp(intent().order_id, BTC, 0))
        other = await venue.look_up(LookUp(OrderId(9), BTC, 0))
        full = await venue.snapshot(replace(AUDIT, scope=Scope.FULL, since=((BTC, 1),)))
    assert isinstance(found, LookedUp)
    assert found.report is not None
    assert len(found.fills) == 1
    assert isinstance(other, LookedUp)
    assert other.report is None
    assert isinstance(full, SnapshotTaken)
    assert [order.order_id for order in full.orders] == [intent().order_id]
    assert full.fills == found.fills


async def test_invariant_12_every_call_of_a_dry_run_is_a_named_read() -> None:
    async with dry() as (fake, venue, _heard):
        for number in range(1, 6):
            await venue.submit(intent(order_id=OrderId(number)), lambda: None)
            await venue.cancel(OrderId(number), BTC)
            await venue.look_up(LookUp(OrderId(number), BTC, 0))
        await venue.snapshot(replace(AUDIT, scope=Scope.FULL, since=((BTC, 1),)))
        rows = await venue.check()
        changing = [call for call in fake.counts() if not call.startswith("GET ")]
        assert changing == ["POST /fapi/v1/listenKey"]
        assert {hello["method"] for hello in fake.hellos} == {"SUBSCRIBE"}
        assert fake.counts().total() > 15
    assert rows[-1].name == "dry run"
