"""Concrete adapters from settings: clock, log, journal, alerts, venues."""

from collections.abc import Mapping

import structlog
from structlog.typing import FilteringBoundLogger

from hedgebot.adapters.alerts import Address, AppriseNotifier, HttpHeart, Writer, addresses_of
from hedgebot.adapters.clock import SystemClock
from hedgebot.adapters.journal import Place, SqliteJournal, open_journal
from hedgebot.adapters.logs import Redactor, Style, configure
from hedgebot.domain.actions import Severity
from hedgebot.ports import Clock, Heart, Notifier, Statements, Venue
from hedgebot.settings import Settings
from hedgebot.shell.bookkeeper import Bookkeeper


def make_clock() -> Clock:
    """The system's clock, never stepping back."""
    return SystemClock()


def make_redactor(settings: Settings) -> Redactor:
    """Masks what must never be read, in texts that the journal keeps."""
    return Redactor(settings.secret_values())


def make_log(settings: Settings) -> FilteringBoundLogger:
    """Set up logging, once: lines on standard error, secrets masked."""
    configure(
        Style(settings.log.format),
        secrets=settings.secret_values(),
        level=settings.log.level,
        dry_run=settings.dry_run,
    )
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
    return open_journal(place_of(settings), clock, make_redactor(settings))


def make_venues(settings: Settings, clock: Clock) -> dict[str, Venue]:
    """Every venue entry; nothing is opened yet.

    Raises:
        SettingsError: names every missing credential.
    """
    from hedgebot.bootstrap.venues import build_venues  # noqa: PLC0415 - ccxt: 0.6 s

    return build_venues(settings, clock)


def make_bookkeepers(
    settings: Settings, venues: Mapping[str, Venue], log: FilteringBoundLogger
) -> tuple[Bookkeeper, ...]:
    """One for each venue entry. A dry run moves no wallet: it has no books."""
    if settings.dry_run:
        return ()
    every_s = float(settings.books.every_s)
    return tuple(
        Bookkeeper(venue, every_s, log)
        for venue in venues.values()
        if isinstance(venue, Statements)
    )


def make_addresses(settings: Settings) -> tuple[Address, ...]:
    """Where alerts go.

    Raises:
        SettingsError: an address is not one that can be sent to.
    """
    return (
        *addresses_of(settings.alert_urls(), least=settings.alerts.min_severity),
        *addresses_of(
            settings.critical_urls(), place="alerts.critical_urls", least=Severity.CRITICAL
        ),
    )


def make_writer(settings: Settings, clock: Clock) -> Writer:
    """Words alerts of this book."""
    book = f"{settings.name} (dry-run)" if settings.dry_run else settings.name
    return Writer(book, clock.now_ms, make_redactor(settings))


def make_notifier(settings: Settings, journal: SqliteJournal, clock: Clock) -> Notifier:
    """Who is told. What earlier starts could not tell goes out now.

    Raises:
        SettingsError: an address is not one that can be sent to.
    """
    notifier = AppriseNotifier(
        make_addresses(settings),
        make_writer(settings, clock),
        settle=journal.settle_alerts,
        per_minute=settings.alerts.per_minute,
    )
    for alert in journal.undelivered_alerts():
        notifier.send(alert)
    return notifier


def make_heart(settings: Settings) -> Heart | None:
    """The dead man's switch, where one is set."""
    url = settings.heartbeat_url()
    return HttpHeart(url) if url else None
