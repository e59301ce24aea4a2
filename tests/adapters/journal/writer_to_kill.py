"""Commits as fast as it can and acknowledges each commit on its output, until it is killed."""

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

from hedgebot.domain.records import CounterKept, IntentKept
from tests.adapters.journal.samples import decision, intent, opened


async def main(folder: Path, first: int) -> None:
    journal = opened(folder)
    durable = await journal.load()
    sys.stdout.write(f"epoch {durable.epoch}\n")
    number = first
    while True:
        await journal.commit(
            [
                IntentKept(intent(number), dry_run=False),
                decision(number),
                CounterKept("orders", 0, Decimal(number)),
            ]
        )
        sys.stdout.write(f"kept {number}\n")
        sys.stdout.flush()
        if number % 50 == 0:
            journal.checkpoint()
        number += 1


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
