"""kill -9 at random moments while something happens: `python -m tests.process.kills 100`.

Every tenth time the daemon may come to rest, and the exchange's own word is asked.
"""

import asyncio
import random
import sys
import tempfile
from contextlib import ExitStack
from decimal import Decimal as D
from pathlib import Path

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from tests.process.town import Town

BAND = D("0.02")
REST_EVERY = 10
CALM_SHARE = 0.6
"""How often it is hedged before something happens; else it may still be starting."""


def disturb(town: Town, chance: random.Random) -> None:
    """Something moves the delta."""
    qty = f"{chance.uniform(0.05, 0.9):.3f}"
    side = chance.choice(("BUY", "SELL"))
    kind = chance.choice(("deposit", "withdraw", "spot", "manual", "transfer"))
    if kind in {"deposit", "withdraw"}:
        town.plane.tell(kind, asset="BTC", qty=qty)
    elif kind == "transfer":
        told = {"to": "futures", "delay_ms": chance.randint(0, 3_000)}
        town.plane.tell("transfer", asset="USDT", qty="10", **told)
    else:
        market = "spot" if kind == "spot" else "futures"
        town.plane.tell("trade", market=market, symbol="BTCUSDT", side=side, qty=qty)


def net_delta(town: Town) -> D:
    """By the exchange's own word: coins and position."""
    held = town.plane.state()["spot"].get("BTC", {"total": "0"})
    return D(held["total"]) + town.position()


def judge(town: Town) -> None:
    sent = town.our_orders()
    assert len({row["client_id"] for row in sent}) == len(sent), "an order was sent twice"
    assert abs(net_delta(town)) <= BAND, f"net delta {net_delta(town)}"
    # Spot trades are told by the stream alone: those of a dead daemon's time are in no row.
    differences = [line for line in town.differences() if not line.startswith("fill spot")]
    assert differences == [], differences


async def play(count: int, seed: int, folder: Path) -> None:
    """Kill it that many times."""
    chance = random.Random(seed)
    with exchange("--still") as addresses, ExitStack() as stack:
        town = Town(addresses, folder, Plane(addresses.rest), stack)
        town.write_settings(more="[limits]\nrecv_window_ms = 500\norders_per_minute = 1200")
        town.start()
        await town.hedged()  # what was traded before the first reading is in no row
        assert town.stop() == 0
        for turn in range(1, count + 1):
            town.start()
            assert town.child is not None
            if chance.random() < CALM_SHARE:
                await town.hedged(60)
            else:
                await asyncio.sleep(chance.uniform(0.0, 3.0))
            for _ in range(chance.randint(1, 3)):
                disturb(town, chance)
                # An order follows a trade within milliseconds, a deposit after some seconds.
                await asyncio.sleep(chance.choice((chance.uniform(0, 0.05), chance.uniform(0, 4))))
            town.child.kill()
            town.child.wait()
            if turn % REST_EVERY == 0:
                town.start()
                await town.hedged(60)
                assert town.stop() == 0
                judge(town)
                print(f"{turn} kills, {len(town.our_orders())} orders", flush=True)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(play((numbers or [100])[0], (numbers or [0])[-1], Path(place)))
    print("right in the end")
