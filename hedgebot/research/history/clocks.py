"""Where clocks change, and a table that went through local time shows it.

In spring an hour of local time is missing; in autumn one is there twice, and a table that was
turned back to UTC may have lost both of it. Rules of the European Union since 1996 and of the
United States since 2007.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

SUNDAY = 6
HOUR_MS = 3_600_000


def at_a_change(begin_ms: int, end_ms: int) -> bool:
    """Whether stamps from the first to the last lie where a change of clocks would show."""
    year = datetime.fromtimestamp(begin_ms / 1000, UTC).year
    return any(begin <= begin_ms and end_ms < end for begin, end in _windows(year))


def _windows(year: int) -> Iterator[tuple[int, int]]:
    """From and to, UTC. Hours of local time as if they were UTC, and in autumn both real ones."""
    yield _hours(_last_sunday(year, 3), 1, 3)  # 01:00 in London, 02:00 in Berlin
    yield _hours(_last_sunday(year, 10), 0, 3)
    yield _hours(_first_sunday(year, 3) + timedelta(days=7), 2, 3)
    yield _hours(_first_sunday(year, 11), 1, 2)
    yield _hours(_first_sunday(year, 11), 5, 7)  # of New York, turned back to UTC


def _hours(day: date, begin: int, end: int) -> tuple[int, int]:
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
    return midnight + begin * HOUR_MS, midnight + end * HOUR_MS


def _first_sunday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(SUNDAY - first.weekday()) % 7)


def _last_sunday(year: int, month: int) -> date:
    """Of a month of 31 days."""
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() - SUNDAY) % 7)
