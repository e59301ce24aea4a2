"""Concrete adapters from settings: clock, log, journal, alerts, venues."""

from functools import partial

import structlog
from structlog.typing import FilteringBoundLogger

from hedgebot.adapters.clock import SystemClock
from hedgebot.adapters.journal import Place, SqliteJournal, open_journal
from hedgebot.core import ids
from hedgebot.domain.multipliers import Bundle, looks_multiplied
from hedgebot.ports import Clock, Venue
from hedgebot.settings import Settings, VenueTable


def make_clock() -> Clock:
    """The system's clock, never stepping back."""
    return SystemClock()


def make_log(settings: Settings) -> FilteringBoundLogger:
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
    from hedgebot.adapters.binance import Budgets  # noqa: PLC0415 - ccxt takes 0.6 s to import

    budgets = Budgets()
    keys = settings.credentials()
    return {
        name: _venue(settings, name, clock, (keys[name].api_key, keys[name].api_secret), budgets)
        for name in settings.venues
    }


def _venue(settings, name, clock, keys, budgets):
    from hedgebot.adapters.binance import (  # noqa: PLC0415 - ccxt takes 0.6 s to import
        BinanceVenue,
        Credentials,
        Network,
        VenueOptions,
    )

    table = settings.venues[name]
    options = VenueOptions(
        name=name,
        account=table.account,
        exchange=table.exchange,
        network=Network(table.network),
        symbols=symbols_of(settings, name),
        wallets=table.counted_wallets,
        rest_url=table.rest_url,
        ws_url=table.ws_url,
        leverage=table.leverage,
        set_leverage=table.set_leverage,
        margin_mode=table.margin_mode or "cross",
        dry_run=settings.dry_run,
        bundles=bundles_of(settings),
    )
    deployment = ids.deployment_id(settings.name, table.account)
    is_ours = partial(ids.is_ours, deployment=deployment)
    return BinanceVenue(options, Credentials(*keys), clock, is_ours, budgets=budgets)


def symbols_of(settings: Settings, venue: str) -> tuple[str, ...]:
    named = (own for hedge in settings.hedges for own in hedge.instruments)
    return tuple(own.partition(":")[2] for own in named if own.partition(":")[0] == venue)


def bundles_of(settings: Settings) -> dict[str, Bundle]:
    return {
        coin: Bundle(alias.asset, alias.rate)
        for coin, alias in settings.aliases.items()
        if looks_multiplied(coin)
    }


class _Mute:
    def send(self, alert): pass
    async def close(self, timeout_s): pass

def make_notifier(settings, journal):
    return _Mute()
