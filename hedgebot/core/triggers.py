"""What makes a hedge trade inside its band: the age of the last hedge, a move of the price."""

from hedgebot.core.books import NEVER, Market
from hedgebot.core.state import Filled, Hedge
from hedgebot.domain.orders import Purpose

SWEEPS = {Purpose.AGE, Purpose.MOVE}


def coin_price(market: Market) -> float:
    """Quote of one coin of the hedged asset."""
    return market.steps.coin_price(market.mark)


def fired(hedge: Hedge, market: Market, now: int) -> Purpose | None:
    """Why what deviates inside the band should be traded now; None: it should not."""
    policy, last = hedge.policy, hedge.filled
    if hedge.out_ms is not None and last.purpose in SWEEPS:
        return last.purpose  # slice by slice
    if last.at_ms == NEVER:
        return None
    if policy.age_ms_max is not None and now - last.at_ms >= policy.age_ms_max:
        return Purpose.AGE
    if policy.move_max is None or not last.price:
        return None
    moved = abs(coin_price(market) / last.price - 1.0)
    return Purpose.MOVE if moved >= policy.move_max else None


def begin(hedge: Hedge, market: Market, now: int) -> None:
    """Where nobody knows of an earlier hedge, age and price count from the first look."""
    if hedge.filled.at_ms == NEVER and market.mark:
        hedge.filled = Filled(now, price=coin_price(market))
