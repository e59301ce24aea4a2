"""The daemon, as a process, at a Binance that is another one than ours."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.cli.demo.children import Addresses, exchange
from hedgebot.cli.demo.plane import Plane
from tests.adapters.binance.strange.habits import NAMED
from tests.adapters.binance.strange.proxy import strange_binance
from tests.process.town import Town, until

pytestmark = pytest.mark.process
SECRETS = (b"local-secret", b"local-key", b"signature=", b"listenKey=")
HEDGED_S_MAX = 5.0
STOP_S_MAX = 10.0


@pytest.fixture
def local() -> Iterator[Addresses]:
    with exchange("--still") as addresses:
        yield addresses


@contextmanager
def town_at(addresses: Addresses, local: Addresses, folder: Path) -> Iterator[Town]:
    with ExitStack() as stack:
        yield Town(addresses, folder, Plane(local.rest), stack)


@pytest.mark.parametrize("name", NAMED)
async def test_a_spot_buy_is_hedged_by_one_order_at_a_binance_with(
    name: str, local: Addresses, tmp_path: Path
) -> None:
    with (
        strange_binance(local, NAMED[name]()) as (addresses, _proxy),
        town_at(addresses, local, tmp_path) as town,
    ):
        began = time.monotonic()
        town.start()
        await town.hedged(60)
        print(f"hedged after {time.monotonic() - began:.2f} s")
        assert town.position() == D(-10)
        before = len(town.our_orders())
        began = time.monotonic()
        await asyncio.sleep(float(os.environ.get("PATIENCE", "0")))
        town.plane.tell("trade", market="spot", symbol="ETHUSDT", side="BUY", qty="1")
        town.plane.tell("trade", market="futures", symbol="ETHUSDT", side="BUY", qty="1")
        town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")
        town.plane.tell("trade", market="futures", symbol="SOLUSDT", side="SELL", qty="1")
        try:
            await until(
                lambda: town.position() == D("-10.999"),
                float(os.environ.get("HEDGED", HEDGED_S_MAX)),
            )
        finally:
            print(f"bought after {time.monotonic() - began:.2f} s, {before} orders before")
            print(town.hedge())
            print(town.log_tail())
        await town.hedged()
        assert len(town.our_orders()) == before + 1
        began = time.monotonic()
        assert town.stop() == 0
        assert time.monotonic() - began < STOP_S_MAX
        said = town.log.read_bytes()
        assert b"Traceback" not in said
        assert [secret for secret in SECRETS if secret in said] == []
