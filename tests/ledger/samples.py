"""Postings, readings and marks to test the books with."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.domain.ledger import (
    Posting,
    PostingCause,
    RecordSource,
    SourceMark,
    WalletReading,
)

D = Decimal
SPOT, FUTURES = WalletId("spot:spot"), WalletId("perp:futures")
PERP = InstrumentId("perp:BTC/USDT:USDT")
T0 = 1_800_000_000_000


def posting(change: str, at_ms: int = T0 + 10, **changes: Any) -> Posting:
    whole: dict[str, Any] = {
        "at_ms": at_ms,
        "wallet": FUTURES,
        "asset": "USDT",
        "change": D(change),
        "cause": PostingCause.FUNDING,
        "source": RecordSource.INCOME,
        "word": "FUNDING_FEE",
        "ref": f"{at_ms}:{change}",
        "venue_ms": at_ms,
        "until_ms": at_ms,
    }
    return Posting(**(whole | changes))


def reading(at_ms: int, held: Mapping[str, str], wallet: WalletId = FUTURES) -> WalletReading:
    return WalletReading(
        at_ms=at_ms,
        wallet=wallet,
        balances=tuple((asset, D(qty)) for asset, qty in held.items()),
        from_ms=at_ms,
        to_ms=at_ms + 5,
    )


def mark(venue_ms: int, source: RecordSource = RecordSource.INCOME, **changes: Any) -> SourceMark:
    whole: dict[str, Any] = {"venue": "perp", "source": source, "venue_ms": venue_ms}
    return SourceMark(**(whole | changes))
