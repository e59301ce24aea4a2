"""Listings by time that answer a limited number of rows: windows, cut in half where one is full."""

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias, TypeVar

from hedgebot.adapters.binance.rest import ReadFailed

Row = TypeVar("Row")
ReadWindow: TypeAlias = Callable[[int, int], Awaitable[list[Row]]]
"""Reads the rows between two times, both included."""


def windows(since_ms: int, until_ms: int, span_ms: int) -> Iterator[tuple[int, int]]:
    """Cut a time range into windows, both ends included, oldest first."""
    start_ms = since_ms
    while start_ms <= until_ms:
        end_ms = min(start_ms + span_ms - 1, until_ms)
        yield start_ms, end_ms
        start_ms = end_ms + 1


async def listed(
    read: ReadWindow[Row], spans: Iterator[tuple[int, int]], *, rows_max: int, what: str
) -> list[Row]:
    """Every row of those windows. A full answer may have left some out, so it is asked in halves.

    Raises:
        VenueError: a window cannot be read, or one millisecond has too many rows.
    """
    found: list[Row] = []
    pending = list(spans)
    while pending:
        start_ms, end_ms = pending.pop(0)
        rows = await read(start_ms, end_ms)
        if len(rows) < rows_max:
            found += rows
        elif start_ms >= end_ms:
            raise ReadFailed(f"{what}: too many rows in 1 ms")
        else:
            middle_ms = (start_ms + end_ms) // 2
            pending[:0] = [(start_ms, middle_ms), (middle_ms + 1, end_ms)]
    return found
