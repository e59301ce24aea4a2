"""Double entry: what a wallet gains, an account named by the cause gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.ledger import Posting
from hedgebot.ledger.exact import EXACT, ZERO

UNKNOWN = "unknown word"
"""The account of records whose type is not known."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry: an account, an asset, a signed change."""

    account: str
    asset: str
    change: Decimal


def entry(posting: Posting) -> tuple[Line, Line]:
    """The two lines of a posting; they sum to zero."""
    other = posting.cause.value if posting.cause else UNKNOWN
    return (
        Line(f"wallet {posting.wallet}", posting.asset, posting.change),
        Line(other, posting.asset, -posting.change),
    )


def balances(postings: Iterable[Posting]) -> dict[tuple[str, str], Decimal]:
    """What each account holds of each asset; of one asset all of them sum to zero."""
    held: dict[tuple[str, str], Decimal] = {}
    for posting in postings:
        for line in entry(posting):
            key = (line.account, line.asset)
            held[key] = EXACT.add(held.get(key, ZERO), line.change)
    return held
