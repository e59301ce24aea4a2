"""One position beside the venue's word: rows, fills, and a book that has drifted."""

from decimal import Decimal as D

from hedgebot.core import reconciliation as rec
from hedgebot.core.books import PositionBook
from hedgebot.domain.events import Position
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Cause, Fill
from tests.core.world import PERP

VENUE = 1_000_000
"""Venue times are far from ours on purpose."""
DRIFT = 10_000


def row(qty: str, at: int, *, dated: bool = True) -> Position:
    return Position(PERP, D(qty), D(50_000), VENUE + at if dated else 0)


def fill(qty: str, at: int, trade_id: str = "1") -> Fill:
    side = Side.BUY if D(qty) > 0 else Side.SELL
    return Fill(
        instrument=PERP, trade_id=trade_id, venue_order_id="v", client_order_id="x", order_id=None,
        side=side, qty=abs(D(qty)), price=D(40_000), fee=D(0), fee_asset="USDT",
        cause=Cause.FOREIGN, legs=(), venue_ms=VENUE + at,
    )  # fmt: skip


def adopt(book: PositionBook, said: Position, requested_ms: int, now: int = 0) -> bool:
    return rec.adopt_first(book, said, requested_ms=requested_ms, now=now or requested_ms + 50)


def adopted(qty: str = "-1", at: int = 0) -> PositionBook:
    book = PositionBook()
    assert adopt(book, row(qty, at), requested_ms=at, now=at)
    return book


def prove(book: PositionBook, said: Position, requested_ms: int) -> D | None:
    return rec.prove(book, said, requested_ms=requested_ms, drift_ms_max=DRIFT)


def snapshot(book: PositionBook, said: Position, requested_ms: int) -> None:
    rec.hear_snapshot(
        book, said, requested_ms=requested_ms, now=requested_ms + 50, believe_after_ms=DRIFT
    )


def drifted(*, since: int = 100) -> PositionBook:
    """Arithmetic -1, and the stream says -3 since then."""
    book = adopted()
    rec.hear(book, row("-3", since), now=since)
    return book
