"""The adapter against the local exchange: what streams, answers and snapshots say must add up."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import BinanceVenue, Credentials
from hedgebot.domain.actions import LookUp, Snapshot
from hedgebot.domain.events import (
    BalanceSeen,
    Channel,
    FeedBack,
    FeedLost,
    FillSeen,
    FundingSeen,
    LookedUp,
    ModeName,
    ModeSeen,
    NotSent,
    OutcomeUnknown,
    PositionSeen,
    Refused,
    Scope,
    SnapshotTaken,
    Submitted,
    TouchSeen,
)
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Cause, OrderId, OrderStatus, Refusal
from tests.adapters.binance.clocks import WallClock
from tests.adapters.binance.entries import AT_EASE, BTC, PERP_OPTIONS, SPOT_OPTIONS, at, intent
from tests.adapters.binance.test_streams import Heard
from tests.sim.callers import Caller, calling

D = Decimal
ORDER = "/fapi/v1/order"


@dataclass
class Both:
    """Both entries at one exchange."""

    caller: Caller
    perp: BinanceVenue
    spot: BinanceVenue
    heard: Heard

    async def see(self, kind: type[Any], count: int = 1) -> list[Any]:
        await self.heard.until(lambda: len(self.heard.of(kind)) >= count)
        return self.heard.of(kind)

    async def snapshot(self, venue: BinanceVenue, scope: Scope = Scope.AUDIT) -> SnapshotTaken:
        since = ((BTC, 1),) if venue.name == "perp" and scope is Scope.FULL else ()
        taken = await venue.snapshot(Snapshot(venue.name, scope, 1, since))
        assert isinstance(taken, SnapshotTaken), taken
        return taken


@asynccontextmanager
async def trading() -> AsyncIterator[Both]:
    async with calling() as caller:
        keys, heard, port = Credentials("local-key", "local-secret"), Heard(), caller.running.port

        def made(options: Any) -> BinanceVenue:
            return BinanceVenue(
                at(options, port, pace=AT_EASE), keys, WallClock(), lambda _bits: True
            )

        both = Both(caller, made(PERP_OPTIONS), made(SPOT_OPTIONS), heard)
        venues = (both.perp, both.spot)
        for venue in venues:
            await venue.prepare()
        work = [asyncio.create_task(venue.run(heard.events.append)) for venue in venues]
        await heard.until(lambda: len(heard.of(FeedBack)) == 4)
        try:
            yield both
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            for venue in venues:
                await venue.close()


def yes() -> None:
    return None


def legs(fills: list[FillSeen]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for seen in fills:
        for leg in seen.fill.legs:
            found[leg.asset] += leg.change
    return dict(found)


@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_invariant_1b_the_legs_of_spot_fills_are_the_change_of_the_wallet(side: str) -> None:
    async with trading() as both:
        before = {row.asset: row.total for row in (await both.snapshot(both.spot)).balances}
        for _ in range(3):
            await both.caller.told("trade", market="spot", symbol="BTCUSDT", side=side, qty="0.73")
        await both.see(BalanceSeen, 6)
        fills = both.heard.of(FillSeen)
        told = {seen.balance.asset: seen.balance.total for seen in both.heard.of(BalanceSeen)}
        after = {row.asset: row.total for row in (await both.snapshot(both.spot)).balances}
    changes = {asset: total - before[asset] for asset, total in told.items()}
    assert {asset: change for asset, change in changes.items() if change} == legs(fills)
    assert {asset: after[asset] for asset in told} == told
    assert {seen.fill.cause for seen in fills} == {Cause.FOREIGN}


async def test_an_order_of_ours_adds_up_on_every_road() -> None:
    async with trading() as both:
        before = (await both.snapshot(both.perp)).balances[0].total
        outcome = await both.perp.submit(intent(), yes)
        assert isinstance(outcome, Submitted)
        (fill,) = await both.see(FillSeen)
        (position,) = await both.see(PositionSeen)
        (balance,) = await both.see(BalanceSeen)
        full = await both.snapshot(both.perp, Scope.FULL)
        found = await both.perp.look_up(LookUp(intent().order_id, BTC, 1))
    assert outcome.report.filled_qty == fill.fill.qty == D("0.010")
    assert position.position.qty == full.positions[0].qty == D("-0.010")
    assert balance.balance.total - before == legs([fill])["USDT"]
    assert isinstance(found, LookedUp)
    assert found.report == full.orders[0] == outcome.report
    assert full.fills == found.fills
    assert replace(full.fills[0], client_order_id=fill.fill.client_order_id) == fill.fill


async def test_invariant_2_a_lost_reply_is_found_by_looking() -> None:
    async with trading() as both:
        await both.caller.told("fault", path=ORDER, verb="POST", kind="drop_reply")
        outcome = await both.perp.submit(intent(), yes)
        assert isinstance(outcome, OutcomeUnknown)
        found = await both.perp.look_up(LookUp(intent().order_id, BTC, 1))
        assert isinstance(found, LookedUp)
        assert found.report is not None
        assert found.report.status is OrderStatus.FILLED
        state = await both.caller.state()
        assert state["requests"][f"POST {ORDER}"] == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "fail_after"}, OutcomeUnknown),
        ({"kind": "fail_before", "status": 502, "code": 0}, OutcomeUnknown),
        ({"kind": "throttle", "retry_after_s": 1}, Refused),
        ({"kind": "overload"}, Refused),
        ({"kind": "partial_fill", "share": "0.3"}, Submitted),
    ],
)
async def test_each_fault_has_its_outcome(fault: dict[str, Any], kind: type[Any]) -> None:
    async with trading() as both:
        await both.caller.told("fault", path=ORDER, verb="POST", **fault)
        assert isinstance(await both.perp.submit(intent(), yes), kind)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reduce_only": True}, Refusal.REDUCE_ONLY),
        ({"lots": 1_000_000, "qty": D(1000), "price": D(59_000)}, Refusal.MARGIN),
        ({"price": D(10)}, Refusal.FILTER),
        ({"lots": 1, "qty": D("0.0001")}, Refusal.FILTER),
    ],
)
async def test_the_venue_s_refusals_are_named(changes: dict[str, Any], refusal: Refusal) -> None:
    async with trading() as both:
        outcome = await both.perp.submit(intent(**changes), yes)
    assert isinstance(outcome, Refused), outcome
    assert outcome.refusal is refusal


async def test_a_skewed_clock_is_refused_once() -> None:
    async with trading() as both:
        await both.caller.told("skew", ms=7_000)
        first = await both.perp.submit(intent(), yes)
        second = await both.perp.submit(intent(order_id=OrderId(2)), yes)
    assert isinstance(first, Refused)
    assert first.refusal is Refusal.CLOCK
    assert isinstance(second, Submitted)


async def test_transfers_funding_and_modes_are_heard() -> None:
    async with trading() as both:
        await both.perp.submit(intent(), yes)
        await both.caller.told("fund", symbol="BTCUSDT")
        (funding,) = await both.see(FundingSeen)
        assert (funding.asset, funding.instrument) == ("USDT", None)
        both.heard.events.clear()
        await both.caller.told("transfer", asset="USDT", qty="100", to="futures")
        seen = await both.see(BalanceSeen, 2)
        assert {each.balance.wallet for each in seen} == {"perp:futures", "spot:spot"}
        await both.caller.told("leverage", symbol="BTCUSDT", leverage=7)
        await both.heard.until(
            lambda: ModeSeen("perp", ModeName.LEVERAGE, "7", BTC) in both.heard.of(ModeSeen)
        )


@pytest.mark.parametrize(
    ("command", "fields", "cause"),
    [
        ("adl", {"symbol": "BTCUSDT", "qty": "0.004"}, Cause.ADL),
        ("liquidate", {"symbol": "BTCUSDT"}, Cause.LIQUIDATION),
        ("trade", {"market": "futures", "symbol": "BTCUSDT", "side": "BUY", "qty": "0.002"},
         Cause.FOREIGN),
    ],
)  # fmt: skip
async def test_invariant_1_every_fill_of_the_account_is_heard_with_its_cause(
    command: str, fields: dict[str, str], cause: Cause
) -> None:
    async with trading() as both:
        await both.perp.submit(intent(), yes)
        await both.see(FillSeen)
        await both.caller.told(command, **fields)
        last = (await both.see(FillSeen, 2))[-1].fill
        taken = await both.snapshot(both.perp)
        full = await both.snapshot(both.perp, Scope.FULL)
    assert (last.cause, last.side) == (cause, Side.BUY)
    assert taken.positions[0].qty == D("-0.010") + last.qty
    assert [fill.cause for fill in full.fills] == [Cause.OURS, cause]


@pytest.mark.parametrize(
    ("command", "fields", "channel", "why"),
    [
        ("disconnect", {"market": "futures", "channel": "user"}, "account", "closed"),
        ("mute", {"market": "futures", "channel": "user", "pongs": False}, "account", "no pong"),
        ("expire_listen_key", {}, "account", "listen key expired"),
        ("end_spot_stream", {}, "account", "ended the account stream"),
        ("disconnect", {"market": "futures", "channel": "market"}, "mark", "closed"),
    ],
)
async def test_every_loss_of_a_stream_is_told_and_healed(
    command: str, fields: dict[str, Any], channel: str, why: str
) -> None:
    async with trading() as both:
        await both.caller.told(command, **fields)
        await both.heard.until(lambda: both.heard.of(FeedLost, Channel(channel)))
        lost = both.heard.of(FeedLost, Channel(channel))[0]
        assert lost.epoch == 1
        assert why in lost.reason
        await both.caller.told("clear")
        if command == "mute":
            await both.caller.told("unmute", market="futures", channel="user")

        def back() -> bool:
            return any(
                event.venue == lost.venue and event.channel is lost.channel and event.epoch > 1
                for event in both.heard.of(FeedBack)
            )

        await both.heard.until(back)


async def test_deposits_and_withdrawals_show_their_total() -> None:
    async with trading() as both:
        await both.caller.told("deposit", asset="BTC", qty="1.5")
        await both.heard.until(heard_total(both, D("11.5")))
        await both.caller.told("withdraw", asset="BTC", qty="0.5")
        await both.heard.until(heard_total(both, D("11.0")))


def heard_total(both: Both, total: Decimal) -> Callable[[], bool]:
    return lambda: any(
        (seen.balance.wallet, seen.balance.asset, seen.balance.total) == ("spot:spot", "BTC", total)
        for seen in both.heard.of(BalanceSeen)
    )


async def test_a_spot_instrument_is_quoted_and_traded_too() -> None:
    async with calling() as caller:
        options = at(SPOT_OPTIONS, caller.running.port, pace=AT_EASE, symbols=("BTC/USDT",))
        keys, heard = Credentials("local-key", "local-secret"), Heard()
        venue = BinanceVenue(options, keys, WallClock(), lambda _bits: True)
        (instrument,) = await venue.prepare()
        work = asyncio.create_task(venue.run(heard.events.append))
        await heard.until(lambda: len(heard.of(FeedBack)) == 2 and heard.of(TouchSeen))
        sale = intent(instrument=instrument.id, price=D(59_000))
        outcome = await venue.submit(sale, yes)
        await heard.until(lambda: heard.of(FillSeen))
        full = await venue.snapshot(Snapshot("spot", Scope.FULL, 1, ((instrument.id, 1),)))
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await venue.close()
    assert isinstance(outcome, Submitted)
    assert outcome.report.status is OrderStatus.FILLED
    (fill,) = heard.of(FillSeen)
    assert (fill.fill.order_id, fill.fill.cause) == (sale.order_id, Cause.OURS)
    assert {event.channel for event in heard.of(FeedBack)} == {Channel.ACCOUNT, Channel.TOUCH}
    assert isinstance(full, SnapshotTaken)
    assert full.fills == (fill.fill,)
    assert (full.orders, full.positions, full.modes) == ((outcome.report,), (), ())


async def test_maintenance_refuses_and_ends() -> None:
    async with trading() as both:
        await both.caller.told("maintenance", on=True)
        await both.see(FeedLost, 4)
        outcome = await both.perp.submit(intent(), yes)
        assert isinstance(outcome, OutcomeUnknown | Refused | NotSent)
        await both.caller.told("maintenance", on=False)
        await both.heard.until(lambda: len(both.heard.of(FeedBack)) >= 8)
        assert isinstance(await both.perp.submit(intent(order_id=OrderId(2)), yes), Submitted)
