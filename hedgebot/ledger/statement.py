"""A wallet's statement: opening, postings by cause, closing as the venue says it, unexplained.

Two kinds of facts meet here, and neither is made from the other: what the venue says a wallet
holds, and what its records say happened. A reading can open or close a statement only where each
record is wholly before it or wholly after it; what their difference leaves is the unexplained.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from hedgebot.domain.instruments import WalletId
from hedgebot.domain.ledger import Posting, PostingCause, SourceMark, WalletReading
from hedgebot.ledger.exact import ZERO, less, total

SETTLE_MS = 5_000
"""A listing vouches for what is so much older than it: records appear a moment after the change."""


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A change that no record explains: it happened in that window."""

    wallet: WalletId
    asset: str
    change: Decimal
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLine:
    """One asset of one wallet over the window of its statement."""

    asset: str
    opening: Decimal
    causes: Mapping[PostingCause, Decimal]
    """Exact sums of the postings."""
    closing: Decimal
    """As the venue says it."""
    unexplained: Decimal
    """Closing less opening less every posting: a check, and no posting itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One wallet. Without two readings that records surround, `opening` or `closing` is None."""

    wallet: WalletId
    opening: WalletReading | None
    closing: WalletReading | None
    complete_ms: int
    """Up to where every listing was read, less the time that records take to appear."""
    lines: tuple[AssetLine, ...] = ()
    postings: tuple[Posting, ...] = ()
    """Those that are summed, in order of time."""
    refused: tuple[Posting, ...] = ()
    """In the window too, but of a type that is not known: they explain nothing."""
    unexplained: tuple[Unexplained, ...] = ()
    """Between which two readings; changes that cancel each other are both here."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known of one wallet."""

    wallet: WalletId
    readings: Sequence[WalletReading]
    """Oldest first."""
    postings: Sequence[Posting]
    """Each record once, in order of `venue_ms`."""
    marks: Sequence[SourceMark]
    """Of its venue entry."""


def statement(evidence: Evidence, since_ms: int = 0) -> Statement:
    """The wallet's statement from the first good reading since then to the last one."""
    complete_ms = complete_until(evidence.marks)
    timeline = _Timeline.of(evidence.postings)
    known = [each for each in evidence.readings if since_ms <= each.from_ms]
    clear = [each for each in known if each.to_ms <= complete_ms and timeline.clear(each)]
    opening = next((each for each in known if timeline.clear(each)), None)
    closing = clear[-1] if clear and opening and clear[-1].from_ms > opening.to_ms else None
    if opening is None or closing is None:
        return Statement(
            wallet=evidence.wallet, opening=opening, closing=None, complete_ms=complete_ms
        )
    inside = timeline.between(opening, closing)
    return Statement(
        wallet=evidence.wallet,
        opening=opening,
        closing=closing,
        complete_ms=complete_ms,
        lines=_lines(opening, closing, inside),
        postings=tuple(each for each in inside if each.cause),
        refused=tuple(each for each in inside if not each.cause),
        unexplained=tuple(_unexplained(clear, timeline)),
    )


def complete_until(marks: Iterable[SourceMark]) -> int:
    """Up to where every listing that the venue serves was read; 0 where none was."""
    read = [mark.venue_ms for mark in marks if mark.served]
    return min(read) - SETTLE_MS if read else 0


@dataclass(frozen=True, slots=True)
class _Timeline:
    """Postings in order, for questions about a moment."""

    postings: tuple[Posting, ...]
    begins: list[int] = field(default_factory=list)
    latest: list[int] = field(default_factory=list)
    """The greatest `until_ms` of all postings up to each."""

    @classmethod
    def of(cls, postings: Iterable[Posting]) -> "_Timeline":
        found = cls(tuple(postings))
        for each in found.postings:
            found.begins.append(each.venue_ms)
            before = found.latest[-1] if found.latest else 0
            found.latest.append(max(before, each.until_ms))
        return found

    def clear(self, reading: WalletReading) -> bool:
        """Whether every posting is wholly before the reading or wholly after it."""
        before = bisect_right(self.begins, reading.to_ms)
        return not before or self.latest[before - 1] < reading.from_ms

    def between(self, opening: WalletReading, closing: WalletReading) -> tuple[Posting, ...]:
        """Postings after the one and before the other; both are clear."""
        first = bisect_right(self.begins, opening.to_ms)
        return self.postings[first : bisect_left(self.begins, closing.from_ms)]


def _lines(
    opening: WalletReading, closing: WalletReading, inside: Sequence[Posting]
) -> tuple[AssetLine, ...]:
    named = [dict(opening.balances), dict(closing.balances)]
    assets = {each.asset for each in inside if each.cause}.union(*named)
    return tuple(_line(asset, opening, closing, inside) for asset in sorted(assets))


def _line(
    asset: str, opening: WalletReading, closing: WalletReading, inside: Sequence[Posting]
) -> AssetLine:
    own = [each for each in inside if each.asset == asset and each.cause]
    causes = {
        cause: total(each.change for each in own if each.cause is cause)
        for cause in PostingCause
        if any(each.cause is cause for each in own)
    }
    begin, end = opening.balance(asset), closing.balance(asset)
    left = less(less(end, begin), total(each.change for each in own))
    return AssetLine(asset=asset, opening=begin, causes=causes, closing=end, unexplained=left)


def _unexplained(clear: Sequence[WalletReading], timeline: _Timeline) -> Iterator[Unexplained]:
    """The windows between clear readings in which an asset changed otherwise than recorded."""
    for before, after in pairwise(clear):
        for line in _lines(before, after, timeline.between(before, after)):
            if line.unexplained != ZERO:
                yield Unexplained(
                    before.wallet, line.asset, line.unexplained, before.from_ms, after.to_ms
                )


def in_transfer(statements: Iterable[Statement]) -> dict[str, Decimal]:
    """By asset, transfers whose other half is in none of these wallets; whole ones sum to zero."""
    sums: dict[str, list[Decimal]] = {}
    for each in statements:
        for line in each.lines:
            sums.setdefault(line.asset, []).append(line.causes.get(PostingCause.TRANSFER, ZERO))
    return {asset: found for asset, parts in sums.items() if (found := total(parts))}
