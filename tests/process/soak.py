"""A daemon in living markets for as long as asked: `python -m tests.process.soak MINUTES`.

It prints what the process held at each sample, and how fast that grew once it had warmed up.
"""

import asyncio
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import linear_regression

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from tests.process.kills import disturb, judge
from tests.process.town import Town

SAMPLE_S = 15.0
WARM = 0.5
"""This part of the samples is warm-up."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process holds."""

    hours: float
    rss_mb: float
    memory_blocks: int
    """Of the interpreter: what it holds, whatever memory it gave back or kept."""
    descriptors: int
    threads: int
    journal_mb: float
    tasks: int
    waiting: int
    """Events in the inbox when it was asked."""


def sample(town: Town, began_s: float) -> Sample:
    assert town.child is not None
    place = Path(f"/proc/{town.child.pid}")
    told = dict(
        line.split(":", 1) for line in (place / "status").read_text().splitlines() if ":" in line
    )
    files = town.folder.glob("town.db*")
    status = town.status()
    assert status is not None
    load = status["load"]
    return Sample(
        hours=(time.monotonic() - began_s) / 3_600,
        rss_mb=int(told["VmRSS"].split()[0]) / 1_024,
        memory_blocks=load["memory_blocks"],
        descriptors=len(list((place / "fd").iterdir())),
        threads=int(told["Threads"]),
        journal_mb=sum(file.stat().st_size for file in files) / 2**20,
        tasks=load["tasks"],
        waiting=load["events_waiting"],
    )


def report(samples: list[Sample]) -> str:
    """A table: first, last, greatest, growth an hour after warm-up."""
    warm = samples[int(len(samples) * WARM) :]
    hours = [each.hours for each in warm]
    lines = ["| what | first | last | greatest | an hour, once warm |", "|---|---|---|---|---|"]
    for index, name in enumerate(("hours", *list(Sample.__slots__)[1:])):
        values = [float(astuple(each)[index]) for each in samples]
        slope = linear_regression(hours, values[-len(warm) :]).slope
        cells = (values[0], values[-1], max(values), slope)
        lines.append(f"| {name} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    return "\n".join(lines)


async def play(minutes: float, folder: Path) -> None:
    chance, samples = random.Random(1), list[Sample]()
    with exchange("--seed", "5") as addresses, ExitStack() as stack:
        town = Town(addresses, folder, Plane(addresses.rest), stack)
        town.write_settings(more="[limits]\norders_per_minute = 1200")
        town.start()
        await town.hedged(60)
        began_s = time.monotonic()
        while time.monotonic() < began_s + minutes * 60:
            await asyncio.sleep(SAMPLE_S)
            disturb(town, chance)
            samples.append(sample(town, began_s))
        await town.hedged(60)
        assert town.stop() == 0
        judge(town)
        print(report(samples))
        print(f"{len(samples)} samples, {len(town.our_orders())} orders, right in the end")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(play(float((sys.argv[1:] or ["30"])[0]), Path(place)))
