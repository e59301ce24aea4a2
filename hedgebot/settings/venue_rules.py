"""Rules of `[venues.*]` that pydantic's types cannot say."""

import re
from ipaddress import ip_address
from itertools import combinations

from hedgebot.settings.book import Settings, credential_mend
from hedgebot.settings.found import Found, joined
from hedgebot.settings.reader import has
from hedgebot.settings.values import Mode, Network, plain, split_url
from hedgebot.settings.venue_tables import OWN_WALLET, POLLED_WALLETS, VenueTable

WALLETS_LATER = frozenset({"margin", "cross_margin", "isolated_margin", "options"})


def check_venues(settings: Settings, found: Found) -> None:
    """Every rule of every venue entry, and those between entries."""
    if not has(settings, "venues"):
        return
    if not settings.venues:
        found.add("venues", settings.venues, "add a venue entry, like [venues.spot]")
    for name, venue in settings.venues.items():
        path = joined("venues", name)
        _name(name, path, found)
        _network(venue, path, found)
        _urls(venue, path, found)
        _wallets(venue, path, found)
        _futures_only(venue, path, found)
        _key_is_whole(name, venue, path, found)
        _set_leverage(settings, venue, path, found)
    _mainnet(settings, found)
    _accounts(settings.venues, found)
    _transit(settings, found)
    _earned_twice(settings, found)


def _name(name: str, path: str, found: Found) -> None:
    # The name is part of variables (`HEDGEBOT_VENUES__PERP__API_KEY`) and of instrument ids.
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > 32:
        found.add(path, name, "name it in small letters, digits and single _, like [venues.perp]")


def _network(venue: VenueTable, path: str, found: Found) -> None:
    if not has(venue, "exchange", "network"):
        return
    if venue.derivatives and venue.network is Network.TESTNET:
        mend = 'use "demo": the testnet of futures is not supported'
        found.add(f"{path}.network", venue.network, mend)


def loopback(url: str) -> bool:
    """Whether a URL can only mean this machine."""
    parts = split_url(url)
    host = (parts.hostname if parts else None) or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _urls(venue: VenueTable, path: str, found: Found) -> None:
    for key in ("rest_url", "ws_url"):
        if has(venue, "network", key):
            _url(venue, key, f"{path}.{key}", found)


def _url(venue: VenueTable, key: str, path: str, found: Found) -> None:
    url: str | None = getattr(venue, key)
    if venue.network is Network.LOCAL:
        _local_url(url, path, found)
    elif url and venue.network is Network.MAINNET and not getattr(venue, "allow_custom_url", True):
        mend = "signed requests would go there: remove it, or add allow_custom_url = true"
        found.add(path, url, mend)
    elif url and url.startswith(("http:", "ws:")) and not loopback(url):
        found.add(path, url, "use https or wss: only this machine may be talked to in the clear")


def _local_url(url: str | None, path: str, found: Found) -> None:
    if url is None:
        found.add(path, url, "add it: `hedgebot sim binance --port 18080` prints it")
    elif not loopback(url):
        found.add(path, url, "local means this machine: use 127.0.0.1, or another network")


def _wallets(venue: VenueTable, path: str, found: Found) -> None:
    if not has(venue, "wallets", "exchange"):
        return
    own = OWN_WALLET[venue.exchange]
    for index, wallet in enumerate(venue.wallets):
        place = f"{path}.wallets[{index}]"
        if wallet in WALLETS_LATER:
            found.add(place, wallet, "this wallet is not built yet: remove it")
        elif wallet in POLLED_WALLETS:
            _polled(venue, wallet, place, found)
        elif wallet in OWN_WALLET.values() and wallet != own:
            found.add(place, wallet, f"it is another exchange's wallet: remove it, or use {own}")
        elif wallet != own:
            found.add(place, wallet, f"no such wallet: remove it, or use {own}")
        elif wallet in venue.wallets[:index]:
            found.add(place, wallet, "named twice: remove one")


def _polled(venue: VenueTable, wallet: str, place: str, found: Found) -> None:
    if venue.derivatives:
        found.add(place, wallet, "name it in the entry of exchange binance")
    elif has(venue, "network") and not venue.serves_wallets:
        found.add(place, wallet, f"the {venue.network} network does not serve it: remove it")
    elif venue.wallets.count(wallet) > 1:
        found.add(place, wallet, "named twice: remove one")


def _earned_twice(settings: Settings, found: Found) -> None:
    """Binance lists flexible earn positions in the spot wallet too, as LDBTC and the like."""
    earn = any(has(v, "wallets") and "earn" in v.wallets for v in settings.venues.values())
    for code in settings.aliases if earn and has(settings, "aliases") else ():
        if code.startswith("LD") and settings.aliases[code].asset == code[2:]:
            mend = "the wallet earn counts these coins already: remove it, or the wallet"
            found.add(joined("aliases", code), code, mend)


def _futures_only(venue: VenueTable, path: str, found: Found) -> None:
    if not has(venue, "exchange") or venue.derivatives:
        return
    for key in ("leverage", "margin_mode", "position_mode", "set_leverage"):
        if has(venue, key) and getattr(venue, key):
            found.add(f"{path}.{key}", getattr(venue, key), "spot has none: remove it")


def _key_is_whole(name: str, venue: VenueTable, path: str, found: Found) -> None:
    """Neither part is missed here: commands that talk to no venue need no credentials."""
    if not has(venue, "api_key", "api_secret"):
        return
    if bool(venue.api_key) != bool(venue.api_secret):
        part = "api_secret" if venue.api_key else "api_key"
        found.add(f"{path}.{part}", None, credential_mend(name, part))


def _set_leverage(settings: Settings, venue: VenueTable, path: str, found: Found) -> None:
    if not has(venue, "set_leverage", "leverage", "exchange"):
        return
    if not venue.set_leverage or not venue.derivatives:
        return
    if venue.leverage is None:
        found.add(f"{path}.set_leverage", value=True, mend="add leverage, or remove it")
    if has(settings, "mode") and settings.mode is Mode.DRY_RUN:
        found.add(f"{path}.set_leverage", value=True, mend="a dry-run changes nothing: remove it")


def _mainnet(settings: Settings, found: Found) -> None:
    if not has(settings, "mode", "allow_mainnet"):
        return
    real = [name for name, v in settings.venues.items() if has(v, "network")
            and v.network is Network.MAINNET]  # fmt: skip
    if real and settings.mode is Mode.LIVE and not settings.allow_mainnet:
        names = ", ".join(sorted(real))
        found.add(
            "allow_mainnet",
            settings.allow_mainnet,
            f"live on mainnet ({names}) trades real money: write allow_mainnet = true at the top "
            'of the file if that is meant, otherwise mode = "dry-run"',
        )


def _transit(settings: Settings, found: Found) -> None:
    """Withdrawn coins are held by the venue's records: they must be served."""
    if not has(settings, "limits") or not has(settings.limits, "transit_hold_s"):
        return
    whole = {n: v for n, v in settings.venues.items() if has(v, "exchange", "network")}
    if not settings.limits.transit_hold_s or len(whole) < len(settings.venues):
        return
    path, value = "limits.transit_hold_s", plain(settings.limits.transit_hold_s)
    spot = {name: venue for name, venue in whole.items() if not venue.derivatives}
    if not spot:
        found.add(path, value, "no spot wallet is watched, and futures withdraw nothing: write 0")
    for name, venue in spot.items():
        if not venue.tells_withdrawals:
            mend = f"{venue.network} serves no withdrawal records (venues.{name}): write 0"
            found.add(path, value, mend)


def _accounts(venues: dict[str, VenueTable], found: Found) -> None:
    whole = {n: v for n, v in venues.items() if has(v, "account", "exchange", "network")}
    for (first, one), (second, other) in combinations(whole.items(), 2):
        path = f"{joined('venues', second)}.account"
        if one.account != other.account:
            if _same_key(one, other):
                found.add(path, other.account, f"{first} has the same API key: use its label")
        elif one.network is not other.network:
            mend = f"{first} has this label on another network: use another label"
            found.add(path, other.account, mend)
        elif one.exchange == other.exchange:
            mend = f"{first} is the same wallet: it would count twice; remove one of the entries"
            found.add(path, other.account, mend)


def _same_key(one: VenueTable, other: VenueTable) -> bool:
    if not (has(one, "api_key") and has(other, "api_key")) or one.network is not other.network:
        return False
    return one.api_key is not None and one.api_key == other.api_key
