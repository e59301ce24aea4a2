"""Venue entries from settings. Importing this imports ccxt, which takes 0.6 s."""

from functools import partial

from hedgebot.adapters.binance import (
    BinanceVenue,
    Budgets,
    Credentials,
    DryRunVenue,
    Network,
    VenueOptions,
)
from hedgebot.adapters.binance.dry_run import Past, Sources
from hedgebot.adapters.binance.options import Pace
from hedgebot.adapters.journal.dry_run import shadow_past
from hedgebot.bootstrap.outside import place_of
from hedgebot.core import ids
from hedgebot.domain.multipliers import Bundle, looks_multiplied
from hedgebot.ports import Clock, Venue
from hedgebot.settings import Settings


def build_venues(settings: Settings, clock: Clock) -> dict[str, Venue]:
    """Every venue entry, with budgets shared where the venue shares them; opens nothing.

    Raises:
        SettingsError: names every missing credential.
    """
    keys = settings.credentials()
    budgets = Budgets()
    venues = {
        name: BinanceVenue(
            options_of(settings, name),
            Credentials(keys[name].api_key, keys[name].api_secret),
            clock,
            partial(ids.is_ours, deployment=_deployment(settings, table.account)),
            budgets=budgets,
        )
        for name, table in settings.venues.items()
    }
    if settings.dry_run:
        past = partial(_past, settings)
        return {
            name: DryRunVenue(venue, clock, Sources(venue.live_market, past))
            for name, venue in venues.items()
        }
    return dict(venues)


def _deployment(settings: Settings, account: str) -> int:
    return ids.deployment_id(settings.name, account, dry_run=settings.dry_run)


def _past(settings: Settings) -> Past:
    """What earlier starts of this dry run kept of its shadow."""
    return Past(*shadow_past(place_of(settings)))


def options_of(settings: Settings, name: str) -> VenueOptions:
    """What the adapter is told of one entry."""
    table = settings.venues[name]
    return VenueOptions(
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
        position_mode=table.position_mode or "one-way",
        allow_withdraw_key=table.allow_withdraw_key,
        dry_run=settings.dry_run,
        bundles=bundles_of(settings),
        pace=Pace(recv_window_ms=settings.limits.recv_window_ms),
    )


def symbols_of(settings: Settings, venue: str) -> tuple[str, ...]:
    """Symbols of an entry that hedges trade, each once."""
    named = [own.partition(":") for hedge in settings.hedges for own in hedge.instruments]
    return tuple(dict.fromkeys(symbol for entry, _, symbol in named if entry == venue))


def bundles_of(settings: Settings) -> dict[str, Bundle]:
    """Multiplied names besides the shipped ones: aliases of names like 1000X."""
    return {
        coin: Bundle(alias.asset, alias.rate)
        for coin, alias in settings.aliases.items()
        if looks_multiplied(coin)
    }
