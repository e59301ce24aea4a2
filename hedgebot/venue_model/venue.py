"""The whole modelled venue: one account, three desks, one ledger, one clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.book import Book
from hedgebot.venue_model.desk import Desk
from hedgebot.venue_model.fee_coin import COIN
from hedgebot.venue_model.futures import Futures, Prices
from hedgebot.venue_model.ledger import Cause, Ledger, Wallet, WalletName
from hedgebot.venue_model.markets import Market
from hedgebot.venue_model.notices import Notice

HOUR_MS = 3_600_000
ZERO = Decimal(0)
DOLLAR = "USDT"


@dataclass(frozen=True, slots=True)
class Venue:
    """Everything there is. `now` is the venue's clock, ms UTC."""

    now: Callable[[], int]
    ledger: Ledger
    spot: Desk
    futures: Futures
    """USDT-M."""
    coin_futures: Futures
    """COIN-M."""
    idle: Mapping[str, Wallet]
    """Wallets by name where nothing is traded: no event tells of them."""

    def perpetuals(self, kind: Kind) -> Futures:
        """The linear or the inverse desk."""
        return self.coin_futures if kind is Kind.INVERSE else self.futures

    def desk(self, kind: Kind) -> Desk:
        """Any desk."""
        return self.spot if kind is Kind.SPOT else self.perpetuals(kind).desk

    def perpetuals_of(self, symbol: str) -> Futures:
        """The desk that lists a perpetual; the linear one where none does."""
        return self.perpetuals(Kind.INVERSE if self.lists_inverse(symbol) else Kind.LINEAR)

    def fee_coins_for(self, asset: str) -> Decimal:
        """What one of an asset is worth in the coin of fees, by the spot books; zero: unknown."""
        prices = [self._dollars(each) for each in (asset, COIN)]
        return prices[0] / prices[1] if all(prices) else ZERO

    def _dollars(self, asset: str) -> Decimal:
        book = self.spot.books.get(f"{asset}{DOLLAR}")
        touch = book.touch() if book else None
        if asset == DOLLAR:
            return Decimal(1)
        return (touch[0][0] + touch[1][0]) / 2 if touch else ZERO

    def lists_inverse(self, symbol: str) -> bool:
        """Whether it is an inverse perpetual of this venue."""
        return symbol in self.coin_futures.desk.markets


WALLETS = {
    Kind.SPOT: WalletName.SPOT,
    Kind.LINEAR: WalletName.FUTURES,
    Kind.INVERSE: WalletName.COIN_FUTURES,
}


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
    for kind, name in WALLETS.items():
        own = {m.symbol: m for m in listed if m.kind is kind}
        books = {symbol: Book() for symbol in own}
        desks[kind] = Desk(own, Wallet(name, ledger), now, tell, books)
    linear, inverse = (Futures(desks[kind], kind) for kind in (Kind.LINEAR, Kind.INVERSE))
    for futures in (linear, inverse):
        for market in futures.desk.markets.values():
            mark = marks[market.symbol]
            due = next_funding(now(), market.funding_hours)
            futures.prices[market.symbol] = Prices(mark, mark, Decimal("0.0001"), due)
    idle = {name.value: Wallet(name, ledger) for name in (WalletName.FUNDING, WalletName.EARN)}
    return Venue(now, ledger, desks[Kind.SPOT], linear, inverse, idle)


def next_funding(now: int, hours: int) -> int:
    """Funding is settled at whole multiples of the interval since midnight UTC."""
    interval = hours * HOUR_MS
    return (now // interval + 1) * interval


def endow(
    venue: Venue,
    spot: dict[str, Decimal],
    futures: dict[str, Decimal],
    coin_futures: dict[str, Decimal] | None = None,
) -> None:
    """Opening balances, silently."""
    for kind, holdings in (
        (Kind.SPOT, spot),
        (Kind.LINEAR, futures),
        (Kind.INVERSE, coin_futures or {}),
    ):
        for asset, qty in holdings.items():
            venue.desk(kind).wallet.change(asset, qty, Cause.OPENING)
