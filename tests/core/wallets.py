"""A book of two wallets, and short words for what is told of them."""

from decimal import Decimal as D

from hedgebot.core import balances
from hedgebot.core.books import AssetBook
from hedgebot.domain.events import Balance
from hedgebot.domain.instruments import WalletId
from hedgebot.domain.orders import Leg

A, B = WalletId("spot:spot"), WalletId("perp:futures")
VENUE = 1_000_000
"""Venue times are far from ours on purpose."""
SETTLE, PATIENCE, BELIEVE = 1_500, 10_000, 10_000


def book_of(**totals: str) -> AssetBook:
    """A book whose wallets were read at our time 0, dated VENUE."""
    book = AssetBook("main", "BTC")
    for name, coins in totals.items():
        read(book, {"a": A, "b": B}[name], coins, requested_ms=0, venue_ms=VENUE)
    return book


def balance(wallet: WalletId, coins: str, venue_ms: int) -> Balance:
    return Balance(wallet, "BTC", D(coins), venue_ms)


def hear(book: AssetBook, wallet: WalletId, coins: str, now: int, *, venue_ms: int = 0) -> D:
    return balances.hear(book, balance(wallet, coins, venue_ms or VENUE + now), now)


def read(
    book: AssetBook,
    wallet: WalletId,
    coins: str,
    requested_ms: int,
    *,
    venue_ms: int | None = None,
    now: int | None = None,
) -> D:
    return balances.hear_snapshot(
        book,
        balance(wallet, coins, VENUE + requested_ms if venue_ms is None else venue_ms),
        requested_ms=requested_ms,
        now=requested_ms + 50 if now is None else now,
        believe_after_ms=BELIEVE,
    )


def fill(book: AssetBook, change: str, now: int, wallet: WalletId = A) -> D:
    leg = Leg(wallet=wallet, asset="BTC", change=D(change))
    return balances.note_leg(book, leg, venue_ms=VENUE + now, now=now)


def confirm(book: AssetBook, now: int, settle: int = SETTLE) -> D | None:
    return balances.confirm(book, settle_ms=settle, patience_ms=PATIENCE, now=now)


def tradable(book: AssetBook) -> float:
    return float(balances.confirmed(book, (A, B)))


def amounts(book: AssetBook) -> list[float]:
    return [float(pending.amount) for pending in book.pending]


def said(book: AssetBook, wallet: WalletId = A) -> float:
    return float(book.totals[wallet].said)
