from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from hedgebot.sim.binance.server import Running
from tests.wire.clients import trading


class Market(NamedTuple):
    running: Running
    spot: Any
    futures: Any


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    async with trading() as (running, spot, futures):
        yield Market(running, spot, futures)
