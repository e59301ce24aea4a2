"""Hedge mode on both futures venues: positions of two sides, orders that carry theirs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import BinanceVenue, Credentials, VenueOptions
from hedgebot.adapters.binance.names import MarketName, Names
from hedgebot.adapters.binance.position_sides import PositionSides, SideHeld, closes, side_of
from hedgebot.adapters.binance.rows_futures import positions, shown_mode
from hedgebot.adapters.binance.translate_futures import translate
from hedgebot.domain.actions import Snapshot
from hedgebot.domain.events import (
    BalanceSeen,
    FeedBack,
    ModeName,
    ModeSeen,
    OrderSeen,
    Position,
    PositionSeen,
    Scope,
    SnapshotTaken,
    Submitted,
)
from hedgebot.domain.instruments import InstrumentId, Side, WalletId
from hedgebot.domain.orders import OrderId, OrderIntent, Refusal
from hedgebot.errors import Unsupported
from hedgebot.ports import Standing
from tests.adapters.binance.clocks import WallClock
from tests.adapters.binance.entries import BTC, PERP_OPTIONS, at, intent
from tests.adapters.binance.test_coin_m import OPTIONS as COIN_OPTIONS
from tests.adapters.binance.test_streams import Heard
from tests.sim.callers import Caller, calling

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
COIN_BTC = InstrumentId("coin:BTC/USD:BTC")
PACE = COIN_OPTIONS.pace
LINEAR = replace(PERP_OPTIONS, position_mode="hedge", leverage=None, pace=PACE)
INVERSE = replace(COIN_OPTIONS, position_mode="hedge", symbols=("BTC/USD:BTC",))
NAMES = Names(
    "perp", WalletId("perp:futures"),
    {"BTCUSDT": MarketName("BTC/USDT:USDT", "BTC", "USDT", "USDT")},
    frozenset({BTC}), lambda _bits: True, two_sided=True,
)  # fmt: skip


@dataclass
class Venue:
    caller: Caller
    venue: BinanceVenue
    heard: Heard
    first: OrderIntent

    @property
    def market(self) -> str:
        return "futures" if self.venue.name == "perp" else "coin-futures"

    async def sent(self, side: Side, *, reduce_only: bool = False) -> Any:
        """An order at a price that fills; its outcome."""
        price = D(59_900) if side is SELL else D(60_100)
        number = len((await self.caller.state())["orders"][self.market])
        order = replace(
            self.first, side=side, price=price, reduce_only=reduce_only,
            order_id=OrderId(self.first.order_id + number),
        )  # fmt: skip
        return await self.venue.submit(order, lambda: None)

    async def positions(self, scope: Scope = Scope.AUDIT) -> SnapshotTaken:
        taken = await self.venue.snapshot(Snapshot(self.venue.name, scope, 1, ()))
        assert isinstance(taken, SnapshotTaken), taken
        return taken

    async def sides(self) -> dict[str, Decimal]:
        rows = (await self.caller.state())["positions"]
        return {row["side"]: D(row["qty"]) for row in rows}

    async def net(self, count: int) -> Decimal:
        """The last of so many positions told."""
        await self.heard.until(lambda: len(self.heard.of(PositionSeen)) >= count)
        qty: Decimal = self.heard.of(PositionSeen)[-1].position.qty
        return qty


@asynccontextmanager
async def hedging(options: VenueOptions) -> AsyncIterator[Venue]:
    """An account in hedge mode, read once, and its streams."""
    async with calling() as caller:
        await caller.told("transfer", asset="BTC", qty="5", to="coin-futures")
        market = "futures" if options.name == "perp" else "coin-futures"
        await caller.told("position_mode", dual=True, market=market)
        keys, heard = Credentials("local-key", "local-secret"), Heard()
        entry = at(options, caller.running.port)
        venue = BinanceVenue(entry, keys, WallClock(), lambda _bits: True)
        (own,) = await venue.prepare()
        work = asyncio.create_task(venue.run(heard.events.append))
        await heard.until(lambda: len(heard.of(FeedBack)) == 3)
        first = intent(instrument=own.id, lots=10, qty=own.qty(10))
        found = Venue(caller, venue, heard, first)
        await found.positions()
        try:
            yield found
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await venue.close()


BOTH_VENUES = pytest.mark.parametrize("options", [LINEAR, INVERSE], ids=["usdt-m", "coin-m"])


@pytest.mark.parametrize(
    ("side", "reduce_only", "wanted"),
    [
        (SELL, False, "SHORT"),
        (BUY, True, "SHORT"),
        (BUY, False, "LONG"),
        (SELL, True, "LONG"),
    ],
)
def test_invariant_3_an_order_carries_the_side_that_it_opens_or_closes(
    side: Side, *, reduce_only: bool, wanted: str
) -> None:
    assert side_of(side, reduce_only=reduce_only) == wanted
    assert closes(side, wanted) is reduce_only
    assert not closes(side, "BOTH")


@BOTH_VENUES
async def test_invariant_3_orders_open_and_close_one_side_and_never_the_other(
    options: VenueOptions,
) -> None:
    async with hedging(options) as venue:
        assert isinstance(await venue.sent(SELL), Submitted)
        qty = venue.first.qty
        assert await venue.net(1) == -qty
        assert isinstance(await venue.sent(BUY, reduce_only=True), Submitted)
        assert await venue.net(2) == 0
        assert await venue.sides() in ({"SHORT": D(0)}, {"SHORT": D("0.000")})
        refused = await venue.sent(BUY, reduce_only=True)
        reports = [seen.report.reduce_only for seen in venue.heard.of(OrderSeen)]
    assert refused.refusal is Refusal.REDUCE_ONLY  # nothing is left to close: no long is opened
    assert reports == [False, False, True, True]


@BOTH_VENUES
async def test_the_stream_and_rest_tell_the_same_net(options: VenueOptions) -> None:
    async with hedging(options) as venue:
        await venue.sent(SELL)
        rows = (await venue.positions(Scope.FULL)).positions
        seen = venue.heard.of(PositionSeen)[-1].position
        await venue.heard.until(lambda: venue.heard.of(BalanceSeen))
    (row,) = [row for row in rows if row.instrument == seen.instrument]
    assert (seen.qty, seen.entry_price) == (row.qty, row.entry_price)
    assert seen.qty == -venue.first.qty


async def test_somebody_s_long_beside_our_short_is_netted() -> None:
    async with hedging(LINEAR) as venue:
        await venue.sent(SELL)
        told = {"market": "futures", "symbol": "BTCUSDT", "side": "BUY", "position_side": "LONG"}
        await venue.caller.told("trade", qty="0.004", **told)
        assert await venue.net(2) == D("-0.006")
        taken = await venue.positions()
    assert [row.qty for row in taken.positions] == [D("-0.006")]
    assert taken.modes == ()


async def test_a_side_that_was_closed_while_nobody_listened_does_not_come_back() -> None:
    told = {"market": "futures", "symbol": "BTCUSDT", "side": "BUY"}
    async with hedging(LINEAR) as venue:
        await venue.sent(SELL)
        assert await venue.net(1) == D("-0.010")
        await venue.caller.told("events", market="futures", kind="lose", count=3)
        await venue.caller.told("trade", qty="0.010", position_side="SHORT", **told)
        await venue.caller.told("disconnect", market="futures", channel="user")
        await venue.heard.until(lambda: len(venue.heard.of(FeedBack)) == 4)
        await venue.positions()
        await venue.caller.told("clear")
        await venue.caller.told("trade", qty="0.004", position_side="LONG", **told)
        assert await venue.net(2) == D("0.004")


@BOTH_VENUES
async def test_the_exemption_of_reduce_only_orders_is_not_counted_on(
    options: VenueOptions,
) -> None:
    async with hedging(options) as venue:
        (own,) = await venue.venue.prepare()
    assert own.close_exempt_from_notional_min is False


async def test_both_sides_of_an_inverse_position_are_named_until_one_is_closed() -> None:
    """Their delta is the sum of two N / E: the net of the dollars does not tell it."""
    async with hedging(INVERSE) as venue:
        await venue.sent(SELL)
        told = {"market": "coin-futures", "symbol": "BTCUSD_PERP", "position_side": "LONG"}
        await venue.caller.told("trade", side="BUY", qty="4", **told)
        (both,) = (await venue.positions()).modes
        await venue.caller.told("trade", side="SELL", qty="4", **told)
        (one,) = (await venue.positions()).modes
    assert both == ModeSeen("coin", ModeName.POSITION_MODE, "hedge with both sides open", COIN_BTC)
    assert one == replace(both, value="hedge")


@BOTH_VENUES
async def test_check_and_a_full_reading_hold_the_mode_to_the_settings(
    options: VenueOptions,
) -> None:
    async with hedging(options) as venue:
        modes = (await venue.positions(Scope.FULL)).modes
        rows = {row.name: row for row in await venue.venue.check()}
        await venue.caller.told("position_mode", dual=False, market=venue.market)
        again = {row.name: row for row in await venue.venue.check()}
    assert ModeSeen(options.name, ModeName.POSITION_MODE, "hedge") in modes
    assert rows["position mode"].standing is Standing.OK
    assert again["position mode"].standing is Standing.FAILED
    assert again["position mode"].mend.startswith("set it to hedge at the venue, or change")


def test_a_one_way_row_is_refused_where_the_settings_say_hedge() -> None:
    row = {"s": "BTCUSDT", "pa": "-3", "ep": "5", "ps": "BOTH"}
    message = {"e": "ACCOUNT_UPDATE", "E": 1, "T": 1, "a": {"m": "ORDER", "B": [], "P": [row]}}
    with pytest.raises(Unsupported, match=r"one-way mode.*set it to hedge mode"):
        translate(message, NAMES)
    flat = {**message, "a": {"m": "ORDER", "P": [{**row, "pa": "0"}]}}
    assert translate(flat, NAMES) == ()  # the venue tells of it beside the sides
    seen = shown_mode([{"symbol": "BTCUSDT", "positionAmt": "-3", "entryPrice": "5"}], NAMES)
    assert seen == (ModeSeen("perp", ModeName.POSITION_MODE, "one-way"),)


def held(side: str, qty: str, venue_ms: int) -> SideHeld:
    return SideHeld(side, Position(BTC, D(qty), D(50_000), venue_ms))


def test_one_side_alone_is_no_position_yet() -> None:
    known = PositionSides()
    assert known.hear(held("SHORT", "-2", 10)) is None
    net = known.hear(held("LONG", "3", 11))
    assert net == Position(BTC, D(1), D(50_000), 11)


def test_an_older_word_on_a_side_changes_nothing() -> None:
    known = PositionSides()
    known.read([held("SHORT", "-2", 10)], [BTC])
    assert known.hear(held("SHORT", "-5", 20)) == Position(BTC, D(-5), D(50_000), 20)
    known.read([held("SHORT", "-2", 10)], [BTC])  # a reading that was asked for before
    assert known.hear(held("SHORT", "-9", 15)) == Position(BTC, D(-5), D(50_000), 20)


def test_after_an_interruption_both_sides_are_read_anew() -> None:
    """A side that was closed meanwhile has no row: what was known of it must not come back."""
    known = PositionSides()
    known.read([held("SHORT", "-2", 10)], [BTC])
    known.forget()
    known.read([], [BTC])
    assert known.hear(held("LONG", "1", 30)) == Position(BTC, D(1), D(50_000), 30)


def test_rows_of_both_sides_are_one_position() -> None:
    rows = [
        {"symbol": "BTCUSDT", "positionSide": "LONG", "positionAmt": "3", "entryPrice": "7"},
        {"symbol": "BTCUSDT", "positionSide": "SHORT", "positionAmt": "-5", "entryPrice": "9"},
    ]
    assert positions(rows, [BTC], NAMES) == (Position(BTC, D(-2), D(9), 0),)
