"""The whole modelled venue: one account, two desks, one ledger, one clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.book import Book
from hedgebot.venue_model.desk import Desk
from hedgebot.venue_model.futures import Futures, Prices
from hedgebot.venue_model.ledger import Cause, Ledger, Wallet, WalletName
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.notices import Notice

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Venue:
    """Everything there is. `now` is the venue's clock, ms UTC."""

    now: Callable[[], int]
    ledger: Ledger
    spot: Desk
    futures: Futures


def found(
    markets: Iterable[Market],
    marks: dict[str, Decimal],
    now: Callable[[], int],
    tell: Callable[[Notice], None],
) -> Venue:
    """A venue with empty books and wallets. `marks` are the first marks of the perpetuals."""
    ledger = Ledger(now)
    listed = list(markets)
    desks = {}
    for kind, name in ((Kind.SPOT, WalletName.SPOT), (Kind.LINEAR, WalletName.FUTURES)):
        own = {m.symbol: m for m in listed if m.kind is kind}
        books = {symbol: Book() for symbol in own}
        desks[kind] = Desk(own, Wallet(name, ledger), now, tell, books)
    futures = Futures(desks[Kind.LINEAR])
    for market in desks[Kind.LINEAR].markets.values():
        mark = marks[market.symbol]
        due = next_funding(now(), market.funding_hours)
        futures.prices[market.symbol] = Prices(mark, mark, Decimal("0.0001"), due)
    return Venue(now, ledger, desks[Kind.SPOT], futures)


def next_funding(now: int, hours: int) -> int:
    """Funding is settled at whole multiples of the interval since midnight UTC."""
    interval = hours * HOUR_MS
    return (now // interval + 1) * interval


def endow(venue: Venue, spot: dict[str, Decimal], futures: dict[str, Decimal]) -> None:
    """Opening balances, silently."""
    for wallet, holdings in ((venue.spot.wallet, spot), (venue.futures.desk.wallet, futures)):
        for asset, qty in holdings.items():
            wallet.change(asset, qty, Cause.OPENING)
