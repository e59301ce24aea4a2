"""COIN-M at the local exchange: contracts become dollars at the edge, money stays coins."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import BinanceVenue, Credentials
from hedgebot.adapters.binance.names import MarketName, Names
from hedgebot.adapters.binance.translate_futures import translate
from hedgebot.domain.actions import LookUp, Snapshot
from hedgebot.domain.events import (
    BalanceSeen,
    FeedBack,
    FeedLost,
    FillSeen,
    FundingSeen,
    LookedUp,
    MarkSeen,
    ModeName,
    ModeSeen,
    OutcomeUnknown,
    PositionSeen,
    Refused,
    Scope,
    SnapshotTaken,
    Submitted,
    TouchSeen,
)
from hedgebot.domain.instruments import InstrumentId, Kind, Side, WalletId
from hedgebot.domain.orders import OrderId, Refusal
from hedgebot.errors import Unsupported
from hedgebot.ports import Standing
from tests.adapters.binance.clocks import WallClock
from tests.adapters.binance.entries import AT_EASE, PERP_OPTIONS, at, intent
from tests.adapters.binance.test_streams import Heard
from tests.sim.callers import Caller, calling

D = Decimal
BTC = InstrumentId("coin:BTC/USD:BTC")
ETH = InstrumentId("coin:ETH/USD:ETH")
WALLET = WalletId("coin:coin_futures")
OPTIONS = replace(
    PERP_OPTIONS,
    name="coin",
    exchange="binancecoinm",
    symbols=("BTC/USD:BTC", "ETH/USD:ETH"),
    leverage=None,
    pace=AT_EASE,
)
SHORT = intent(instrument=BTC, lots=600, qty=D(60_000))
NAMES = Names(
    "coin", WALLET, {"BTCUSD_PERP": MarketName("BTC/USD:BTC", "BTC", "USD", "BTC", D(100))},
    frozenset({BTC}), lambda _bits: True,
)  # fmt: skip


@dataclass
class Coin:
    caller: Caller
    venue: BinanceVenue
    heard: Heard

    async def see(self, kind: type[Any], count: int = 1) -> list[Any]:
        await self.heard.until(lambda: len(self.heard.of(kind)) >= count)
        return self.heard.of(kind)

    async def snapshot(self, scope: Scope = Scope.AUDIT) -> SnapshotTaken:
        since = ((BTC, 1),) if scope is Scope.FULL else ()
        taken = await self.venue.snapshot(Snapshot("coin", scope, 1, since))
        assert isinstance(taken, SnapshotTaken), taken
        return taken


@asynccontextmanager
async def at_the_exchange(**changes: Any) -> AsyncIterator[Coin]:
    """A prepared entry; five bitcoins are in its wallet."""
    async with calling() as caller:
        await caller.told("transfer", asset="BTC", qty="5", to="coin-futures")
        keys, heard = Credentials("local-key", "local-secret"), Heard()
        options = at(OPTIONS, caller.running.port, **changes)
        venue = BinanceVenue(options, keys, WallClock(), lambda _bits: True)
        await venue.prepare()
        try:
            yield Coin(caller, venue, heard)
        finally:
            await venue.close()


@asynccontextmanager
async def listening(**changes: Any) -> AsyncIterator[Coin]:
    """The same with its streams."""
    async with at_the_exchange(**changes) as coin:
        work = asyncio.create_task(coin.venue.run(coin.heard.events.append))
        await coin.heard.until(lambda: len(coin.heard.of(FeedBack)) == 3)
        try:
            yield coin
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def yes() -> None:
    return None


async def test_lots_are_dollars() -> None:
    async with at_the_exchange() as coin:
        btc, eth = await coin.venue.prepare()
    assert (btc.id, btc.kind, btc.asset, btc.quote, btc.settle) == (
        BTC, Kind.INVERSE, "BTC", "USD", "BTC",
    )  # fmt: skip
    assert (btc.lot, btc.units_per_contract, btc.lots_min) == (D(100), D(100), 1)
    assert (eth.lot, eth.lots_max, eth.notional_min) == (D(10), 1_000_000, D(0))
    assert btc.tick == D("0.1")
    assert (btc.price_up_max, btc.price_down_min) == (D("1.0500"), D("0.9500"))


async def test_an_order_of_ours_adds_up_on_every_road_in_dollars_and_coins() -> None:
    async with listening() as coin:
        outcome = await coin.venue.submit(SHORT, yes)
        assert isinstance(outcome, Submitted), outcome
        (fill,) = await coin.see(FillSeen)
        (position,) = await coin.see(PositionSeen)
        (balance,) = await coin.see(BalanceSeen)
        full = await coin.snapshot(Scope.FULL)
        found = await coin.venue.look_up(LookUp(SHORT.order_id, BTC, 1))
        (order,) = (await coin.caller.state())["orders"]["coin-futures"]
    assert order["qty"] == "600"
    assert outcome.report.filled_qty == fill.fill.qty == D(60_000)
    assert position.position.qty == full.positions[0].qty == D(-60_000)
    assert position.position.entry_price == full.positions[0].entry_price == fill.fill.price
    (leg,) = fill.fill.legs
    assert (leg.wallet, leg.asset) == (WALLET, "BTC")
    assert leg.change == -fill.fill.fee == -round(D(60_000) / fill.fill.price * D("0.0005"), 8)
    assert balance.balance.total == full.balances[0].total == 5 + leg.change
    assert isinstance(found, LookedUp)
    assert found.report == full.orders[0] == outcome.report
    assert full.fills == found.fills
    assert replace(full.fills[0], client_order_id=fill.fill.client_order_id) == fill.fill


async def test_invariant_1b_realised_profit_and_fee_are_the_change_of_the_wallet() -> None:
    async with listening() as coin:
        await coin.venue.submit(SHORT, yes)
        await coin.see(BalanceSeen)
        await coin.caller.told("price", symbol="BTCUSD_PERP", price="50000")
        closing = replace(
            SHORT, side=Side.BUY, lots=400, qty=D(40_000), price=D("50100"), reduce_only=True,
            order_id=OrderId(SHORT.order_id + 1),
        )  # fmt: skip
        assert isinstance(await coin.venue.submit(closing, yes), Submitted)
        first, second = await coin.see(BalanceSeen, 2)
        _, fill = await coin.see(FillSeen, 2)
        _, position = await coin.see(PositionSeen, 2)
    (leg,) = fill.fill.legs
    assert second.balance.total - first.balance.total == leg.change
    gain = 40_000 / fill.fill.price - 40_000 / D("59997.0")
    assert abs(leg.change + fill.fill.fee - gain) < D("1e-8")
    assert position.position.qty == D(-20_000)
    assert abs(position.position.entry_price - D("59997")) < D("0.01")


async def test_the_wallet_does_not_move_with_the_price() -> None:
    async with at_the_exchange() as coin:
        await coin.venue.submit(SHORT, yes)
        before = (await coin.snapshot()).balances
        await coin.caller.told("price", symbol="BTCUSDT", price="90000")
        after = (await coin.snapshot()).balances
    assert [b.total for b in before] == [b.total for b in after]


async def test_touch_and_mark_of_both_instruments() -> None:
    async with listening() as coin:
        await coin.heard.until(
            lambda: {e.instrument for e in coin.heard.of(MarkSeen)} == {BTC, ETH}
        )
        await coin.heard.until(
            lambda: {e.instrument for e in coin.heard.of(TouchSeen)} == {BTC, ETH}
        )
        touch = next(e for e in coin.heard.of(TouchSeen) if e.instrument == BTC)
        mark = next(e for e in coin.heard.of(MarkSeen) if e.instrument == BTC)
        await coin.caller.told("price", symbol="BTCUSD_PERP", price="61000")
        await coin.heard.until(lambda: coin.heard.of(TouchSeen)[-1].bid > 60_500)
    assert touch.bid_qty == 400_000.0  # dollars: 4,000 contracts
    touches = [e for e in coin.heard.of(TouchSeen) if e.instrument == BTC]
    assert {(e.bid_qty, e.ask_qty) for e in touches} == {(400_000.0, 400_000.0)}
    assert touch.bid < mark.mark == 60_000.0 < touch.ask


async def test_a_touch_that_the_stream_does_not_tell_is_read() -> None:
    async with at_the_exchange() as coin:
        await coin.caller.told("gap", symbol="BTCUSD_PERP")
        work = asyncio.create_task(coin.venue.run(coin.heard.events.append))
        await coin.heard.until(lambda: BTC in {e.instrument for e in coin.heard.of(TouchSeen)})
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    touch = next(e for e in coin.heard.of(TouchSeen) if e.instrument == BTC)
    assert (touch.bid, touch.bid_qty) == (59_997.0, 400_000.0)


async def test_funding_is_a_change_of_coins_with_a_record_of_its_own() -> None:
    async with listening() as coin:
        await coin.venue.submit(SHORT, yes)
        (before,) = await coin.see(BalanceSeen)
        await coin.caller.told("fund", symbol="BTCUSD_PERP")
        (paid,) = await coin.see(FundingSeen)
        _, after = await coin.see(BalanceSeen, 2)
    assert (paid.asset, paid.payment) == ("BTC", D("0.0001"))
    assert after.balance.total - before.balance.total == paid.payment
    assert after.reason == "FUNDING_FEE"


async def test_modes_come_from_positions_and_changes_from_the_stream() -> None:
    async with listening() as coin:
        modes = {(m.name, m.instrument): m.value for m in (await coin.snapshot(Scope.FULL)).modes}
        await coin.caller.told("leverage", symbol="BTCUSD_PERP", leverage=7)
        (changed,) = await coin.see(ModeSeen)
        await coin.caller.told("position_mode", dual=True, market="coin-futures")
        again = (await coin.snapshot(Scope.FULL)).modes
    assert modes == {
        (ModeName.POSITION_MODE, None): "one-way",
        (ModeName.MARGIN_MODE, BTC): "cross",
        (ModeName.MARGIN_MODE, ETH): "cross",
        (ModeName.LEVERAGE, BTC): "20",
        (ModeName.LEVERAGE, ETH): "20",
    }
    assert (changed.instrument, changed.value) == (BTC, "7")
    assert ModeSeen("coin", ModeName.POSITION_MODE, "hedge") in again


async def test_leverage_is_set_where_the_settings_ask() -> None:
    async with at_the_exchange(leverage=3, set_leverage=True) as coin:
        modes = (await coin.caller.state())["modes"]["coin-futures"]["leverage"]
    assert modes == {"BTCUSD_PERP": 3, "ETHUSD_PERP": 3, "BNBUSD_PERP": 20}


async def test_invariant_2_a_lost_reply_is_found_by_looking() -> None:
    async with at_the_exchange() as coin:
        await coin.caller.told("fault", path="/dapi/v1/order", verb="POST", kind="drop_reply")
        assert isinstance(await coin.venue.submit(SHORT, yes), OutcomeUnknown)
        found = await coin.venue.look_up(LookUp(SHORT.order_id, BTC, 1))
    assert isinstance(found, LookedUp)
    assert found.report is not None
    assert [fill.qty for fill in found.fills] == [D(60_000)]


async def test_more_orders_than_one_answer_holds_are_all_listed() -> None:
    """COIN-M lists at most 100 orders at a time."""
    async with at_the_exchange() as coin:
        for _ in range(230):
            await coin.caller.told(
                "trade", market="coin-futures", symbol="BTCUSD_PERP", side="SELL", qty="1"
            )
        full = await coin.snapshot(Scope.FULL)
    assert len(full.orders) == len(full.fills) == 230


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"lots": 150_000, "qty": D(15_000_000)}, Refusal.MARGIN),
        ({"reduce_only": True}, Refusal.REDUCE_ONLY),
        ({"price": D("50000")}, Refusal.FILTER),
    ],
)
async def test_refusals_are_sorted_as_those_of_usdt_m(
    change: dict[str, Any], refusal: Refusal
) -> None:
    async with at_the_exchange() as coin:
        outcome = await coin.venue.submit(replace(SHORT, **change), yes)
    assert isinstance(outcome, Refused)
    assert outcome.refusal is refusal


async def test_an_expired_listen_key_is_dialled_anew() -> None:
    async with listening() as coin:
        await coin.caller.told("expire_listen_key", market="coin-futures")
        await coin.see(FeedLost)
        await coin.heard.until(lambda: len(coin.heard.of(FeedBack)) >= 4)
        await coin.venue.submit(SHORT, yes)
        await coin.see(FillSeen)


async def test_foreign_trades_and_liquidations_are_told() -> None:
    async with listening() as coin:
        more = {"side": "SELL", "qty": "30", "market": "coin-futures"}
        await coin.caller.told("trade", symbol="BTCUSD_PERP", **more)
        await coin.caller.told("liquidate", symbol="BTCUSD_PERP")
        first, second = await coin.see(FillSeen, 2)
    assert [first.fill.qty, second.fill.qty] == [D(3_000), D(3_000)]
    assert [first.fill.cause.value, second.fill.cause.value] == ["foreign", "liquidation"]


async def test_check_finds_nothing_wrong() -> None:
    async with at_the_exchange() as coin:
        rows = await coin.venue.check()
    assert [row for row in rows if row.standing is Standing.FAILED] == []
    assert not any("assets mode" in row.name for row in rows)


def test_an_inverse_position_without_its_entry_price_is_refused() -> None:
    row = {"s": "BTCUSD_PERP", "pa": "-3", "ep": "0", "ps": "BOTH"}
    message = {"e": "ACCOUNT_UPDATE", "E": 1, "T": 1, "a": {"m": "ORDER", "B": [], "P": [row]}}
    with pytest.raises(Unsupported, match="no entry price"):
        translate(message, NAMES)
    (seen,) = translate({**message, "a": {"m": "ORDER", "P": [{**row, "pa": "0"}]}}, NAMES)
    assert isinstance(seen, PositionSeen)
    assert seen.position.qty == 0
