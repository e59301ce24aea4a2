"""The same record told twice is one posting; told differently, both are shown."""

from collections.abc import Iterable
from dataclasses import dataclass

from hedgebot.domain.ledger import Posting


@dataclass(frozen=True, slots=True)
class Dispute:
    """One record that the venue told in two ways; the first is what is posted."""

    posted: Posting
    told: Posting


@dataclass(frozen=True, slots=True)
class Merged:
    """What is posted, in order of time, and what was told otherwise."""

    postings: tuple[Posting, ...]
    disputes: tuple[Dispute, ...]


def merged(told: Iterable[Posting]) -> Merged:
    """Each record once, by the venue's own id of it.

    Args:
        told: in order of belief: of two that differ the earlier one stands.
    """
    kept: dict[tuple[object, ...], Posting] = {}
    disputes = []
    for each in told:
        first = kept.setdefault(each.key, each)
        if (first.change, first.cause) != (each.change, each.cause):
            disputes.append(Dispute(first, each))
    by_time = sorted(kept.values(), key=lambda each: (each.venue_ms, each.ref, each.word))
    return Merged(tuple(by_time), tuple(disputes))
