"""What a run came to: counts, exact sums per asset, time in the band."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import Table

from hedgebot.adapters.journal import shapes, tables
from hedgebot.adapters.journal.rows import Rows
from hedgebot.domain.orders import Cause
from hedgebot.domain.records import CloseReason, DecisionKept, Verdict

_EXACT = Context(prec=200)
"""Sums of a journal have far fewer digits: nothing is rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often what happened."""

    starts: int
    decisions: int
    intents: int
    closed: Mapping[CloseReason, int]
    """Orders that are over, by reason."""
    fills: Mapping[Cause, int]
    funding: int
    adoptions: int
    alerts: Mapping[str, int]
    """By severity; news that a condition is over counts as what it is, info."""


@dataclass(frozen=True, slots=True)
class BandTime:
    """How long one asset was in its band, of the time for which the journal knows."""

    in_band_ms: int
    known_ms: int

    @property
    def fraction(self) -> float:
        """0 to 1; 1 where nothing is known, for nothing was out of band."""
        return self.in_band_ms / self.known_ms if self.known_ms else 1.0


def counts(rows: Rows, since_ms: int = 0) -> Counts:
    """Of everything from then on."""
    moves, epochs = tables.order_moves, tables.epochs

    def since(table: Table, column: str) -> list[Any]:
        return list(rows.column(table.c[column], table.c.at_ms >= since_ms))

    closes = rows.column(moves.c.reason, moves.c.at_ms >= since_ms, moves.c.reason.is_not(None))
    starts = rows.column(epochs.c.epoch, epochs.c.at_ms >= since_ms, epochs.c.adopted == 0)
    wanted = rows.column(tables.intents.c.order_id, tables.intents.c.decided_ms >= since_ms)
    return Counts(
        starts=len(list(starts)),
        decisions=len(since(tables.decisions, "row_id")),
        intents=len(list(wanted)),
        closed=Counter(closes),
        fills=Counter(since(tables.fills, "cause")),
        funding=len(since(tables.funding, "row_id")),
        adoptions=len(since(tables.adoptions, "row_id")),
        alerts=Counter(since(tables.alerts, "severity")),
    )


def fees(rows: Rows, since_ms: int = 0) -> dict[str, Decimal]:
    """Fees paid, by the asset they were paid in; exact."""
    found = rows.find(tables.fills, tables.fills.c.at_ms >= since_ms)
    return _sums((row["fee_asset"], row["fee"]) for row in found if row["fee"])


def funding_received(rows: Rows, since_ms: int = 0) -> dict[str, Decimal]:
    """Funding by asset, received is positive; exact."""
    found = rows.find(tables.funding, tables.funding.c.at_ms >= since_ms)
    return _sums((row["asset"], row["payment"]) for row in found)


def last_decisions(rows: Rows) -> dict[str, DecisionKept]:
    """The latest decision of each asset: its parts are the last delta that was written down."""
    return {each.asset: each for each in _decisions(rows, 0)}


def time_in_band(rows: Rows, until_ms: int, since_ms: int = 0) -> dict[str, BandTime]:
    """By asset, from the verdicts: each holds until the next one, or until its start ended.

    A start that was killed ends with the last thing it decided. `until_ms` ends the newest
    start, if it is still running.
    """
    decided = _decisions(rows, since_ms)
    by_asset: dict[str, list[DecisionKept]] = {}
    for each in decided:
        by_asset.setdefault(each.asset, []).append(each)
    spans = _spans(rows, [each.at_ms for each in decided], until_ms)
    return {asset: _integrate(line, spans) for asset, line in by_asset.items()}


def _integrate(line: list[DecisionKept], spans: list[tuple[int, int]]) -> BandTime:
    in_band = known = 0
    for begin_ms, end_ms in spans:
        inside = [each for each in line if begin_ms <= each.at_ms <= end_ms]
        moments = [*(each.at_ms for each in inside), end_ms]
        for each, (from_ms, to_ms) in zip(inside, pairwise(moments), strict=True):
            known += to_ms - from_ms
            if each.verdict is Verdict.IN_BAND:
                in_band += to_ms - from_ms
    return BandTime(in_band, known)


def _spans(rows: Rows, moments: list[int], until_ms: int) -> list[tuple[int, int]]:
    """When the daemon ran: from each start to its end."""
    epochs = tables.epochs
    found = list(rows.find(epochs, epochs.c.adopted == 0))
    begins = [*(row["at_ms"] for row in found), None]
    spans = []
    for row, next_ms in zip(found, begins[1:], strict=True):
        begin_ms = row["at_ms"]
        if row["ended_ms"] is not None:
            end_ms = row["ended_ms"]
        elif next_ms is None:
            end_ms = until_ms
        else:
            end_ms = max((at for at in moments if begin_ms <= at < next_ms), default=begin_ms)
        spans.append((begin_ms, end_ms))
    return spans


def _decisions(rows: Rows, since_ms: int) -> list[DecisionKept]:
    found = rows.find(tables.decisions, tables.decisions.c.at_ms >= since_ms)
    return [shapes.decision_of(row) for row in found]


def _sums(parts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for asset, part in parts:
        sums[asset] = _EXACT.add(sums.get(asset, Decimal(0)), part)
    return sums
