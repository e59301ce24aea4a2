"""What a bar file holds, told by its name and the folders above it.

Two layouts are known: that of the venue's public dumps
(`futures/um/monthly/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2021-05.zip`) and plain names
(`BTCUSDT_spot_1m.csv`, `BTCUSDT_perp_mark_1h.csv`, `BTCUSD_PERP_funding_8h.csv`).
"""

import re
from collections.abc import Collection, Mapping
from enum import Enum
from pathlib import PurePath
from typing import NamedTuple

from hedgebot.domain.instruments import Kind
from hedgebot.sim.unusable import Unusable


class Part(Enum):
    """What the numbers are."""

    PRICE = "bars"
    """Of trades."""
    MARK = "mark bars"
    INDEX = "index bars"
    FUNDING = "funding"


class Series(NamedTuple):
    """One run of bars or funding rates."""

    kind: Kind
    symbol: str
    part: Part

    @property
    def title(self) -> str:
        """As a person reads it."""
        return f"{self.symbol} {self.kind.value} {self.part.value}"


SPOT_WORDS = {"SPOT"}
PERP_WORDS = {"PERP", "PERPETUAL", "SWAP", "FUTURES", "UM"}
PART_WORDS = {
    "MARK": Part.MARK,
    "MARKPRICEKLINES": Part.MARK,
    "INDEX": Part.INDEX,
    "INDEXPRICEKLINES": Part.INDEX,
    "FUNDING": Part.FUNDING,
    "FUNDINGRATE": Part.FUNDING,
}
PREMIUM_WORDS = {"PREMIUM", "PREMIUMINDEXKLINES"}
Listed = Mapping[Kind, Collection[str]]
"""The symbols of each kind that the exchange lists."""


def series_of(path: PurePath, listed: Listed) -> Series:
    """What a file holds. `path` is relative to the folder that was given.

    Raises:
        Unusable: its name tells no listed market, or not which side of it.
    """
    words = _words(path.as_posix())
    if words & PREMIUM_WORDS:
        raise Unusable("premium bars are not replayed: take the file away")
    parts = {PART_WORDS[word] for word in words if word in PART_WORDS}
    if len(parts) > 1:
        raise Unusable("its name says several of mark, index and funding")
    part = parts.pop() if parts else Part.PRICE
    for symbol in listed[Kind.INVERSE]:
        if symbol in path.name.upper():
            return Series(Kind.INVERSE, symbol, part)
    kind = _side(words, part)
    for symbol in listed[kind]:
        if symbol in _words(path.name):
            return Series(kind, symbol, part)
    names = ", ".join(sorted(listed[kind]))
    raise Unusable(f"its name tells no listed {kind.value} market; there are {names}")


def _words(text: str) -> set[str]:
    return set(re.split(r"[/_.\- ]+", text.upper()))


def _side(words: set[str], part: Part) -> Kind:
    spot, perp = bool(words & SPOT_WORDS), bool(words & PERP_WORDS)
    if part is not Part.PRICE and not spot:
        return Kind.LINEAR
    if spot == perp or part is not Part.PRICE:
        raise Unusable(
            "its name does not say whether it is spot or perpetual: name it like "
            "BTCUSDT_spot_1m.csv or BTCUSDT_perp_1m.csv, or keep the folders spot/ and futures/um/"
        )
    return Kind.SPOT if spot else Kind.LINEAR
