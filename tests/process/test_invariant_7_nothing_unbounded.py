"""Invariant 7 through real processes: whatever the exchange does, the daemon's memory, tasks,
backlog, sockets and requests stay within bounds, and SIGTERM ends it within 10 s.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from hedgebot.shell import inbox
from tests.process.town import Town, until

pytestmark = pytest.mark.process
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
LEVELS = 100
"""Fills of one manual order in the flood."""
REMEMBERED = 5_000
"""Fills of an instrument that the daemon remembers: from then on it must not grow."""
FILLS = 8_000
"""Of a flood."""
BLOCKS_A_FILL_MAX = 1.5
"""A fill that is kept takes three; memories with a later end take up to half a block."""
OUTAGE_MB_MAX = 30.0
WAITING_MAX = 2 * (inbox.CAPACITY + 100)
QUEUES_MB_MAX = WAITING_MAX * 5 / 1_024
"""5 KB for each event that may wait, and what becomes of it: 3.7 were seen."""
TASKS_MAX = 60
SOCKETS_MORE = 20
REQUESTS_A_SECOND_MAX = 30


def memory_mb(town: Town) -> float:
    assert town.child is not None
    return int(Path(f"/proc/{town.child.pid}/statm").read_text().split()[1]) * PAGE_MB


def sockets(town: Town) -> int:
    assert town.child is not None
    return len(list(Path(f"/proc/{town.child.pid}/fd").iterdir()))


def waiting(town: Town) -> int:
    return int((town.status() or {"load": {"events_waiting": -1}})["load"]["events_waiting"])


@dataclass
class Watch:
    """The greatest that was seen from outside since it began."""

    town: Town = field(repr=False)
    memory_mb: float = 0.0
    sockets: int = 0
    tasks: int = 0
    waiting: int = 0

    def look(self) -> None:
        load = (self.town.status() or {}).get("load", {})
        self.memory_mb = max(self.memory_mb, memory_mb(self.town))
        self.sockets = max(self.sockets, sockets(self.town))
        self.tasks = max(self.tasks, load.get("tasks", 0))
        self.waiting = max(self.waiting, load.get("events_waiting", 0))


@asynccontextmanager
async def watched(town: Town, *, memory_more: float) -> AsyncIterator[None]:
    """Look on, and hold what was seen against the bounds."""
    watch = Watch(town, memory_mb(town), sockets(town))
    memory_max, sockets_max = watch.memory_mb + memory_more, watch.sockets + SOCKETS_MORE
    asked, began = sum(town.requests().values()), time.monotonic()

    async def look_on() -> None:
        while True:
            await asyncio.to_thread(watch.look)
            await asyncio.sleep(0.05)

    looking = asyncio.create_task(look_on())
    yield
    looking.cancel()
    await asyncio.wait({looking})
    assert looking.cancelled()
    watch.look()
    sent = sum(town.requests().values()) - asked
    a_second = sent / (time.monotonic() - began)
    print(f"{town.folder.name}: {watch} {a_second:.1f} requests a second")
    assert watch.memory_mb <= memory_max
    assert watch.sockets <= sockets_max
    assert watch.tasks <= TASKS_MAX
    assert watch.waiting <= WAITING_MAX
    assert a_second <= REQUESTS_A_SECOND_MAX


def levels(first: int, step: int, qty: str) -> list[tuple[str, str]]:
    return [(str(first + number * step), qty) for number in range(LEVELS + 1)]


def flood(town: Town, fills: int) -> None:
    """So many fills of the spot pair, of the perpetual a tenth, with money and prices moving."""
    tell = town.plane.tell
    prices = [str(60_000 + step % 40) for step in range(100)]
    tell("path", symbol="ETHUSDT", prices=["2500", "2501"] * 200, step_ms=2)
    for turn in range(fills // (2 * LEVELS)):
        for market, lot, qty in (("spot", "0.0001", "0.01"), ("futures", "0.001", "0.01")):
            book = {"bids": levels(59_999, -1, lot), "asks": levels(60_001, 1, lot)}
            tell("depth", market=market, symbol="BTCUSDT", **book)
            for side in ("BUY", "SELL"):
                tell("trade", market=market, symbol="BTCUSDT", side=side, qty=qty)
        tell(("deposit", "withdraw")[turn % 2], asset="BTC", qty="0.001")
        tell("fund", symbol="BTCUSDT")
    tell("path", symbol="BTCUSDT", prices=prices, step_ms=2)


async def shouted_at(town: Town) -> None:
    """A flood that fills every memory, one while frozen, then one after which no more is held.

    That is counted at rest in blocks of memory, not in resident megabytes: those tell how full
    the queues were, and what the queues gave back hides what leaks.
    """
    assert town.child is not None
    await flooded(town, REMEMBERED + 1_000)
    async with watched(town, memory_more=QUEUES_MB_MAX):
        town.child.send_signal(signal.SIGSTOP)
        await asyncio.to_thread(flood, town, FILLS)
        town.child.send_signal(signal.SIGCONT)
        await until(lambda: waiting(town) == 0)
        before = await blocks_at_rest(town)
        await flooded(town, FILLS)
    grown = await blocks_at_rest(town) - before
    print(f"blocks of memory added by {FILLS} fills: {grown}")
    assert grown <= FILLS * BLOCKS_A_FILL_MAX
    await town.hedged()


async def flooded(town: Town, fills: int) -> None:
    await asyncio.to_thread(flood, town, fills)
    await until(lambda: waiting(town) == 0)


async def blocks_at_rest(town: Town) -> int:
    """The least of some readings: what waits for the garbage collector is not held."""
    readings = []
    for _ in range(4):
        await asyncio.sleep(0.5)
        readings.append(int((town.status() or {})["load"]["memory_blocks"]))
    return min(readings)


async def met_by_silence(town: Town) -> None:
    """Sockets that stay open and say nothing, not even to pings."""
    for market in ("spot", "futures"):
        for channel in ("user", "market"):
            town.plane.tell("mute", market=market, channel=channel, pongs=False)
    await endure(town)


async def not_answered(town: Town) -> None:
    """REST takes every request and answers none."""
    told = {"kind": "delay_request", "path": "/*", "ms": 60_000, "count": 1_000_000}
    town.plane.tell("fault", name="deaf", **told)
    await endure(town)


async def shut_out(town: Town) -> None:
    """Every request is refused and every socket cut, at once: what has no pace spins."""
    town.plane.tell("maintenance", on=True)
    await endure(town)


async def endure(town: Town) -> None:
    """Things happen to the account for longer than a silent socket is believed."""
    async with watched(town, memory_more=OUTAGE_MB_MAX):
        for turn in range(28):
            side = ("SELL", "BUY", "SELL", "SELL")[turn % 4]
            town.plane.tell("trade", market="spot", symbol="BTCUSDT", side=side, qty="0.1")
            await asyncio.sleep(0.25)


TROUBLES = (shouted_at, met_by_silence, not_answered, shut_out)


@pytest.mark.timeout(180)
async def test_invariant_7_whatever_happens_the_daemon_stays_in_bounds_and_ends_in_time(
    tmp_path: Path,
) -> None:
    """The troubles side by side, each with an exchange of its own."""
    with ExitStack() as stack:
        async with asyncio.TaskGroup() as group:
            for trouble in TROUBLES:
                folder = tmp_path / trouble.__name__
                folder.mkdir()
                addresses = stack.enter_context(exchange("--still"))
                town = Town(addresses, folder, Plane(addresses.rest), stack)
                group.create_task(endured(town, trouble))


async def endured(town: Town, trouble: Callable[[Town], Awaitable[None]]) -> None:
    """Meet it with a hedge that stands; the end comes in the middle of it."""
    town.start()
    await town.hedged()
    await trouble(town)
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="1")
    began = time.monotonic()
    code = await asyncio.to_thread(town.stop)
    took_s = time.monotonic() - began
    print(f"{town.folder.name}: ended after {took_s:.1f} s")
    assert code == 0, town.log_tail()
    assert took_s < 10
