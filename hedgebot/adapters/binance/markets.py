"""Market rows of exchangeInfo: names of all of them, instruments of those that are asked for."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from hedgebot.adapters.binance import ids
from hedgebot.adapters.binance.exchange import GatedBinance
from hedgebot.adapters.binance.instruments import instrument
from hedgebot.adapters.binance.names import MarketName, Names, Raw, number
from hedgebot.adapters.binance.options import VenueOptions
from hedgebot.domain.instruments import Instrument, InstrumentId
from hedgebot.errors import Unsupported


def rows_in(answer: object, name: str) -> list[Raw]:
    """A list of rows inside an answer; empty where there is none."""
    rows = answer.get(name) if isinstance(answer, Mapping) else None
    return [row for row in rows or () if isinstance(row, Mapping)]


def market_names(rows: Iterable[Raw], exchange: GatedBinance) -> dict[str, MarketName]:
    """Names by market id, parsed by ccxt; its big market objects are not kept.

    A row without its coins is no market yet: it is left out, and missed only where it is named.
    """
    found: dict[str, MarketName] = {}
    for row in rows:
        base, quote = row.get("baseAsset"), row.get("quoteAsset")
        if not (row.get("symbol") and base and quote):
            continue
        settle = row.get("marginAsset") or (quote if row.get("contractType") else "")
        market: Any = exchange.parse_market({**row, "marginAsset": settle} if settle else {**row})
        if market is not None:
            units = contract_size(row)
            found[row["symbol"]] = MarketName(market["symbol"], base, quote, settle, units)
    return found


def contract_size(row: Raw) -> Decimal:
    """Own units in one of the venue's: USD in a contract of COIN-M, 1 elsewhere; zero where it
    cannot be read, which no instrument may have.
    """
    try:
        size = number(row.get("contractSize") or 1)
    except ValueError:
        return Decimal(0)
    return max(size, Decimal(0))


def names_of(
    markets: dict[str, MarketName], options: VenueOptions, is_ours: ids.Recogniser
) -> Names:
    """How this entry's words map to ours."""
    named = frozenset(InstrumentId(f"{options.name}:{symbol}") for symbol in options.symbols)
    return Names(options.name, options.wallet, markets, named, is_ours, options.two_sided)


def instruments_of(
    rows: Iterable[Raw], markets: dict[str, MarketName], options: VenueOptions
) -> tuple[Instrument, ...]:
    """The instruments that the settings name.

    Raises:
        Unsupported: a symbol is no market here, or is refused by name.
    """
    by_symbol = {markets[row["symbol"]].symbol: row for row in rows if row.get("symbol") in markets}
    return tuple(_instrument(symbol, by_symbol, markets, options) for symbol in options.symbols)


def _instrument(
    symbol: str, by_symbol: dict[str, Raw], markets: dict[str, MarketName], options: VenueOptions
) -> Instrument:
    row = by_symbol.get(symbol)
    if row is None:
        coin = symbol.partition("/")[0]
        near = sorted(each for each in by_symbol if each.partition("/")[0] == coin)[:5]
        hint = f"it has {', '.join(near)}" if near else f"it has no market of {coin}"
        raise Unsupported(
            f"venues.{options.name}: {symbol} is not a market of {options.exchange}: {hint}"
        )
    return instrument(row, markets[row["symbol"]], options)
