"""One message of a socket: out of its envelope, and to the reader of its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hedgebot.adapters.binance.names import UNREADABLE, Names, Raw, UnknownName, unreadable
from hedgebot.adapters.binance.position_sides import SideHeld
from hedgebot.domain.events import Event


@dataclass(frozen=True, slots=True)
class WalletStale:
    """A balance changed, and the message says only by how much: the wallet must be read."""

    asset: str
    """Empty: any of them."""
    venue_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class KeyExpired:
    """The listen key is no longer good: nothing comes on this socket any more."""


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """The venue ends the subscription: nothing comes on this socket any more."""

    reason: str


Notice = WalletStale | KeyExpired | StreamEnded | SideHeld
"""What a message asks of the adapter itself."""

Told = Event | Notice

Reader = Callable[[Raw, Names], tuple[Told, ...]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The messages of one family."""

    readers: Mapping[str, Reader]
    ignored: Mapping[str, str]
    """Name to the reason why it tells us nothing that we need."""


def peel(message: Raw) -> Raw:
    """Take a message out of the combined-stream or the subscription envelope."""
    if "stream" in message and "data" in message:
        message = message["data"]
    event = message.get("event")
    return event if isinstance(event, Mapping) else message


def name_of(message: Raw) -> str:
    """The message's own name; spot's book ticker has none and is known by its shape."""
    name = message.get("e")
    if name is None and {"s", "b", "a"} <= message.keys():
        return "bookTicker"
    return str(name)


def translate(message: Raw, names: Names, vocabulary: Vocabulary) -> tuple[Told, ...]:
    """What one message says.

    Raises:
        Unsupported: refused by name, or unreadable.
        UnknownName: this version has no such message, or the venue a new market.
    """
    event = peel(message)
    name = name_of(event)
    reader = vocabulary.readers.get(name)
    if reader is not None:
        try:
            return reader(event, names)
        except UNREADABLE as error:
            unreadable(names.venue, name, error)
    if name in vocabulary.ignored:
        return ()
    raise UnknownName(f"{names.venue}: {name} is no message that hedgebot knows")
