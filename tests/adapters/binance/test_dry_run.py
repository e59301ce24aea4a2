"""The shadow: real streams and reads, orders that never leave, fills from the live book."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import DryRunVenue
from hedgebot.adapters.binance.dry_run import Past, Sources
from hedgebot.domain.actions import LookUp, Snapshot
from hedgebot.domain.events import (
    FeedBack,
    FillSeen,
    FundingSeen,
    LookedUp,
    MarkSeen,
    NotSent,
    NotSentReason,
    OrderSeen,
    OutcomeUnknown,
    PositionSeen,
    Refused,
    Scope,
    SnapshotTaken,
    Submitted,
    TouchSeen,
)
from hedgebot.domain.fees import FeeSeen
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Fill, OrderId, OrderStatus, Refusal
from tests.adapters.binance.clocks import WallClock
from tests.adapters.binance.entries import BTC, PERP_OPTIONS, at, entry, intent
from tests.adapters.binance.fake_binance import FakeBinance, Serve, answer, cut, fake_binance, raw
from tests.adapters.binance.test_snapshots import RISK
from tests.adapters.binance.test_streams import ACCOUNT, MARK, TOUCH, Heard
from tests.adapters.binance.test_translate_futures import POSITION, account_update

D = Decimal
AUDIT = Snapshot("perp", Scope.AUDIT, 1)
DEPTH = "/fapi/v1/depth"
BOOK = {
    "lastUpdateId": 7, "E": 1_759_347_763_200, "T": 1_759_347_763_199,
    "bids": [["60000.0", "0.004"], ["59950.0", "0.004"], ["59900.0", "1"], ["59000.0", "9"]],
    "asks": [["60001.0", "0.004"], ["60100.0", "1"]],
}  # fmt: skip


def wallet(usdt: str) -> Serve:
    return answer({"assets": [{"asset": "USDT", "walletBalance": usdt, "updateTime": 5}]})


def yes() -> None:
    return None


@asynccontextmanager
async def dry(
    past: Past | None = None, *, usdt: str = "100000", fee: Sequence[Serve] = ()
) -> AsyncIterator[tuple[FakeBinance, DryRunVenue, Heard]]:
    async with fake_binance() as fake:
        fake.on("GET", "/fapi/v3/positionRisk", answer([RISK]))
        fake.on("GET", "/fapi/v3/account", wallet(usdt))
        fake.on("GET", DEPTH, answer(BOOK))
        rates = {"makerCommissionRate": "0.0002", "takerCommissionRate": "0.000400"}
        fake.on("GET", "/fapi/v1/commissionRate", *(fee or [answer(rates)]))
        kept = past or Past()
        watched = entry(at(PERP_OPTIONS, fake.port, dry_run=True))
        venue = DryRunVenue(watched, WallClock(), Sources(watched.live_market, lambda: kept))
        heard = Heard()
        await venue.prepare()
        work = asyncio.create_task(venue.run(heard.events.append))
        try:
            await heard.until(lambda: len(heard.of(FeedBack)) == 3)
            await venue.snapshot(AUDIT)
            yield fake, venue, heard
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await venue.close()


async def fills_of(venue: DryRunVenue, **changes: Any) -> tuple[OrderStatus, list[Fill]]:
    outcome = await venue.submit(intent(**changes), yes)
    assert isinstance(outcome, Submitted), outcome
    assert outcome.report.order_id is not None
    found = await venue.look_up(LookUp(outcome.report.order_id, BTC, 0))
    assert isinstance(found, LookedUp)
    fills = [fill for fill in found.fills if fill.order_id == outcome.report.order_id]
    assert sum(fill.qty for fill in fills) == outcome.report.filled_qty
    return outcome.report.status, fills


async def test_another_tier_is_paid_as_soon_as_it_is_told() -> None:
    """At the start one rate, a moment later another."""
    rates = [answer({"takerCommissionRate": rate}) for rate in ("0.0004", "0.0003")]
    async with dry(fee=rates) as (_fake, venue, heard):
        await heard.until(lambda: heard.of(FeeSeen))
        _, fills = await fills_of(venue)
    assert fills[0].fee == fills[0].qty * fills[0].price * D("0.0003")


async def test_an_order_walks_the_levels_of_the_live_book_and_pays_the_account_s_fee() -> None:
    async with dry() as (fake, venue, heard):
        heard.events.clear()
        outcome = await venue.submit(intent(), yes)
        assert isinstance(outcome, Submitted)
        assert outcome.report.status is OrderStatus.FILLED
        assert outcome.report.venue_ms == BOOK["E"]
        kinds = [type(event) for event in heard.events]
        assert kinds == [PositionSeen, FillSeen, FillSeen, FillSeen, OrderSeen]
        (seen,) = heard.of(PositionSeen)
        assert seen.position.qty == D("-0.51")
        fills = [event.fill for event in heard.of(FillSeen)]
        assert [(fill.qty, fill.price, fill.fee) for fill in fills] == [
            (D("0.004"), D("60000.0"), D("0.096")),
            (D("0.004"), D("59950.0"), D("0.09592")),
            (D("0.002"), D("59900.0"), D("0.04792")),
        ]
        assert len({fill.trade_id for fill in fills}) == 3
        assert all(fill.legs == () and fill.fee_asset == "USDT" for fill in fills)
        assert fake.last("GET", DEPTH) == {"symbol": "BTCUSDT", "limit": "1000"}
        taken = await venue.snapshot(AUDIT)
        assert isinstance(taken, SnapshotTaken)
        assert taken.positions[0].qty == D("-0.51")


@pytest.mark.parametrize(
    ("changes", "status", "filled"),
    [
        ({"price": D("59950.0")}, OrderStatus.EXPIRED, ["60000.0", "59950.0"]),
        ({"price": D("60000.1")}, OrderStatus.EXPIRED, []),
        ({"side": Side.BUY, "price": D("60001.0")}, OrderStatus.EXPIRED, ["60001.0"]),
        ({"side": Side.BUY, "price": D("60200.0")}, OrderStatus.FILLED, ["60001.0", "60100.0"]),
        ({"side": Side.BUY, "price": D("60000.9")}, OrderStatus.EXPIRED, []),
    ],
)
async def test_the_limit_bounds_the_walk(
    changes: dict[str, Any], status: OrderStatus, filled: list[str]
) -> None:
    async with dry() as (_fake, venue, _heard):
        ended, fills = await fills_of(venue, **changes)
    assert ended is status
    assert [str(fill.price) for fill in fills] == filled


async def test_the_order_meets_the_book_as_it_is_when_it_would_have_arrived() -> None:
    """What was shown at the decision is not what it meets: the depth is read in its place."""
    fallen = BOOK | {"bids": [["59910.0", "0.003"], ["59800.0", "5"]]}
    async with dry() as (fake, venue, _heard):
        fake.on("GET", DEPTH, answer(fallen))
        ended, fills = await fills_of(venue)
    assert ended is OrderStatus.EXPIRED
    assert [(fill.price, fill.qty) for fill in fills] == [(D("59910.0"), D("0.003"))]


async def test_without_a_rate_of_the_account_the_usual_one_is_paid_and_said() -> None:
    async with dry(fee=[raw("no such path", 404)]) as (_fake, venue, _heard):
        _status, fills = await fills_of(venue)
        rows = await venue.check()
    assert fills[0].fee == D("0.12")
    assert rows[-1].name == "dry run"
    assert "0.0005, assumed" in rows[-1].found


async def test_the_real_position_goes_on_beneath_the_shadow() -> None:
    async with dry() as (fake, venue, heard):
        await venue.submit(intent(), yes)
        heard.events.clear()
        await fake.say(ACCOUNT, account_update("ORDER", P=[POSITION | {"pa": "-0.7"}]))
        await heard.until(lambda: heard.of(PositionSeen))
        assert heard.of(PositionSeen)[0].position.qty == D("-0.71")


async def test_margin_that_the_account_does_not_have_is_refused_as_the_venue_does() -> None:
    """0.5 BTC short at 60,000 and leverage 3 hold 10,000; 0.01 BTC more needs 200 and the fee."""
    async with dry(usdt="10190") as (_fake, venue, _heard):
        await venue.snapshot(replace(AUDIT, scope=Scope.FULL))  # tells the leverage
        outcome = await venue.submit(intent(), yes)
        closing = await venue.submit(
            intent(order_id=OrderId(2), side=Side.BUY, price=D("60200.0"), reduce_only=True), yes
        )
    assert isinstance(outcome, Refused)
    assert (outcome.refusal, outcome.code) == (Refusal.MARGIN, "-2019")
    assert isinstance(closing, Submitted)


@pytest.mark.parametrize(
    ("changes", "refusal", "code"),
    [
        ({"price": D("56999.9")}, Refusal.FILTER, "-4024"),
        ({"side": Side.BUY, "price": D("63000.1")}, Refusal.FILTER, "-4016"),
        ({"lots": 0, "qty": D("0.0005")}, Refusal.FILTER, "-4003"),
        ({"price": D("59900.05")}, Refusal.FILTER, "-4014"),
    ],
)
async def test_filters_refuse_as_the_venue_s(
    changes: dict[str, Any], refusal: Refusal, code: str
) -> None:
    async with dry() as (_fake, venue, _heard):
        outcome = await venue.submit(intent(**changes), yes)
    assert isinstance(outcome, Refused)
    assert (outcome.refusal, outcome.code) == (refusal, code)


@pytest.mark.parametrize("serve", [cut, raw("<html>", 502), raw("{}"), answer({"bids": 3})])
async def test_invariant_2_a_book_that_is_not_answered_leaves_the_order_unknown(
    serve: Serve,
) -> None:
    """As an order without an answer; the look-up then finds that it never arrived."""
    async with dry() as (fake, venue, heard):
        fake.on("GET", DEPTH, serve)
        heard.events.clear()
        outcome = await venue.submit(intent(), yes)
        found = await venue.look_up(LookUp(intent().order_id, BTC, 0))
        assert heard.of(PositionSeen) == []
        assert fake.count("GET", DEPTH) == 1
    assert isinstance(outcome, OutcomeUnknown)
    assert isinstance(found, LookedUp)
    assert found.report is None


async def test_a_crossed_book_fills_nothing() -> None:
    async with dry() as (fake, venue, _heard):
        fake.on("GET", DEPTH, answer(BOOK | {"asks": [["59999.0", "1"]]}))
        assert isinstance(await venue.submit(intent(), yes), OutcomeUnknown)


@pytest.mark.parametrize(
    ("shown", "filled"), [("0.0045", ["0.004"]), ("0", []), ("3", ["0.010"]), (None, [])]
)
async def test_where_the_venue_has_no_depth_the_touch_fills(
    shown: str | None, filled: list[str]
) -> None:
    async with dry() as (fake, venue, heard):
        fake.on("GET", DEPTH, raw("no such path", 404))
        if shown is not None:
            touch = {"e": "bookTicker", "s": "BTCUSDT", "b": "60000", "B": shown, "a": "60001"}
            await fake.say(TOUCH, touch | {"A": "1"})
            await heard.until(lambda: heard.of(TouchSeen))
        _status, fills = await fills_of(venue)
    assert [str(fill.qty) for fill in fills] == filled


async def test_a_throttled_dry_run_waits_as_a_live_one() -> None:
    async with dry() as (fake, venue, _heard):
        fake.on("GET", DEPTH, answer({"code": -1003, "msg": "too many"}, 429))
        outcome = await venue.submit(intent(), yes)
    assert isinstance(outcome, Refused)
    assert outcome.refusal is Refusal.THROTTLED


async def test_invariant_3_a_shadow_order_that_reduces_never_crosses_zero() -> None:
    async with dry() as (_fake, venue, _heard):
        big: dict[str, Any] = {"side": Side.BUY, "price": D("60200.0"), "lots": 900}
        big |= {"qty": D("0.9"), "reduce_only": True}
        closing = await venue.submit(intent(**big), yes)
        again = await venue.submit(intent(order_id=OrderId(2), **big), yes)
    assert isinstance(closing, Submitted)
    assert closing.report.filled_qty == D("0.5")
    assert isinstance(again, Refused)
    assert again.refusal is Refusal.REDUCE_ONLY


async def test_invariant_2b_the_permit_is_asked_when_the_book_is_asked_for() -> None:
    asked: list[int] = []

    async with dry() as (fake, venue, _heard):

        def late() -> NotSentReason:
            asked.append(fake.count("GET", DEPTH))
            return NotSentReason.LATE

        outcome = await venue.submit(intent(), late)
        assert outcome == NotSent(intent().order_id, NotSentReason.LATE)
        assert (asked, fake.count("GET", DEPTH)) == ([0], 0)
        assert await venue.cancel(intent().order_id, BTC) is None


async def test_a_look_up_knows_the_shadow_s_orders_only() -> None:
    async with dry() as (_fake, venue, _heard):
        await venue.submit(intent(), yes)
        found = await venue.look_up(LookUp(intent().order_id, BTC, 0))
        other = await venue.look_up(LookUp(OrderId(9), BTC, 0))
        full = await venue.snapshot(replace(AUDIT, scope=Scope.FULL, since=((BTC, 1),)))
    assert isinstance(found, LookedUp)
    assert found.report is not None
    assert len(found.fills) == 3
    assert isinstance(other, LookedUp)
    assert other.report is None
    assert isinstance(full, SnapshotTaken)
    assert [order.order_id for order in full.orders] == [intent().order_id]
    assert full.fills == found.fills


def mark(at_ms: int, rate: str, due_ms: int, price: str = "60000") -> dict[str, object]:
    return {
        "e": "markPriceUpdate", "s": "BTCUSDT", "E": at_ms, "p": price, "i": price, "r": rate,
        "T": due_ms,
    }  # fmt: skip


async def test_funding_is_paid_on_the_shadow_at_the_venue_s_time() -> None:
    """-0.01 BTC x 61,000 x 0.0002 received at 8,000; of the real 0.5 the venue itself tells."""
    async with dry() as (fake, venue, heard):
        await venue.submit(intent(), yes)
        messages = [
            mark(7_000, "0.0001", 8_000), mark(7_900, "0.0002", 8_000, "61000"),
            mark(8_100, "0.0003", 16_000, "62000"), mark(8_200, "0.0003", 16_000),
        ]  # fmt: skip
        for message in messages:
            await fake.say(MARK, message)
        await heard.until(lambda: len(heard.of(MarkSeen)) == 4)
        (paid,) = heard.of(FundingSeen)
    assert (paid.payment, paid.asset, paid.venue_ms, paid.instrument) == (
        D("0.122"), "USDT", 8_000, BTC,
    )  # fmt: skip


async def test_what_an_earlier_process_kept_is_remembered() -> None:
    """A half of an order was journaled as filled and the order not as closed: it is found so."""
    async with dry() as (_fake, venue, _heard):
        _status, fills = await fills_of(venue)
        _status, more = await fills_of(venue, order_id=OrderId(2))
    foreign = replace(fills[0], venue_order_id="8389765739703000001", trade_id="77")
    past = Past([*fills, foreign, *more[:1]], [intent(order_id=OrderId(2))])
    async with dry(past) as (_fake, venue, _heard):
        taken = await venue.snapshot(AUDIT)
        found = await venue.look_up(LookUp(OrderId(2), BTC, 0))
        gone = await venue.look_up(LookUp(OrderId(3), BTC, 0))
    assert isinstance(taken, SnapshotTaken)
    assert taken.positions[0].qty == D("-0.514")
    assert taken.positions[0].venue_ms == more[0].venue_ms
    assert isinstance(found, LookedUp)
    assert found.report is not None
    assert (found.report.filled_qty, found.report.status) == (D("0.004"), OrderStatus.EXPIRED)
    assert [fill.trade_id for fill in found.fills] == [more[0].trade_id]
    assert isinstance(gone, LookedUp)
    assert gone.report is None


async def test_invariant_12_every_call_of_a_dry_run_is_a_named_read() -> None:
    async with dry() as (fake, venue, _heard):
        for number in range(1, 6):
            await venue.submit(intent(order_id=OrderId(number)), yes)
            await venue.cancel(OrderId(number), BTC)
            await venue.look_up(LookUp(OrderId(number), BTC, 0))
        await venue.snapshot(replace(AUDIT, scope=Scope.FULL, since=((BTC, 1),)))
        await venue.check()
        changing = [call for call in fake.counts() if not call.startswith("GET ")]
        assert changing == ["POST /fapi/v1/listenKey"]
        assert {hello["method"] for hello in fake.hellos} == {"SUBSCRIBE"}
        assert fake.counts().total() > 15
