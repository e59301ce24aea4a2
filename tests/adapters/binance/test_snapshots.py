from dataclasses import replace
from decimal import Decimal

import pytest

from hedgebot.adapters.binance import ids
from hedgebot.domain.actions import Snapshot
from hedgebot.domain.events import (
    Balance,
    ModeName,
    ModeSeen,
    Position,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
)
from hedgebot.domain.instruments import WalletId
from hedgebot.domain.orders import Cause
from tests.adapters.binance.entries import BTC, OURS, SPOT_OPTIONS, at, entry, perp_at_fake
from tests.adapters.binance.fake_binance import answer, cut, fake_binance, order_row
from tests.adapters.binance.test_cancel_and_look_up import trade

D = Decimal
AUDIT = Snapshot("perp", Scope.AUDIT, 4)
FULL = Snapshot("perp", Scope.FULL, 4, ((BTC, 1),))
RISK = {
    "symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "-0.5", "entryPrice": "60000",
    "updateTime": 9,
}  # fmt: skip


async def test_an_audit_reads_wallet_positions_and_open_orders() -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", "/fapi/v3/positionRisk", answer([RISK]))
        row = order_row(status="NEW", clientOrderId="web_1", executedQty="0")
        fake.on("GET", "/fapi/v1/openOrders", answer([row]))
        taken = await venue.snapshot(AUDIT)
        counts = fake.counts()
    assert isinstance(taken, SnapshotTaken)
    assert (taken.epoch, taken.wallets) == (4, (WalletId("perp:futures"),))
    assert taken.balances == (Balance(WalletId("perp:futures"), "USDT", D("1000.5"), 5),)
    assert taken.positions == (Position(BTC, D("-0.5"), D(60000), 9),)
    assert [order.client_order_id for order in taken.open_orders] == ["web_1"]
    assert (taken.orders, taken.fills, taken.modes) == ((), (), ())
    assert counts["GET /fapi/v1/allOrders"] == counts["GET /fapi/v1/symbolConfig"] == 0


async def test_a_position_that_v3_drops_is_flat() -> None:
    async with perp_at_fake() as (_fake, venue):
        taken = await venue.snapshot(AUDIT)
    assert isinstance(taken, SnapshotTaken)
    assert taken.positions == (Position(BTC, D(0), D(0), 0),)


async def test_a_full_snapshot_adds_history_and_modes() -> None:
    async with perp_at_fake() as (fake, venue):
        row = order_row(clientOrderId=ids.encode(OURS), orderId=77)
        fake.on("GET", "/fapi/v1/allOrders", answer([row]), answer([]))
        fake.on("GET", "/fapi/v1/userTrades", answer([trade()]), answer([]))
        taken = await venue.snapshot(FULL)
    assert isinstance(taken, SnapshotTaken)
    assert [order.order_id for order in taken.orders] == [OURS]
    assert [(fill.order_id, fill.cause) for fill in taken.fills] == [(OURS, Cause.OURS)]
    assert taken.modes == (
        ModeSeen("perp", ModeName.POSITION_MODE, "one-way"),
        ModeSeen("perp", ModeName.ASSETS_MODE, "single"),
        ModeSeen("perp", ModeName.MARGIN_MODE, "cross", BTC),
        ModeSeen("perp", ModeName.LEVERAGE, "3", BTC),
    )


async def test_a_mode_that_the_venue_does_not_serve_is_left_out() -> None:
    async with perp_at_fake() as (fake, venue):
        del fake.serves["GET", "/fapi/v1/symbolConfig"]
        taken = await venue.snapshot(FULL)
    assert isinstance(taken, SnapshotTaken)
    assert {mode.name for mode in taken.modes} == {ModeName.POSITION_MODE, ModeName.ASSETS_MODE}


async def test_hedge_mode_is_told_beside_the_net_position() -> None:
    hedge = ModeSeen("perp", ModeName.POSITION_MODE, "hedge")
    sides = [
        RISK | {"positionSide": "LONG", "positionAmt": "0.2"},
        RISK | {"positionSide": "SHORT", "entryPrice": "61000", "updateTime": 11},
    ]
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", "/fapi/v1/positionSide/dual", answer({"dualSidePosition": True}))
        taken = await venue.snapshot(FULL)
        assert isinstance(taken, SnapshotTaken)
        assert taken.modes[0] == hedge
        fake.on("GET", "/fapi/v3/positionRisk", answer(sides))
        taken = await venue.snapshot(AUDIT)
    assert isinstance(taken, SnapshotTaken)
    assert taken.modes == (hedge,)
    assert taken.positions == (Position(BTC, D("-0.3"), D(61000), 11),)


@pytest.mark.parametrize("path", ["/fapi/v3/account", "/fapi/v3/positionRisk"])
async def test_a_part_that_is_missing_fails_the_whole(path: str) -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", path, answer({"code": -2015, "msg": "no"}, 401))
        failed = await venue.snapshot(AUDIT)
    assert isinstance(failed, SnapshotFailed)
    assert "-2015" in failed.reason


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/fapi/v3/account", []), ("/fapi/v3/account", {"assets": [{"asset": "USDT"}]}),
        ("/fapi/v3/positionRisk", {}), ("/fapi/v1/openOrders", ["x"]),
        ("/fapi/v1/openOrders", [{"symbol": "BTCUSDT"}]),
    ],
)  # fmt: skip
async def test_an_answer_of_another_shape_is_a_failed_snapshot(path: str, body: object) -> None:
    async with perp_at_fake() as (fake, venue):
        fake.on("GET", path, answer(body))
        failed = await venue.snapshot(AUDIT)
    assert isinstance(failed, SnapshotFailed)
    assert failed.reason.startswith("perp: ")


async def test_a_dropped_read_is_tried_again() -> None:
    async with perp_at_fake() as (fake, venue):
        good = fake.serves["GET", "/fapi/v3/account"][0]
        fake.on("GET", "/fapi/v3/account", cut, cut, good)
        assert isinstance(await venue.snapshot(AUDIT), SnapshotTaken)


async def test_a_spot_entry_reads_its_wallet() -> None:
    async with fake_binance() as fake:
        venue = entry(at(SPOT_OPTIONS, fake.port))
        assert await venue.prepare() == ()
        taken = await venue.snapshot(replace(AUDIT, venue="spot"))
        await venue.close()
    assert isinstance(taken, SnapshotTaken)
    assert taken.balances == (Balance(WalletId("spot:spot"), "BTC", D("2.0"), 7),)
    assert (taken.positions, taken.open_orders) == ((), ())
