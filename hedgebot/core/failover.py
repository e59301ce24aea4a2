"""What may still be decided while one of a hedge's venues is dark (invariant 1 and its exception).

As a rule one order is outstanding at most, every venue can be believed, and every position is
settled. The exception: an instrument whose order has an unknown outcome, or whose venue cannot be
believed, makes the delta an interval, and another instrument may trade what is right at both ends.

Of a dark venue everything may be gone: a liquidation closes its position and takes its coins, and
nobody tells. So its interval reaches from what was last known down to nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hedgebot.core import balances, exposure, freshness, reconciliation
from hedgebot.core.books import NEVER, Market
from hedgebot.core.policy import Policy
from hedgebot.core.state import Hedge, Order, State
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Purpose
from hedgebot.domain.records import Phase

FAILOVER_MS = 5_000
"""Out of band, or not known to be inside, and an outcome unknown, for so long: most are known
before, and a position opened elsewhere costs fees twice."""

Ends = tuple[float, float]
"""How much less (<= 0) and how much more (>= 0) than counted it may be, coins."""
NOTHING: Ends = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known well enough to decide by."""

    doubt: str = ""
    """Why nothing can be decided; empty: something can."""
    shut: frozenset[InstrumentId] = frozenset()
    """Instruments that must not be traded."""
    why: str = ""
    """What shut the first of them."""
    gross: Ends = NOTHING
    hedge: Ends = NOTHING


CLEAR = Sight()


def look(state: State, policy: Policy, hedge: Hedge, now: int, *, everywhere: bool) -> Sight:
    """What is unsettled, unknown or stale for a hedge (invariants 1 and 5).

    Args:
        state: everything.
        policy: the book's.
        hedge: whose.
        now: our clock.
        everywhere: also venues where only its coins are; a flatten does not need them.
    """
    dark, doubt = _dark(state, policy, hedge, now, everywhere=everywhere)
    orders = [o for o in state.desk.orders.values() if o.intent.asset == hedge.policy.asset]
    doubt = doubt or _under_way(state, orders, dark)
    shut = {order.intent.instrument for order in orders}
    shut |= {i for i in hedge.policy.instruments if state.markets[i].instrument.venue in dark}
    doubt = doubt or _differs(state, hedge, shut)
    if doubt or not shut:
        return Sight(doubt) if doubt else CLEAR
    why = next(iter(dark.values()), f"one order outstanding: {Phase.UNKNOWN}")
    if shut.issuperset(hedge.policy.instruments) or not _lasted(hedge, orders, now):
        return Sight(why)
    return _interval(state, policy, hedge, frozenset(shut), dark=dark, why=why)


def _dark(
    state: State, policy: Policy, hedge: Hedge, now: int, *, everywhere: bool
) -> tuple[dict[str, str], str]:
    """Venues of the hedge's instruments that cannot be believed, each with why; and a doubt about
    any other venue, which nothing can stand in for, or that passes with the reading under way.
    """
    traded_at = {state.markets[own].instrument.venue for own in hedge.policy.instruments}
    dark: dict[str, str] = {}
    for venue in policy.venues:
        if everywhere or venue.name in traded_at:
            doubt = freshness.account_doubt(state, policy, venue.name, now)
            if not doubt:
                continue
            passing = freshness.only_being_read(state, policy, venue.name, now)
            if passing or venue.name not in traded_at:
                return {}, doubt
            dark[venue.name] = doubt
    return dark, ""


def _under_way(state: State, orders: list[Order], dark: dict[str, str]) -> str:
    """An order whose outcome will be known in a moment: nothing is decided before."""
    for order in orders:
        venue = state.markets[order.intent.instrument].instrument.venue
        if order.phase is not Phase.UNKNOWN and venue not in dark:
            return f"one order outstanding: {order.phase}"
    return ""


def _differs(state: State, hedge: Hedge, shut: set[InstrumentId]) -> str:
    for own in hedge.policy.instruments:
        if own not in shut and not reconciliation.agrees(state.ledger.positions[own]):
            return f"position of {own} differs from our fills"
    return ""


def _lasted(hedge: Hedge, orders: list[Order], now: int) -> bool:
    """Slices of a failover follow each other: only what another fill did is waited for again."""
    out_ms = now if hedge.out_ms is None else hedge.out_ms
    goes_on = hedge.filled.purpose is Purpose.FAILOVER
    filled_ms = NEVER if goes_on else hedge.filled.at_ms
    return now - max(out_ms, filled_ms, *(o.since_ms for o in orders)) >= FAILOVER_MS


def _interval(
    state: State,
    policy: Policy,
    hedge: Hedge,
    shut: frozenset[InstrumentId],
    *,
    dark: dict[str, str],
    why: str,
) -> Sight:
    low = high = 0.0
    for instrument in sorted(shut):
        market = state.markets[instrument]
        book = state.ledger.positions[instrument]
        unpriced = market.steps.inverse and not market.mark
        if book.arithmetic is None or book.word is None or unpriced:
            return Sight(why)  # its position was never known, in coins
        gone = market.instrument.venue in dark
        ends = list(_positions(state, instrument, float(book.arithmetic), gone=gone))
        ends.append(float(book.word.qty))
        coins = _coins_per_unit(market)
        low += (min(ends) - float(book.arithmetic)) * coins
        high += (max(ends) - float(book.arithmetic)) * coins
    held = [_held(state, policy, hedge.policy.asset, name) for name in dark]
    gross = (-sum(max(coins, 0.0) for coins in held), -sum(min(coins, 0.0) for coins in held))
    return Sight(shut=shut, why=why, gross=gross, hedge=(low, high))


def _positions(
    state: State, instrument: InstrumentId, counted: float, *, gone: bool
) -> Iterator[float]:
    """Where a position may be, own unit: as counted, none; each with and without what our order
    there may still have filled.
    """
    for qty in (counted, 0.0) if gone else (counted,):
        yield qty
        for order in state.desk.orders.values():
            if order.intent.instrument == instrument:
                left = order.intent.qty - order.execution.qty
                yield qty + float(left) * order.intent.side.value


def _coins_per_unit(market: Market) -> float:
    return market.steps.lot_coins(market.mark) / market.steps.lot


def _held(state: State, policy: Policy, asset: str, name: str) -> float:
    """Coins of the asset in the wallets of a venue entry, as last confirmed."""
    venue = policy.venue(name)
    return sum(
        float(rate * balances.confirmed(book, venue.wallets))
        for book, rate in exposure.books_of(state, policy, asset)
        if book.account == venue.account
    )
