"""The delta of each thing, in coins; the one place where exact coins become floats.

Linear `q`, inverse `N / E` (position and its unrealised profit
together; the wallet balance without unrealised profit is the holding), holding `+q`.
"""

from collections.abc import Iterator
from decimal import Decimal

from hedgebot.core import balances
from hedgebot.core.books import ZERO, AssetBook, PositionBook
from hedgebot.core.policy import Policy
from hedgebot.core.state import Outlook, State
from hedgebot.domain.instruments import Instrument, Kind
from hedgebot.domain.records import ExposureParts

COIN_PLACES = 12
"""Of an inverse position's delta: a quotient has no end, and the journal keeps 18 places."""


def position_coins(instrument: Instrument, qty: Decimal, entry_price: Decimal) -> Decimal:
    """Delta of a position, coins of its asset, signed.

    Args:
        instrument: linear or inverse.
        qty: signed, own unit: base coins, or USD for inverse.
        entry_price: average entry; only inverse needs it, where a position has one.
    """
    if instrument.kind is Kind.INVERSE:
        return round(qty / entry_price, COIN_PLACES) if qty else ZERO
    return qty * instrument.coins_per_unit


def compute(state: State, policy: Policy, asset: str) -> Outlook:
    """Everything that carries delta of the asset: parts, what is pending, floats."""
    spot, collateral, low, high = _holdings(state, policy, asset)
    linear = inverse = hedge = ZERO
    own = state.hedges[asset].policy.instruments
    for market in state.markets.values():
        instrument = market.instrument
        if instrument.asset != asset or instrument.kind is Kind.SPOT:
            continue
        book = state.ledger.positions.get(instrument.id)
        if book is None:
            continue
        coins = book_coins(instrument, book, arithmetic=instrument.id in own)
        if instrument.id in own:
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
    if not arithmetic or book.arithmetic is None:
        return position_coins(instrument, word.qty, word.entry_price)
    entry_price = book.tape.entry_price or word.entry_price
    return position_coins(instrument, book.arithmetic, entry_price)


def _holdings(
    state: State, policy: Policy, asset: str
) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """(spot, collateral, pending low, pending high), coins of `asset`, aliases converted."""
    spot = collateral = low = high = ZERO
    for book, rate in books_of(state, policy, asset):
        for venue in policy.venues:
            if venue.account == book.account:
                coins = rate * balances.confirmed(book, venue.wallets)
                collateral += coins if venue.collateral else ZERO
                spot += ZERO if venue.collateral else coins
        book_low, book_high = balances.interval(book)
        if book.pending:
            book_low -= _perhaps_back(state, policy, book)
        low += rate * book_low
        high += rate * book_high
    return spot, collateral, low, high


def _perhaps_back(state: State, policy: Policy, book: AssetBook) -> Decimal:
    """Coins in transit that may be back in their wallet: a re-read showed a change there, in which
    their return may be one of several.
    """
    merged = {pending.wallet for pending in book.pending if pending.merged}
    return sum(
        (
            item.qty
            for item in state.ledger.transit.held.values()
            if item.coin == book.asset and merged.intersection(policy.venue(item.venue).wallets)
        ),
        ZERO,
    )


def books_of(state: State, policy: Policy, asset: str) -> Iterator[tuple[AssetBook, Decimal]]:
    """The books whose coins count as the asset, and as how many of it each of them does."""
    accounts = dict.fromkeys(venue.account for venue in policy.venues)
    for code in dict.fromkeys((asset, *policy.aliases)):
        stands_for, rate = policy.stands_for(code)
        if stands_for == asset:
            for account in accounts:
                book = state.ledger.assets.get((account, code))
                if book is not None:
                    yield book, rate


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
