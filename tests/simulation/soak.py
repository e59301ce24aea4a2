"""A daemon in virtual time for as long as asked: `python -m tests.simulation.soak DAYS [SEED]`.

Every hour six things happen to the account, the venue or the machine; when they are over, the
hedge must be in its band. It prints what was held each day: memory is that of the daemon and of
the exchange together, whose ledger keeps everything that ever happened, and of each process that
was killed, which simply never runs again.
"""

import asyncio
import os
import sys
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import tests.simulation.pins  # noqa: F401 - chance is pinned before anything draws it
from hedgebot.domain.instruments import Kind
from tests.simulation.case import BACK_S, Case
from tests.simulation.plan import DISTURBANCES, FAULTS, Item, Plan, Setup, drawn_item
from tests.simulation.universe import host_of

HOUR_S = 3_600
CAP_USD = "1000000000"
"""Notional of a day: one that is met, as the seeds meet it, excuses a hedge until midnight."""
BUSY_MS = 3_300_000
"""Of every hour: then all is left alone, and judged."""
DISTURBANCES_AN_HOUR, FAULTS_AN_HOUR = 4, 2
HEAD = (
    "day", "starts", "orders", "topped up USDT", "events waiting", "its tasks",
    "all in memory MB", "journal MB", "real s",
)  # fmt: skip
COLLATERAL_USDT = 1_000_000
"""What the wallet of the perpetuals begins with, and has again after each hour."""
_now_s = time.perf_counter
_BEGAN_S = _now_s()


def long_plan(seed: int, hours: int) -> Plan:
    """What happens: as much comes as goes."""
    rng = Random(seed)
    items = [
        replace(_to_and_fro(item, hour), at=item.at + hour * HOUR_S * 1_000)
        for hour in range(hours)
        for item in _hour(rng)
    ]
    return Plan(seed, Setup(notional_day=CAP_USD), tuple(sorted(items, key=lambda item: item.at)))


def _hour(rng: Random) -> list[Item]:
    kinds = [
        *rng.choices(tuple(DISTURBANCES), k=DISTURBANCES_AN_HOUR),
        *rng.choices(tuple(FAULTS), k=FAULTS_AN_HOUR),
    ]
    return [drawn_item(rng, kind, rng.randint(60_000, BUSY_MS - 120_000)) for kind in kinds]


def _to_and_fro(item: Item, hour: int) -> Item:
    """Else the account is empty some day, or large beyond its collateral."""
    if item.kind in {"deposit", "withdraw"}:
        return replace(item, kind=("deposit", "withdraw")[hour % 2])
    if item.kind in {"spot", "transfer"} and item.size != "0":
        return replace(item, size=("", "-")[hour % 2] + item.size.lstrip("-"))
    return item


@dataclass
class Soak(Case):
    """A long case."""

    hours: int = 24
    topped_up: Decimal = Decimal(0)
    """USDT that the owner added as collateral so far."""

    async def live(self) -> None:
        """Hour by hour, each judged."""
        for hour in range(1, self.hours + 1):
            await asyncio.sleep(BUSY_MS / 1_000)
            await self.weather.over()
            await asyncio.sleep(BACK_S)
            self.oracle.require_hedged("left")
            self.said.clear()
            self._top_up()
            await asyncio.sleep(hour * HOUR_S - self.universe.loop.time())
            if hour % 24 == 0 or hour in {1, self.hours}:
                await self._sample(hour)
        await self.end()

    def _top_up(self) -> None:
        """Liquidations and a rising price take collateral; an owner gives it back, or the hedge
        waits for margin one day and nothing can be asked of it.
        """
        wallet = self.running.exchange.venue.perpetuals(Kind.LINEAR).desk.wallet
        short = COLLATERAL_USDT - wallet.totals["USDT"]
        if short > 0:
            self.hands.tell("deposit", asset="USDT", qty=str(short))
            self.hands.tell("transfer", asset="USDT", qty=str(short), to="futures")
            self.topped_up += short

    async def _sample(self, hour: int) -> None:
        reply = await self.house.ask(ask="status")
        assert reply is not None
        assert reply.status is not None
        tasks = sum(host_of(task) is self.house.host for task in asyncio.all_tasks())
        cells = (
            f"{hour / 24:.1f}", self.house.starts, len(self.oracle.orders),
            f"{self.topped_up:.0f}", reply.status["load"]["events_waiting"], tasks,
            f"{resident_mb():.0f}", f"{size_mb(self.folder / 'house'):.1f}",
            f"{_now_s() - _BEGAN_S:.0f}",
        )  # fmt: skip
        print("|", " | ".join(map(str, cells)), "|", flush=True)


def size_mb(folder: Path) -> float:
    """Of the files in it."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 2**20


def resident_mb() -> float:
    """Of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(days: float, seed: int) -> int:
    """Exit code: 1 where a rule was broken."""
    hours = max(1, round(days * 24))
    with TemporaryDirectory() as place:
        print("|", " | ".join(HEAD), "|")
        print("|---" * len(HEAD) + "|")
        soak = Soak(long_plan(seed, hours), Path(place), hours=hours)
        soak.play()
    print(f"{hours} virtual hours, {len(soak.weather.met)} items, {len(soak.oracle.orders)} orders")
    for rule, text in soak.oracle.accusations:
        print(f"BROKEN {rule}: {text}")
    return bool(soak.oracle.accusations)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation.soak", *sys.argv[1:]])
    asked = [*sys.argv[1:], *("30", "1")[len(sys.argv) - 1 :]]
    sys.exit(main(float(asked[0]), int(asked[1])))
