"""The delta of each thing, in coins; the one place where exact coins become floats.

Linear `q`, inverse `N / E` (position and its unrealised profit
together; the wallet balance without unrealised profit is the holding), holding `+q`.
"""

from decimal import Decimal

from hedgebot.core import balances
from hedgebot.core.books import ZERO, PositionBook
from hedgebot.core.policy import Policy
from hedgebot.core.state import Outlook, State
from hedgebot.domain.instruments import Instrument, Kind
from hedgebot.domain.records import ExposureParts


def position_coins(instrument: Instrument, qty: Decimal, entry_price: Decimal) -> Decimal:
    """Delta of a position, coins of its asset, signed.

    Args:
        instrument: linear or inverse.
        qty: signed, own unit: base coins, or USD for inverse.
        entry_price: average entry; only inverse needs it, where a position has one.
    """
    if instrument.kind is Kind.INVERSE:
        return qty / entry_price if qty else ZERO
    return qty * instrument.coins_per_unit


def compute(state: State, policy: Policy, asset: str) -> Outlook:
    """Everything that carries delta of the asset: parts, what is pending, floats."""
    spot, collateral, low, high = _holdings(state, policy, asset)
    linear = inverse = hedge = ZERO
    own = state.hedges[asset].policy.instruments
    for instrument_id, market in state.markets.items():
        instrument = market.instrument
        book = state.ledger.positions.get(instrument_id)
        if book is None or instrument.asset != asset or instrument.kind is Kind.SPOT:
            continue
        coins = book_coins(instrument, book, arithmetic=instrument_id in own)
        if instrument_id in own:
            hedge += coins
        elif instrument.kind is Kind.INVERSE:
            inverse += coins
        else:
            linear += coins
    parts = ExposureParts(
        spot=spot,
        collateral=collateral,
        linear=linear,
        inverse=inverse,
        outside=outside(state, policy, asset),
        in_transit=_in_transit(state, policy, asset),
        hedge=hedge,
    )
    return Outlook(parts, low, high, float(parts.gross), float(hedge), float(low), float(high))


def book_coins(instrument: Instrument, book: PositionBook, *, arithmetic: bool) -> Decimal:
    """Hedges count by our arithmetic, which knows a fill first; the rest by the venue's word."""
    word = book.word
    if word is None:
        return ZERO
    qty = book.arithmetic if arithmetic and book.arithmetic is not None else word.qty
    return position_coins(instrument, qty, word.entry_price)


def _holdings(
    state: State, policy: Policy, asset: str
) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """(spot, collateral, pending low, pending high), coins of `asset`, aliases converted."""
    spot = collateral = low = high = ZERO
    for (account, code), book in state.ledger.assets.items():
        alias = policy.aliases.get(code)
        if (alias.asset if alias else code) != asset:
            continue
        rate = alias.rate if alias else Decimal(1)
        for venue in policy.venues:
            if venue.account == account:
                coins = rate * balances.confirmed(book, venue.wallets)
                collateral += coins if venue.collateral else ZERO
                spot += ZERO if venue.collateral else coins
        book_low, book_high = balances.interval(book)
        low += rate * book_low
        high += rate * book_high
    return spot, collateral, low, high


def outside(state: State, policy: Policy, asset: str) -> Decimal:
    """Coins kept elsewhere, as last set."""
    return sum(
        (
            state.ledger.outside.get(holding.label, holding.qty)
            for holding in policy.holdings
            if holding.asset == asset
        ),
        ZERO,
    )


def _in_transit(state: State, policy: Policy, asset: str) -> Decimal:
    found = ZERO
    for item in state.ledger.transit.held.values():
        stands_for, rate = policy.stands_for(item.coin)
        found += rate * item.qty if stands_for == asset else ZERO
    return found
