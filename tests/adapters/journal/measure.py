"""How fast the journal is on a disk: `python -m tests.adapters.journal.measure FOLDER [full]`.

Prints microseconds of a commit and milliseconds of a checkpoint and of a start (docs/adr/0003).
"""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

from hedgebot.adapters.journal import SqliteJournal
from hedgebot.adapters.journal.checkpoints import WAL_BYTES
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import (
    FillKept,
    IntentKept,
    Phase,
    Record,
    WatermarkKept,
)
from tests.adapters.journal.samples import (
    NOW,
    PERP,
    closed,
    decision,
    fill,
    intent,
    moved,
    opened,
    replace,
)

ORDERS = 10_000


def order_id(number: int) -> OrderId:
    """Laid out as the real ones: deployment, epoch, sequence, check."""
    return OrderId((7 << 96) | (1 << 72) | (number << 32) | (number * 2_654_435_761 % 2**32))


def wanted(number: int) -> Sequence[Record]:
    """What an order waits for; its decision lingers."""
    return [IntentKept(replace(intent(number), order_id=order_id(number)), dry_run=False)]


def filled(number: int) -> Sequence[Record]:
    own = order_id(number)
    return [
        moved(own, Phase.WORKING, venue_order_id=str(number)),
        replace(closed(own), filled_qty=Decimal("0.412")),
        FillKept(NOW, fill(str(number), order_id=own, venue_order_id=str(number))),
        decision(NOW + number),
        WatermarkKept(PERP, NOW + number),
    ]


async def commits(
    journal: SqliteJournal, batch: Callable[[int], Sequence[Record]]
) -> tuple[list[float], list[float]]:
    """Microseconds of each commit, milliseconds of each checkpoint."""
    took: list[float] = []
    home: list[float] = []
    for number in range(ORDERS):
        rows = batch(number)
        began = time.perf_counter_ns()
        await journal.commit(rows)
        took.append((time.perf_counter_ns() - began) / 1_000)
        if journal.rows.store.wal_bytes() >= WAL_BYTES:
            began = time.perf_counter_ns()
            journal.checkpoint()
            home.append((time.perf_counter_ns() - began) / 1e6)
    return sorted(took), sorted(home)


def said(name: str, took: list[float], unit: str) -> str:
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    return f"{name}: p50 {p50:.3g}, p99 {p99:.3g}, max {took[-1]:.3g} {unit}, {len(took)} times"


async def main(folder: Path, *, full: bool) -> None:
    began = time.perf_counter()
    journal = opened(folder, full_durability=full)
    print(f"first opening, with migration: {(time.perf_counter() - began) * 1_000:.3g} ms")
    await journal.load()
    for name, batch in (("an intent", wanted), ("an order's end", filled)):
        took, home = await commits(journal, batch)
        print(said(f"commit of {name}", took, "us"))
        print(said("checkpoint of 1 MiB", home, "ms"))
    await journal.close()
    began = time.perf_counter()
    journal = opened(folder)
    await journal.load()
    took_ms = (time.perf_counter() - began) * 1_000
    print(f"opening and loading {ORDERS} orders of this week, all closed: {took_ms:.3g} ms")
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), full="full" in sys.argv))
