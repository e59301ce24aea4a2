"""The instruments of a book as the venue lists them: for `step`, and for the model of the venue."""

from dataclasses import dataclass, replace
from decimal import Decimal

from hedgebot.core.policy import Policy
from hedgebot.core.start import crossed
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, is_inverse
from hedgebot.domain.multipliers import BUNDLES, Bundle
from hedgebot.research.backtest.options import BacktestRefused
from hedgebot.sim.binance.catalog import COIN_MAJOR, COIN_MINOR, MAJOR, MINOR
from hedgebot.sim.binance.catalog import markets as listed
from hedgebot.venue_model.markets import Market

ONE = Decimal(1)
DOLLARS = ("USDT", "USD", "USDC")


@dataclass(frozen=True, slots=True)
class Listing:
    """One instrument on both sides of the wire."""

    instrument: Instrument
    """As the venue has it."""
    carrier: Instrument
    """As the decision counts it: of a cross hedge it carries the coin that is held."""
    market: Market


def listings(policy: Policy, fee: Decimal | None) -> dict[InstrumentId, Listing]:
    """Every instrument of the hedges, with the steps, limits and brackets shipped.

    Raises:
        BacktestRefused: an instrument that is no perpetual.
    """
    known = {market.symbol: market for market in listed()}
    found = {}
    for hedge in policy.hedges:
        for own in hedge.instruments:
            market = _market(own, known)
            if fee is not None:
                market = replace(market, fee_taker=fee, fee_maker=fee)
            instrument = _instrument(policy, own, market)
            (carrier,) = crossed(policy, (instrument,))
            found[own] = Listing(instrument, carrier, market)
    return found


def names(own: InstrumentId) -> tuple[str, str, str]:
    """Base, quote and settlement coin of `perp:BTC/USDT:USDT`."""
    base, _, rest = own.partition(":")[2].partition("/")
    quote, _, settle = rest.partition(":")
    return base, quote, settle


def _market(own: InstrumentId, known: dict[str, Market]) -> Market:
    base, quote, settle = names(own)
    if not settle:
        raise BacktestRefused(f"{own}: a backtest hedges with perpetuals, not on spot")
    inverse = is_inverse(own)
    symbol = f"{base}{quote}_PERP" if inverse else f"{base}{quote}"
    like = known.get(symbol)
    if like is not None and like.kind is (Kind.INVERSE if inverse else Kind.LINEAR):
        return like
    if inverse:
        return replace(known["ETHUSD_PERP"], symbol=symbol, base=base, quote=quote,
                       brackets=COIN_MAJOR if base == "BTC" else COIN_MINOR)  # fmt: skip
    return replace(known["SOLUSDT"], symbol=symbol, base=base, quote=quote,
                   brackets=MAJOR if base in {"BTC", "ETH"} else MINOR)  # fmt: skip


def _instrument(policy: Policy, own: InstrumentId, market: Market) -> Instrument:
    venue = policy.venue(own.partition(":")[0])
    base, quote, settle = names(own)
    bundle = BUNDLES.get(base, Bundle(base, ONE))
    units = market.contract if market.kind is Kind.INVERSE else ONE
    return Instrument(
        id=own,
        venue=venue.name,
        account=venue.account,
        symbol=own.partition(":")[2],
        market_id=market.symbol,
        kind=market.kind,
        asset=bundle.asset,
        quote=quote,
        settle=settle,
        coins_per_unit=bundle.coins,
        units_per_contract=units,
        lot=market.lot * units,
        tick=market.tick.normalize(),
        lots_min=int(market.qty_min / market.lot),
        lots_max=int(market.qty_max / market.lot),
        notional_min=market.notional_min,
        price_up_max=market.up_max,
        price_down_min=market.down_min,
    )
