"""Recorded market data: raw websocket lines `<local ns> <json>` of one spot pair and perpetual.

Lines are ordered and paced by the venue's own times (`E`): the capturing machine's clock was
1.27 s off them and jitters. Spot bookTicker lines carry no time; they get the local one, corrected
by the offset of the last line that had both.
"""

import gzip
from collections.abc import Iterator
from decimal import Decimal
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.book import Level

FILES = {Kind.SPOT: "spot_btcusdt*.gz", Kind.LINEAR: "usdm_btcusdt*.gz"}


class Line(NamedTuple):
    """One recorded message, at its venue time."""

    venue_ms: float
    kind: Kind
    message: dict[str, Any]


def recording(folder: Path, kind: Kind) -> Path:
    """The file of one side.

    Raises:
        FileNotFoundError: the folder holds none.
    """
    found = sorted(folder.glob(FILES[kind]))
    if not found:
        raise FileNotFoundError(f"no {FILES[kind]} in {folder}")
    return found[0]


def lines(path: Path, kind: Kind) -> Iterator[Line]:
    """Every message of a file with its venue time, never stepping back."""
    offset_ms, last = 0.0, 0.0
    with gzip.open(path, "rb") as file:
        for raw in file:
            stamp, _, text = raw.partition(b" ")
            message = orjson.loads(text)
            message = message.get("data", message)
            local_ms = int(stamp) / 1e6
            if "E" in message:
                offset_ms = message["E"] - local_ms
            last = max(last, local_ms + offset_ms)
            yield Line(last, kind, message)


def both(folder: Path) -> Iterator[Line]:
    """Both sides, merged by venue time."""
    sides = [lines(recording(folder, kind), kind) for kind in FILES]
    return merge(*sides, key=lambda line: line.venue_ms)


def levels(rows: list[list[str]]) -> list[Level]:
    """Price and quantity pairs."""
    return [(Decimal(price), Decimal(qty)) for price, qty in rows]


def touch_of(message: dict[str, Any]) -> tuple[Level, Level]:
    """Bid and ask of a bookTicker message."""
    return (
        (Decimal(message["b"]), Decimal(message["B"])),
        (Decimal(message["a"]), Decimal(message["A"])),
    )


def is_touch(message: dict[str, Any]) -> bool:
    """Whether it is a bookTicker message: the spot one names no event."""
    return "A" in message and "B" in message
