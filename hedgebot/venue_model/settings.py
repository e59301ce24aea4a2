"""What the account owner may set: leverage, margin type, position mode, assets mode, fee coin."""

from dataclasses import replace
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model import derivatives
from hedgebot.venue_model.fee_coin import LINEAR_RATE, SPOT_RATE, FeeCoin
from hedgebot.venue_model.filters import require
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.margin import PositionKey
from hedgebot.venue_model.notices import AssetsModeNotice, LeverageNotice, Occasion
from hedgebot.venue_model.orders import PositionSide
from hedgebot.venue_model.positions import Position
from hedgebot.venue_model.rejections import Reason
from hedgebot.venue_model.venue import Venue


def require_idle(futures: Futures, symbol: str | None = None) -> None:
    """Raises: Rejected, while there are open orders or a position (of the symbol)."""
    orders = list(futures.desk.orders.working_of(symbol))
    require(not orders, Reason.ORDERS_OPEN)
    held = [h for (s, _), h in futures.positions.items() if h.qty and symbol in {None, s}]
    require(not held, Reason.POSITION_OPEN)


def set_leverage(futures: Futures, symbol: str, leverage: int) -> None:
    """Change the leverage of a symbol.

    Raises:
        Rejected: unknown symbol, a leverage out of range, or too low for the position held.
    """
    market = futures.desk.market(symbol)
    require(1 <= leverage <= market.brackets[0].leverage_max, Reason.LEVERAGE, leverage)
    sides = (abs(h.qty) for (s, _), h in futures.positions.items() if s == symbol)
    held = market.notional(sum(sides, Decimal(0)), futures.prices[symbol].mark)
    require(held <= derivatives.notional_max(market, leverage), Reason.POSITION_LIMIT)
    futures.modes.leverage[symbol] = leverage
    futures.desk.tell(LeverageNotice(futures.kind, symbol, leverage, futures.desk.now()))


def notional_max(futures: Futures, symbol: str) -> Decimal:
    """Largest position of a symbol at the leverage set, in its settlement coin."""
    return derivatives.notional_max(futures.desk.market(symbol), futures.leverage(symbol))


def set_isolated(futures: Futures, symbol: str, *, isolated: bool) -> None:
    """Change the margin type of a symbol.

    Raises:
        Rejected: it is so already, or there are open orders or a position.
    """
    futures.desk.market(symbol)
    require((symbol in futures.modes.isolated) is not isolated, Reason.NO_CHANGE)
    require_idle(futures, symbol)
    force_isolated(futures, symbol, isolated=isolated)


def force_isolated(futures: Futures, symbol: str, *, isolated: bool) -> None:
    """Change the margin type whatever is open."""
    if isolated:
        futures.modes.isolated.add(symbol)
    else:
        futures.modes.isolated.discard(symbol)
    futures.tell(Occasion.MARGIN_TYPE, (symbol, PositionSide.BOTH))


def set_dual_side(futures: Futures, *, dual: bool) -> None:
    """Change between one-way and hedge mode.

    Raises:
        Rejected: it is so already, or there are open orders or positions.
    """
    require(futures.modes.dual_side is not dual, Reason.NO_CHANGE)
    require_idle(futures)
    futures.modes.dual_side = dual


def set_multi_assets(futures: Futures, *, multi: bool) -> None:
    """Change between single-asset and multi-assets margin.

    Raises:
        Rejected: it is so already.
    """
    require(futures.modes.multi_assets is not multi, Reason.NO_CHANGE)
    futures.modes.multi_assets = multi
    futures.desk.tell(AssetsModeNotice(multi, futures.desk.now()))


def set_fee_coin(venue: Venue, kind: Kind, *, on: bool) -> None:
    """Pay the fees of spot or of USDT-M in the venue's own coin from now on, or no longer.

    Raises:
        Rejected: COIN-M has no such choice.
    """
    require(kind is not Kind.INVERSE, Reason.NO_CHANGE)
    rate = SPOT_RATE if kind is Kind.SPOT else LINEAR_RATE
    venue.desk(kind).fee_coin = FeeCoin(rate, venue.fee_coins_for) if on else None


def as_of(
    futures: Futures,
    totals: dict[str, Decimal],
    updated: dict[str, int],
    positions: dict[PositionKey, Position],
) -> Futures:
    """The same account with older balances, their dates and positions, for reading only."""
    wallet = replace(futures.desk.wallet, totals=totals, updated=updated)
    return replace(futures, desk=replace(futures.desk, wallet=wallet), positions=positions)
