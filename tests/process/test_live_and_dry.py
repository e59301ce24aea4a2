"""The same world twice, live and dry: the same decisions until the first fill that differs."""

import asyncio
import json
from contextlib import ExitStack
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from tests.process.town import Town, until

pytestmark = pytest.mark.process

STEPS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("deposit", {"asset": "BTC", "qty": "0.4"}, "-10.4"),
    ("trade", {"market": "spot", "symbol": "BTCUSDT", "side": "SELL", "qty": "0.25"}, "-10.15"),
    ("trade", {"market": "futures", "symbol": "BTCUSDT", "side": "SELL", "qty": "0.1"}, "-10.15"),
    ("fund", {"symbol": "BTCUSDT"}, "-10.15"),
    ("withdraw", {"asset": "BTC", "qty": "0.15"}, "-10"),
    ("transfer", {"asset": "BTC", "qty": "0.5", "to": "futures", "delay_ms": 300}, "-10"),
    ("deposit", {"asset": "BTC", "qty": "1"}, "-11"),
)
"""What happens to both accounts, and where the hedge is after it."""
ORDERS = 6
"""The first hedge, and one for each step that moves the net delta."""


async def hedge_is(town: Town, coins: str) -> None:
    def there() -> bool:
        hedge = town.hedge()
        return hedge.get("hedge") == coins and hedge["verdict"] == "in_band"

    try:
        await until(there, 30)
    except AssertionError:
        raise AssertionError(f"not {coins}: {town.hedge()}\n{town.log_tail()}") from None


def show_afresh(town: Town) -> None:
    """The book as it was before anybody took from it: nobody else trades on this exchange."""
    mark = town.plane.state()["prices"]["futures"]["BTCUSDT"]["mark"]
    town.plane.tell("price", symbol="BTCUSDT", price=mark)


async def live_through(town: Town, mode: str) -> None:
    town.write_settings(mode=mode)
    town.start()
    await hedge_is(town, "-10")
    for command, told, hedge in STEPS:
        show_afresh(town)
        await asyncio.sleep(0.3)  # both know the touch before anything happens
        town.plane.tell(command, **told)
        await asyncio.sleep(0.7)
        await hedge_is(town, hedge)


async def part(town: Town) -> None:
    """A thin level: what the live order took of it is gone, what the dry one took is not."""
    mark = D(town.plane.state()["prices"]["futures"]["BTCUSDT"]["mark"]).quantize(D(1))
    bids = [[str(mark - 1), "3"], [str(mark - 10), "500"]]
    town.plane.tell(
        "depth", market="futures", symbol="BTCUSDT", bids=bids, asks=[[str(mark + 1), "500"]]
    )
    for hedge in ("-13", "-15"):
        await asyncio.sleep(0.3)
        town.plane.tell("deposit", asset="BTC", qty="2")
        await hedge_is(town, hedge)


@pytest.mark.timeout(240)
async def test_live_and_dry_decide_the_same_until_a_fill_differs(tmp_path: Path) -> None:
    with ExitStack() as stack:
        towns = {}
        for mode in ("live", "dry-run"):
            (tmp_path / mode).mkdir()
            addresses = stack.enter_context(exchange("--still", "--seed", "7"))
            towns[mode] = Town(addresses, tmp_path / mode, Plane(addresses.rest), stack)
        live, dry = towns["live"], towns["dry-run"]
        await asyncio.gather(*(live_through(town, mode) for mode, town in towns.items()))
        said = live.cli("journal", "compare", str(dry.config))
        assert said.returncode == 0, said.stdout
        assert said.stdout.splitlines() == [
            "here: town, live; there: town, dry-run",
            f"BTC: {ORDERS} orders, all alike in decision and fill",
        ]
        await asyncio.gather(part(live), part(dry))
        said = live.cli("journal", "compare", str(dry.config), "--json")
        assert (live.stop(), dry.stop()) == (0, 0)
        assert said.returncode == 1
        (found,) = json.loads(said.stdout)["hedges"]
        first = found["first_difference"]
        assert (found["alike"], first["order"], first["where"]) == (ORDERS + 1, ORDERS + 2, "fill")
        (average,) = [row for row in first["fields"] if row["field"] == "price_average"]
        assert D(average["here"]) < D(average["there"]), "live, the level was thinner"
        told = live.cli("journal", "compare", str(dry.config)).stdout
        assert f"then order {ORDERS + 2}, decided" in told
        assert "the same was decided, and the fill differs" in told
        assert live.position() == D(-15)
        assert dry.position() == D("-0.1"), "what the owner sold by hand"
