"""The network between the daemon and the venue, and the clock and the scheduler of its machine.

Each scenario has an exchange and a daemon of its own. They mostly wait, so they run side by side.
"""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from tests.process.town import Town, until
from tests.process.wire import Wire, wire_to

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
HEAL_S_MAX = 40.0
Scenario = Callable[[Town, Wire], Awaitable[None]]


async def beside_each_other(scenarios: Mapping[str, Scenario], folder: Path) -> None:
    """Play them all; what failed is told by name."""
    with ExitStack() as stack:
        plays = []
        for number, play in enumerate(scenarios.values()):
            addresses = stack.enter_context(exchange("--still"))
            wire = stack.enter_context(wire_to(addresses))
            place = folder / str(number)
            place.mkdir()
            plays.append(play(Town(wire.addresses, place, Plane(addresses.rest), stack), wire))
        ends = await asyncio.gather(*plays, return_exceptions=True)
    failed = [f"{name}: {end!r}" for name, end in zip(scenarios, ends, strict=True) if end]
    assert failed == []


def deposit(town: Town, qty: str = "1") -> None:
    town.plane.tell("deposit", asset="BTC", qty=qty)


async def right_in_the_end(town: Town, position: str, orders: int | None = None) -> None:
    """By the exchange's own word: the position, each name used once, nothing sold too much."""
    await until(lambda: town.position() == D(position), HEAL_S_MAX)
    await town.hedged(HEAL_S_MAX)
    sent = town.our_orders()
    assert len({row["client_id"] for row in sent}) == len(sent)
    assert orders is None or len(sent) == orders, sent
    assert sum(D(row["filled"]) for row in sent) == -D(position)
    assert town.stop() == 0
    assert town.differences() == []
    assert b"Traceback" not in town.log.read_bytes()


async def swallowing_is_hold_and_heals(town: Town, wire: Wire) -> None:
    town.start()
    await town.hedged()
    wire.swallowing = True
    deposit(town)
    await until(lambda: town.hedge().get("verdict") == "wait", 20)
    assert "silent" in town.hedge()["reason"]
    await asyncio.sleep(5)
    assert len(town.our_orders()) == 1
    wire.swallowing = False
    await right_in_the_end(town, "-11", orders=2)


async def swallowing_the_answer_of_an_order_never_sends_it_twice(town: Town, wire: Wire) -> None:
    town.start()
    await town.hedged()
    town.slow_orders(ms=300)  # taken at once, answered after the wire has gone
    deposit(town)
    await until(lambda: len(town.our_orders()) == 2)
    wire.swallowing = True
    await asyncio.sleep(12)
    wire.swallowing = False
    await right_in_the_end(town, "-11", orders=2)


async def resetting_all_the_time(town: Town, wire: Wire) -> None:
    town.start()
    await town.hedged()
    for turn in range(16):
        if turn % 4 == 0:
            deposit(town)
        await asyncio.sleep(0.4)
        wire.reset()
    await right_in_the_end(town, "-14")


async def slow_and_uneven(town: Town, wire: Wire) -> None:
    chance = random.Random(7)
    wire.delay_s = lambda: chance.uniform(0.05, 0.4)
    town.start()
    await town.hedged(30)
    deposit(town)
    await right_in_the_end(town, "-11", orders=2)


async def refusing_at_the_start_is_named(town: Town, wire: Wire) -> None:
    wire.refusing = True
    town.start()
    assert await town.ended(60) == 2
    assert b"cannot be reached" in town.log.read_bytes() or b"rest_url" in town.log.read_bytes()
    wire.refusing = False
    town.start()
    await right_in_the_end(town, "-10", orders=1)


async def stopped_for_a_while_nothing_stale_is_traded(town: Town, _wire: Wire) -> None:
    town.start()
    await town.hedged()
    assert town.child is not None
    deposit(town)
    await asyncio.sleep(0.3)  # the deposit is pending, and would be traded after 3.2 s
    town.child.send_signal(signal.SIGSTOP)
    town.plane.tell("withdraw", asset="BTC", qty="1")
    town.plane.tell("price", symbol="BTCUSDT", price="61500")
    await asyncio.sleep(12)
    town.child.send_signal(signal.SIGCONT)
    await asyncio.sleep(6)
    await right_in_the_end(town, "-10", orders=1)


WIRES: dict[str, Scenario] = {
    "a wire that swallows": swallowing_is_hold_and_heals,
    "a wire that swallows an answer": swallowing_the_answer_of_an_order_never_sends_it_twice,
    "a wire that resets": resetting_all_the_time,
    "a slow wire": slow_and_uneven,
    "a wire that refuses": refusing_at_the_start_is_named,
    "a machine that slept": stopped_for_a_while_nothing_stale_is_traded,
}


async def test_whatever_the_network_does_no_order_is_sent_twice_and_the_hedge_comes_right(
    tmp_path: Path,
) -> None:
    await beside_each_other(WIRES, tmp_path)


def by_the_clock(faketime: str) -> Scenario:
    async def play(town: Town, _wire: Wire) -> None:
        town.start(LD_PRELOAD=str(FAKETIME), FAKETIME=faketime, FAKETIME_DONT_FAKE_MONOTONIC="1")
        await town.hedged(30)
        for _ in range(3):
            deposit(town)
            await asyncio.sleep(6)
        await right_in_the_end(town, "-13", orders=4)

    return play


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed: make system-deps")
async def test_a_machine_s_clock_that_is_wrong_or_drifts_costs_no_order(tmp_path: Path) -> None:
    clocks = ("+0 x1.05", "+0 x0.95", "-7d", "+45s")
    await beside_each_other({each: by_the_clock(each) for each in clocks}, tmp_path)


def may_unshare() -> bool:
    asked = ["unshare", "--net", "ip", "link", "set", "lo", "up"]
    try:
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_unshare(), reason="no network namespaces here: root and iproute2")
async def test_a_link_that_goes_down_is_hold_and_heals(tmp_path: Path) -> None:
    asked = ["unshare", "--net", sys.executable, "-m", "tests.process.link", str(tmp_path)]
    played = await asyncio.to_thread(
        subprocess.run, asked, check=False, capture_output=True, text=True, timeout=120
    )
    assert played.stdout.splitlines()[-1:] == ["hedged once"], played.stderr
