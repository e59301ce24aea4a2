"""Concrete adapters from settings: clock, log, journal, alerts, venues."""

import structlog
from structlog.typing import FilteringBoundLogger

from hedgebot.adapters.clock import SystemClock
from hedgebot.adapters.journal import Place, SqliteJournal, open_journal
from hedgebot.domain.actions import Alert
from hedgebot.ports import Clock, Notifier, Venue
from hedgebot.settings import Settings


def make_clock() -> Clock:
    """The system's clock, never stepping back."""
    return SystemClock()


def make_log(_settings: Settings) -> FilteringBoundLogger:
    """Lines on standard error, secrets masked."""
    log: FilteringBoundLogger = structlog.get_logger()
    return log


def place_of(settings: Settings) -> Place:
    """Where the book's journal lies."""
    return Place(
        url=settings.journal,
        book=settings.name,
        accounts={name: venue.account for name, venue in settings.venues.items()},
        dry_run=settings.dry_run,
        full_durability=settings.durability == "full",
    )


def make_journal(settings: Settings, clock: Clock) -> SqliteJournal:
    """Take the writer lock and open the journal.

    Raises:
        AlreadyRunning, StartRefused, JournalError: see `open_journal`.
    """
    return open_journal(place_of(settings), clock)


def make_venues(settings: Settings, clock: Clock) -> dict[str, Venue]:
    """Every venue entry; nothing is opened yet.

    Raises:
        SettingsError: names every missing credential.
    """
    from hedgebot.bootstrap.venues import build_venues  # noqa: PLC0415 - imports ccxt: 0.6 s

    return build_venues(settings, clock)


class _Mute:
    def send(self, alert: Alert) -> None:
        """Nobody is told."""

    async def close(self, timeout_s: float) -> None:
        """Nothing waits."""


def make_notifier(_settings: Settings, _journal: SqliteJournal) -> Notifier:
    """Who is told."""
    return _Mute()
