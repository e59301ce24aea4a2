"""Market rows of exchangeInfo to instruments: steps and minimums as they bind a LIMIT IOC order.

MARKET_LOT_SIZE binds market orders only, so it is not read; PERCENT_PRICE binds every limit.
Source: Binance, filters of spot, USDT-M and COIN-M futures. COIN-M counts in contracts; we count
the dollars in them.
"""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hedgebot.adapters.binance.names import UNREADABLE, MarketName, Raw, number, unreadable
from hedgebot.adapters.binance.options import VenueOptions
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind
from hedgebot.domain.multipliers import BUNDLES, Bundle, looks_multiplied
from hedgebot.errors import Unsupported

ONE_COIN = Decimal(1)
KINDS = {"binance": Kind.SPOT, "binanceusdm": Kind.LINEAR, "binancecoinm": Kind.INVERSE}
LOTS_MAX = 10**12
"""Where the venue names no greatest quantity."""


def bundle_of(base: str, options: VenueOptions) -> Bundle:
    """What one unit of the base holds.

    Raises:
        Unsupported: the name starts with a multiplier that no alias explains.
    """
    found = options.bundles.get(base) or BUNDLES.get(base)
    if found is not None:
        return found
    if looks_multiplied(base):
        raise Unsupported(
            f"venues.{options.name}: {base} starts with a multiplier that no shipped alias "
            f'explains: add [aliases] {base} = {{ asset = "COIN", rate = "COINS IN ONE" }}, '
            "or remove its instrument"
        )
    return Bundle(base, ONE_COIN)


def instrument(row: Raw, name: MarketName, options: VenueOptions) -> Instrument:
    """The instrument of one market row.

    Raises:
        Unsupported: not tradable, dated, without the filters we need, or an unknown multiplier.
    """
    _tradable(row, name, options)
    bundle = bundle_of(name.base, options) if options.futures else Bundle(name.base, ONE_COIN)
    try:
        return _instrument(row, name, options, bundle)
    except (*UNREADABLE, ArithmeticError) as error:
        unreadable(options.name, f"market {row['symbol']}", error)


def _tradable(row: Raw, name: MarketName, options: VenueOptions) -> None:
    where = f"venues.{options.name}: {name.symbol}"
    status = row.get("contractStatus") if options.inverse else row.get("status")
    if status != "TRADING":
        raise Unsupported(f"{where} is {status} at the venue: remove it")
    if options.futures and not str(row.get("contractType")).endswith("PERPETUAL"):
        raise Unsupported(f"{where} delivers on a date: use the perpetual")
    taken = (row.get("timeInForce") or ("IOC",), row.get("orderTypes") or ("LIMIT",))
    if "IOC" not in taken[0] or "LIMIT" not in taken[1]:
        raise Unsupported(f"{where} takes no IOC limit orders: remove it")


def _instrument(row: Raw, name: MarketName, options: VenueOptions, bundle: Bundle) -> Instrument:
    filters = {each["filterType"]: each for each in row["filters"]}
    lot_size = filters["LOT_SIZE"]
    step, tick = number(lot_size["stepSize"]), number(filters["PRICE_FILTER"]["tickSize"])
    lot = step * name.units
    if lot <= 0 or tick <= 0:
        raise ValueError("no quantity or price step")
    up, down = _price_bounds(filters)
    least, most = number(lot_size.get("minQty") or 0), number(lot_size.get("maxQty") or 0)
    return Instrument(
        id=InstrumentId(f"{options.name}:{name.symbol}"),
        venue=options.name,
        account=options.account,
        symbol=name.symbol,
        market_id=row["symbol"],
        kind=KINDS[options.exchange],
        asset=bundle.asset,
        quote=name.quote,
        settle=name.settle or name.quote,
        coins_per_unit=bundle.coins,
        units_per_contract=name.units,
        lot=_plain(lot),
        tick=_plain(tick),
        lots_min=max(1, int((least / step).to_integral_value(ROUND_CEILING))),
        lots_max=int((most / step).to_integral_value(ROUND_FLOOR)) or LOTS_MAX,
        notional_min=_notional_min(filters),
        close_exempt_from_notional_min=options.futures and not options.two_sided,
        price_up_max=up,
        price_down_min=down,
    )


def _plain(step: Decimal) -> Decimal:
    """Without trailing zeros, and without an exponent."""
    return Decimal(f"{step.normalize():f}")


def _notional_min(filters: Mapping[str, Raw]) -> Decimal:
    row = filters.get("MIN_NOTIONAL") or filters.get("NOTIONAL") or {}
    return number(row.get("notional") or row.get("minNotional") or 0)


def _price_bounds(filters: Mapping[str, Raw]) -> tuple[Decimal | None, Decimal | None]:
    """Upper and lower multiple; where the sides differ, the narrower of each."""
    row = filters.get("PERCENT_PRICE") or filters.get("PERCENT_PRICE_BY_SIDE")
    if row is None:
        return None, None
    ups = [number(value) for key, value in row.items() if key.lower().endswith("multiplierup")]
    downs = [number(value) for key, value in row.items() if key.lower().endswith("multiplierdown")]
    return min(ups, default=None), max(downs, default=None)
