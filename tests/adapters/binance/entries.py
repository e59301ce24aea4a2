"""Venue entries pointed at a local server, and intents for them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hedgebot.adapters.binance import BinanceVenue, Budgets, Credentials, Network, VenueOptions
from hedgebot.adapters.binance.options import Pace
from hedgebot.domain.instruments import InstrumentId, Side
from hedgebot.domain.orders import OrderId, OrderIntent, Purpose
from hedgebot.ports import Clock
from tests.adapters.binance.clocks import WallClock
from tests.adapters.binance.fake_binance import KEY, SECRET, FakeBinance, fake_binance

BTC = InstrumentId("perp:BTC/USDT:USDT")
SPOT_BTC = InstrumentId("spot:BTC/USDT")
OURS = OrderId(0x1A2B3C4D00000A0000000001DEADBEEF)
QUICK = Pace(
    request_ms_max=400, ping_every_ms=60, pong_ms_max=120, dial_ms_max=400,
    redial_ms_min=10, redial_ms_max=40,
)  # fmt: skip
PERP_OPTIONS = VenueOptions(
    name="perp", account="main", exchange="binanceusdm", network=Network.LOCAL,
    symbols=("BTC/USDT:USDT",), leverage=3, pace=QUICK,
)  # fmt: skip
AT_EASE = replace(QUICK, request_ms_max=1_000, ping_every_ms=200, pong_ms_max=300)
"""For the local exchange, which does more than a fake before it answers."""
SPOT_OPTIONS = replace(PERP_OPTIONS, name="spot", exchange="binance", symbols=(), leverage=None)


def at(options: VenueOptions, port: int, **changes: Any) -> VenueOptions:
    return replace(
        options, rest_url=f"http://127.0.0.1:{port}", ws_url=f"ws://127.0.0.1:{port}", **changes
    )


def entry(
    options: VenueOptions, clock: Clock | None = None, budgets: Budgets | None = None
) -> BinanceVenue:
    return BinanceVenue(
        options, Credentials(KEY, SECRET), clock or WallClock(), lambda _bits: True,
        budgets=budgets,
    )  # fmt: skip


@asynccontextmanager
async def perp_at_fake(**changes: Any) -> AsyncIterator[tuple[FakeBinance, BinanceVenue]]:
    """A prepared USDT-M entry at a fake venue."""
    async with fake_binance() as fake:
        venue = entry(at(PERP_OPTIONS, fake.port, **changes))
        await venue.prepare()
        try:
            yield fake, venue
        finally:
            await venue.close()


def intent(**changes: Any) -> OrderIntent:
    now_ms = time.time_ns() // 1_000_000
    made = OrderIntent(
        order_id=OURS, asset="BTC", instrument=BTC, side=Side.SELL, lots=10,
        qty=Decimal("0.010"), price=Decimal("59900.0"), reduce_only=False,
        purpose=Purpose.REBALANCE, mark=60_000.0, decided_ms=now_ms, send_before_ms=now_ms + 500,
    )  # fmt: skip
    return replace(made, **changes)
