"""Wallets that no stream tells of: funding and flexible earn. They are read with every snapshot.

Rows are undated; what they say is as old as its snapshot was asked for. The core reads again every
second while anything is pending, so that a transfer's other half is found within seconds.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hedgebot.adapters.binance import allowed
from hedgebot.adapters.binance.names import UNREADABLE, Raw, number, unreadable
from hedgebot.adapters.binance.rest import ReadFailed, Rest
from hedgebot.adapters.binance.side_by_side import one_error
from hedgebot.domain.events import Balance

PAGE_ROWS = 100
PAGES_MAX = 20
FUNDING_PARTS = ("free", "locked", "freeze")
"""What is being withdrawn is counted as gone, as the spot wallet does."""


async def balances(rest: Rest, within_s: float) -> tuple[Balance, ...]:
    """Every asset of the polled wallets that this entry names.

    Raises:
        ReadFailed: one of them cannot be read: a part would be taken for the whole.
        Unsupported: unreadable.
    """
    readers = {"funding": _funding, "earn": _earn}
    wallets = rest.options.polled
    with one_error():
        async with asyncio.TaskGroup() as group:
            reads = [
                group.create_task(readers[wallet.rpartition(":")[2]](rest, within_s))
                for wallet in wallets
            ]
    return tuple(
        Balance(wallet, asset, total, 0)
        for wallet, read in zip(wallets, reads, strict=True)
        for asset, total in read.result().items()
    )


async def _funding(rest: Rest, within_s: float) -> dict[str, Decimal]:
    rows = await rest.read_rows(allowed.FUNDING_WALLET, within_s=within_s)
    return _totals(rest, rows, FUNDING_PARTS)


async def _earn(rest: Rest, within_s: float) -> dict[str, Decimal]:
    rows: list[Raw] = []
    for page in range(1, PAGES_MAX + 1):
        asked = {"current": page, "size": PAGE_ROWS}
        answer = await rest.read(allowed.EARN_POSITIONS, asked, within_s=within_s)
        found, total = _page(rest, answer)
        rows += found
        if len(rows) >= total:
            return _totals(rest, rows, ("totalAmount",))
    raise ReadFailed(f"{rest.options.name}: more earn positions than {PAGES_MAX} pages hold")


def _page(rest: Rest, answer: Any) -> tuple[list[Raw], int]:
    try:
        rows, total = list(answer["rows"]), int(answer["total"])
    except UNREADABLE as error:
        unreadable(rest.options.name, "page of earn positions", error)
    if not rows and total:
        raise ReadFailed(f"{rest.options.name}: a page of earn positions has no rows", passing=True)
    return rows, total


def _totals(rest: Rest, rows: Iterable[Raw], parts: tuple[str, ...]) -> dict[str, Decimal]:
    """By asset: one may be in several products."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    try:
        for row in rows:
            totals[str(row["asset"])] += sum((number(row[part]) for part in parts), Decimal(0))
    except UNREADABLE as error:
        unreadable(rest.options.name, "row of a polled wallet", error)
    return totals
