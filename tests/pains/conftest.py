"""The exchange and the daemon of `tests/process`: fresh for a test, or kept for a file of them."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from tests.process.conftest import town
from tests.process.town import Town

__all__ = ["town"]
NAKED_S = 1


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One exchange and one daemon for all tests of a file: starting them takes the longest."""
    folder = tmp_path_factory.mktemp("kept")
    with exchange("--still") as addresses, ExitStack() as stack:
        town = Town(addresses, folder, Plane(addresses.rest), stack)
        town.write_settings(more=f"[limits]\nnaked_alert_s = {NAKED_S}")
        town.start()
        yield town


@pytest.fixture
async def hedged(kept: Town) -> Town:
    """The kept town, hedged and honest again whatever an earlier test did to it."""
    kept.plane.tell("clear")
    kept.plane.tell("stale", ms=0)
    kept.plane.tell("price", symbol="BTCUSDT", price="60000")
    await kept.hedged()
    return kept
