"""On mainnet a key that may withdraw is refused, unless the settings allow it by name."""

import pytest

from hedgebot.adapters.binance import Network
from hedgebot.errors import Unsupported
from hedgebot.sim.binance.server import serve
from hedgebot.sim.config import SimConfig
from tests.adapters.binance.entries import PERP_OPTIONS, at
from tests.adapters.binance.entries import entry as build
from tests.adapters.binance.fake_binance import KEY, SECRET


async def prepare(sim: SimConfig, **changes: object) -> int:
    running = await serve(
        SimConfig(api_key=KEY, api_secret=SECRET, may_withdraw=sim.may_withdraw, sapi=sim.sapi)
    )
    venue = build(at(PERP_OPTIONS, running.port, **changes))
    try:
        return len(await venue.prepare())
    finally:
        await venue.close()
        await running.close()


@pytest.mark.parametrize(
    ("sim", "words"),
    [
        (SimConfig(may_withdraw=True), "this key may withdraw"),
        (SimConfig(sapi=False), "may or may not withdraw: the venue does not tell"),
    ],
)
async def test_mainnet_refuses_a_key_that_may_withdraw(sim: SimConfig, words: str) -> None:
    with pytest.raises(Unsupported, match=words) as refused:
        await prepare(sim, network=Network.MAINNET)
    assert "allow_withdraw_key = true" in str(refused.value)


@pytest.mark.parametrize(
    ("sim", "changes"),
    [
        (SimConfig(), {"network": Network.MAINNET}),
        (SimConfig(may_withdraw=True), {"network": Network.MAINNET, "allow_withdraw_key": True}),
        (SimConfig(sapi=False), {"network": Network.DEMO}),
        (SimConfig(may_withdraw=True), {"network": Network.LOCAL}),
    ],
)
async def test_and_only_that(sim: SimConfig, changes: dict[str, object]) -> None:
    assert await prepare(sim, **changes) > 0
