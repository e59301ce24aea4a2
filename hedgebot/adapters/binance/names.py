"""Reading one field at a time, and how a venue entry's words map to ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

from hedgebot.adapters.binance import ids
from hedgebot.domain.instruments import InstrumentId, Side, WalletId
from hedgebot.domain.orders import OrderId, OrderStatus
from hedgebot.errors import Unsupported, VenueError

Raw = Mapping[str, Any]
"""A message or row as the venue wrote it."""


class MarketName(NamedTuple):
    """One market of the venue: what a translator needs of it."""

    symbol: str
    """ccxt's."""
    base: str
    """Venue's own asset code, multiplier included."""
    quote: str
    settle: str
    """Empty for spot."""
    units: Decimal = Decimal(1)
    """Own units in the venue's: USD in a contract of COIN-M, otherwise 1."""

    @property
    def inverse(self) -> bool:
        """Whether it is settled in its own coin."""
        return self.settle == self.base

    def held(self, qty: Decimal, entry_price: Decimal) -> tuple[Decimal, Decimal]:
        """Quantity and entry price of a position that can be counted.

        Raises:
            ValueError: an inverse one without the price that its delta hangs on.
        """
        if self.inverse and qty and entry_price <= 0:
            raise ValueError("an inverse position has no entry price")
        return qty, entry_price


class UnknownName(VenueError):
    """A message that this version, or a market that this start does not know: it may have changed
    anything.
    """


@dataclass(frozen=True, slots=True)
class Names:
    """How a venue entry's words map to ours. Pure: built once when markets are loaded."""

    venue: str
    wallet: WalletId
    markets: Mapping[str, MarketName]
    """By the venue's market id: every market, not only those that the settings name."""
    named: frozenset[InstrumentId]
    """Instruments that the settings name."""
    is_ours: ids.Recogniser
    two_sided: bool = False
    """Whether the settings say hedge mode: a long and a short side of every position."""

    def market(self, market_id: str) -> MarketName:
        """The market of that id.

        Raises:
            UnknownName: no such market was loaded.
        """
        found = self.markets.get(market_id)
        if found is None:
            raise UnknownName(f"{self.venue}: market {market_id} is not known: listed since start?")
        return found

    def qty(self, market_id: str, text: object) -> Decimal:
        """A quantity of that market in our unit.

        Raises:
            UnknownName: no such market was loaded.
            ValueError: it is no number.
        """
        return number(text) * self.market(market_id).units

    def instrument(self, market_id: str) -> InstrumentId:
        """Our name of the market."""
        return InstrumentId(f"{self.venue}:{self.market(market_id).symbol}")

    def order_id(self, client_order_id: str) -> OrderId | None:
        """Our order id, if the client order id is one of ours."""
        return ids.decode(client_order_id, self.is_ours)


STATUSES: Mapping[str, OrderStatus] = {
    "NEW": OrderStatus.WORKING,
    "PARTIALLY_FILLED": OrderStatus.WORKING,
    "PENDING_NEW": OrderStatus.WORKING,
    "PENDING_CANCEL": OrderStatus.WORKING,
    "NEW_ADL": OrderStatus.WORKING,
    "NEW_INSURANCE": OrderStatus.WORKING,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELLED,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED_IN_MATCH,
}
"""Source: Binance, spot and USDT-M enum definitions; NEW_ADL and NEW_INSURANCE are takeovers."""

SIDES: Mapping[str, Side] = {"BUY": Side.BUY, "SELL": Side.SELL}


NUMBERS = (str, int, float)
"""What a number may be in JSON; a truth value is none."""


def number(text: object) -> Decimal:
    """An exact number as the venue writes it: a text by the documents, or a JSON number.

    Raises:
        ValueError: it is no finite number.
    """
    if type(text) not in NUMBERS:
        raise ValueError(f"{text!r} is not a number")
    try:
        value = Decimal(str(text))  # of a float the digits that were written
    except ArithmeticError:
        raise ValueError(f"{text!r} is not a number") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a number")
    return value


def moment(value: object) -> int:
    """A time of the venue, ms; 0 where it names none.

    Raises:
        ValueError: it is no number.
    """
    if type(value) is int:
        return value
    return int(number(value)) if value else 0


def flag(value: object) -> bool:
    """A yes or no, as JSON or as text.

    Raises:
        ValueError: it is neither.
    """
    if value in {True, "true"}:
        return True
    if value in {False, "false"}:
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def status(word: str) -> OrderStatus:
    """What the venue's word for an order's state means.

    Raises:
        ValueError: a word that is not known.
    """
    found = STATUSES.get(word)
    if found is None:
        raise ValueError(f"order status {word} is not known")
    return found


def unreadable(venue: str, what: str, error: Exception) -> NoReturn:
    """Refuse a message by name, without its content (it may hold an account's figures).

    Raises:
        Unsupported: always.
    """
    word = f"no field {error}" if isinstance(error, KeyError) else str(error)
    raise Unsupported(f"{venue}: {what} cannot be read: {word}") from error


UNREADABLE = (KeyError, ValueError, TypeError, IndexError, AttributeError)
"""What reading a malformed message raises."""
