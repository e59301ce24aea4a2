"""Rules of `[[hedges]]`: target, band, instruments, order."""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from hedgebot.domain.multipliers import BUNDLES, looks_multiplied
from hedgebot.settings.book import Settings
from hedgebot.settings.found import Found, joined, nearest
from hedgebot.settings.hedge_tables import (
    MINIMUM_VARIANCE,
    OPTIMAL,
    BandTable,
    HedgeTable,
    OrderTable,
)
from hedgebot.settings.reader import has
from hedgebot.settings.values import plain

SYMBOL = re.compile(r"(?P<asset>[^\s:/]+)/(?P<quote>[^\s:/]+):(?P<settle>[^\s:/-]+)")
"""ccxt's name of a perpetual; dated futures and options have more after the settlement coin."""


def check_hedges(settings: Settings, found: Found) -> None:
    """Every rule of every hedge, and those between hedges."""
    if not has(settings, "hedges"):
        return
    if not settings.hedges:
        found.add("hedges", settings.hedges, "add a [[hedges]] table")
    for index, hedge in enumerate(settings.hedges):
        path = joined("hedges", index)
        _wish(hedge, path, found)
        _bands(hedge, path, found)
        if has(hedge, "order"):
            _order(settings, hedge.order, f"{path}.order", found)
        _asset(settings, hedge, path, found)
        _cross(settings, hedge, path, found)
        for place, instrument in _instruments(hedge, path):
            _instrument(settings, hedge, (place, instrument), found)
    _assets_once(settings, found)
    _instruments_once(settings, found)


def _wish(hedge: HedgeTable, path: str, found: Found) -> None:
    """Exactly one of target and ratio; a broken one was written too, and is reported already."""
    wishes = {key: hedge.__dict__.get(key, "broken") for key in ("target", "ratio")}
    written = [key for key, wish in wishes.items() if wish is not None]
    sound = [key for key in written if has(hedge, key)]
    if len(written) == 2 and sound:
        mend = "target and ratio are both set: keep one of them"
        wish = wishes[sound[0]]
        found.add(f"{path}.{sound[0]}", wish if isinstance(wish, str) else plain(wish), mend)
    if not written:
        found.add(f"{path}.ratio", None, 'add ratio = "1" to hedge all of it, or a target')


def _bands(hedge: HedgeTable, path: str, found: Found) -> None:
    told = hedge.optimal if has(hedge, "optimal") else None
    if has(hedge, "band") and isinstance(hedge.band, BandTable):
        _band(hedge.band, f"{path}.band", found)
        if told is not None:
            mend = f'it counts with band = "{OPTIMAL}" only: write that, or remove this'
            found.add(f"{path}.optimal", {}, mend)
    if told is not None and has(told, "fixed"):
        _band(told.fixed, f"{path}.optimal.fixed", found)


def _band(band: BandTable, path: str, found: Found) -> None:
    if has(band, "lower", "upper") and band.lower == band.upper:
        found.add(f"{path}.upper", plain(band.upper), "leave room: lower must be below upper")
    if not has(band, "unit") or band.unit != "percent":
        return
    for key in ("lower", "upper"):
        if has(band, key) and abs(getattr(band, key)) > 100:
            found.add(f"{path}.{key}", plain(getattr(band, key)), "write at most 100 per cent")


def _order(settings: Settings, order: OrderTable, path: str, found: Found) -> None:
    bounds: list[tuple[str, BaseModel, str]] = [("slippage_max", order, "slippage_urgent")]
    if has(settings, "limits"):
        bounds.append(("slippage_urgent", settings.limits, "collar"))
        bounds.append(("notional_max", settings.limits, "notional_day"))
    for key, table, most in bounds:
        if not has(order, key) or not has(table, most):
            continue
        value, bound = getattr(order, key), getattr(table, most)
        if value > bound:
            name = most if table is order else f"limits.{most}"
            mend = f"write at most {name}, which is {plain(bound)}, or raise that"
            found.add(f"{path}.{key}", plain(value), mend)


def _asset(settings: Settings, hedge: HedgeTable, path: str, found: Found) -> None:
    if has(hedge, "asset") and has(settings, "aliases") and hedge.asset in settings.aliases:
        mend = "it is an alias: hedge the coin that it stands for, or remove the alias"
        found.add(f"{path}.asset", hedge.asset, mend)


def _instruments(hedge: HedgeTable, path: str) -> Iterator[tuple[str, str]]:
    if has(hedge, "instruments"):
        for index, instrument in enumerate(hedge.instruments):
            yield f"{path}.instruments[{index}]", instrument


def _instrument(
    settings: Settings, hedge: HedgeTable, named: tuple[str, str], found: Found
) -> None:
    place, instrument = named
    venue, separator, symbol = instrument.partition(":")
    if not separator or "/" in venue:
        found.add(place, instrument, 'begin with the venue entry: "perp:BTC/USDT:USDT"')
    elif has(settings, "venues") and venue not in settings.venues:
        close = nearest(venue, settings.venues)
        known = f"write {close}:{symbol}" if close else "add it"
        found.add(place, instrument, f"there is no [venues.{venue}]: {known}")
    elif mend := _market(settings, hedge, venue, symbol):
        found.add(place, instrument, mend)


def _market(settings: Settings, hedge: HedgeTable, venue: str, symbol: str) -> str | None:
    """What is wrong with the market itself, None where nothing is."""
    entry = settings.venues[venue] if has(settings, "venues") else None
    if entry and has(entry, "exchange") and not entry.derivatives:
        return "hedges trade perpetuals: name one of a binanceusdm or binancecoinm entry"
    parts = SYMBOL.fullmatch(symbol)
    inverse = bool(entry and has(entry, "exchange") and entry.inverse)
    if parts is None:
        if "-" in symbol:
            return "dated futures and options are not built yet: name a perpetual"
        return f'write a perpetual: "{venue}:{"BTC/USD:BTC" if inverse else "BTC/USDT:USDT"}"'
    if inverse and has(settings, "mode") and settings.dry_run:
        return "a dry run has no coin-margined perpetuals yet: use a linear one, or live on demo"
    if entry and has(entry, "exchange") and (settled := _settled(parts, inverse=inverse)):
        return settled
    return _delta_of(settings, hedge, parts["asset"])


def _settled(parts: re.Match[str], *, inverse: bool) -> str | None:
    """What is wrong with the settlement coin, None where nothing is."""
    coin, quote, settle = parts["asset"], parts["quote"], parts["settle"]
    if inverse and (quote, settle) != ("USD", coin):
        return f"binancecoinm has coin-margined perpetuals only: write {coin}/USD:{coin}"
    if not inverse and quote != settle:
        return "it is settled in another coin than its quote: name it of a binancecoinm entry"
    return None


def _delta_of(settings: Settings, hedge: HedgeTable, coin: str) -> str | None:
    """What is wrong with the coin whose delta it carries, None where nothing is."""
    aliases = settings.aliases if has(settings, "aliases") else {}
    carried = BUNDLES[coin].asset if coin in BUNDLES else coin
    if coin in aliases:
        carried = aliases[coin].asset if has(aliases[coin], "asset") else ""
    elif coin == carried and looks_multiplied(coin):
        return (
            f"{coin} may be a bundle of coins and is not in the shipped table: add "
            f'[aliases] {coin} = {{ asset = "COIN", rate = "COINS IN ONE" }}, or remove it'
        )
    if not has(hedge, "asset", "hedge_with"):
        return None
    if hedge.hedge_with is not None:
        return _crossed(hedge, carried)
    if carried in {"", hedge.asset}:
        return None
    return f"it carries {carried}, the hedge is for {hedge.asset}: name another, or add an alias"


def _crossed(hedge: HedgeTable, carried: str) -> str | None:
    """What is wrong with an instrument of a cross hedge, None where nothing is."""
    other = hedge.hedge_with
    if other is None or not has(other, "asset") or carried in {"", other.asset}:
        return None
    return f"it carries {carried}, hedge_with names {other.asset}: name one of that coin's"


def _cross(settings: Settings, hedge: HedgeTable, path: str, found: Found) -> None:
    """A cross hedge is of a coin by another, on linear perpetuals, and of nothing that the other's
    own hedge could do.
    """
    other = hedge.hedge_with if has(hedge, "hedge_with") else None
    if other is None or not has(other, "asset"):
        return
    place = f"{path}.hedge_with"
    if has(hedge, "ratio") and hedge.ratio == MINIMUM_VARIANCE:
        mend = "a cross hedge has its beta: write a number here"
        found.add(f"{path}.ratio", hedge.ratio, mend)
    if has(hedge, "asset") and other.asset == hedge.asset:
        found.add(f"{place}.asset", other.asset, "it is the coin itself: remove hedge_with")
    if has(settings, "aliases") and other.asset in settings.aliases:
        mend = "it is an alias: name the coin that it stands for"
        found.add(f"{place}.asset", other.asset, mend)
    for at, instrument in _instruments(hedge, path):
        venues = settings.venues if has(settings, "venues") else {}
        entry = venues.get(instrument.partition(":")[0])
        if entry and has(entry, "exchange") and entry.inverse:
            mend = "a cross hedge trades linear perpetuals: the delta of an inverse one moves with"
            found.add(at, instrument, f"{mend} the other coin's price")


def _assets_once(settings: Settings, found: Found) -> None:
    first: dict[str, int] = {}
    for index, hedge in enumerate(settings.hedges):
        if not has(hedge, "asset"):
            continue
        if hedge.asset in first:
            mend = f"hedges[{first[hedge.asset]}] is for it already: put both into one"
            found.add(f"hedges[{index}].asset", hedge.asset, mend)
        first.setdefault(hedge.asset, index)


def _instruments_once(settings: Settings, found: Found) -> None:
    first: dict[str, str] = {}
    for index, hedge in enumerate(settings.hedges):
        for place, instrument in _instruments(hedge, joined("hedges", index)):
            if instrument in first:
                mend = f"{first[instrument]} names it already: keep one of them"
                found.add(place, instrument, mend)
            first.setdefault(instrument, place)
