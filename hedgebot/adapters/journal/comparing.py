"""Two runs side by side, order by order: a live one and a dry one, or any other two.

The n-th order of a hedge in one run stands beside the n-th in the other. Times, names and waits are
not compared: two runs are never told the same thing in the same millisecond.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest

from hedgebot.adapters.journal import shapes, tables
from hedgebot.adapters.journal.rows import Rows
from hedgebot.domain.orders import Fill, OrderId, OrderIntent
from hedgebot.domain.records import CloseReason, DecisionKept

ZERO = Decimal(0)


class Where(StrEnum):
    """At what two runs part."""

    DECISION = "decision"
    """Something else was wanted."""
    FILL = "fill"
    """The same was wanted, and something else came of it."""
    MISSING = "missing"
    """One run has no such order."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One order: the decision, and what came of it."""

    intent: OrderIntent
    decision: DecisionKept | None
    fills: tuple[Fill, ...]
    ended: CloseReason | None

    @property
    def wanted(self) -> Mapping[str, object]:
        """What was decided, and on what."""
        intent, found = self.intent, self.decision
        exposure = found and {
            "net_delta": found.parts.net_delta,
            "target": found.target,
            "band_lower": found.band_lower,
            "band_upper": found.band_upper,
        }
        return {
            "instrument": intent.instrument,
            "side": intent.side.name.lower(),
            "qty": intent.qty,
            "price_limit": intent.price,
            "reduce_only": intent.reduce_only,
            "purpose": str(intent.purpose),
            **(exposure or {}),
        }

    @property
    def got(self) -> Mapping[str, object]:
        """How it ended, with which quantity, at which average price, for which fees."""
        qty = sum((fill.qty for fill in self.fills), ZERO)
        value = sum((fill.qty * fill.price for fill in self.fills), ZERO)
        fees: dict[str, Decimal] = defaultdict(Decimal)
        for fill in self.fills:
            fees[fill.fee_asset] += fill.fee
        return {
            "ended": str(self.ended or "open"),
            "filled_qty": qty,
            "price_average": value / qty if qty else ZERO,
            **{f"fee_{asset}": fee for asset, fee in sorted(fees.items())},
        }


@dataclass(frozen=True, slots=True)
class Parting:
    """The first order in which two runs differ."""

    number: int
    """Of the hedge's orders, from 1."""
    at_ms: int
    where: Where
    fields: Mapping[str, tuple[object, object]]
    """What differs: here, there."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One hedge in two runs."""

    asset: str
    alike: int
    """Orders that are the same in decision and fill, before any that is not."""
    parting: Parting | None


def compare(here: Rows, there: Rows) -> tuple[Compared, ...]:
    """Every hedge of either run.

    Raises:
        JournalError, JournalCorrupt: a journal cannot be read.
    """
    ours, theirs = _by_hedge(here), _by_hedge(there)
    assets = dict.fromkeys((*ours, *theirs))
    return tuple(_compared(asset, ours[asset], theirs[asset]) for asset in assets)


def _by_hedge(rows: Rows) -> dict[str, list[Kept]]:
    found: dict[str, list[Kept]] = defaultdict(list)
    for kept in _orders(rows):
        found[kept.intent.asset].append(kept)
    return found


def _orders(rows: Rows) -> Iterator[Kept]:
    """In the order in which they were decided."""
    decided: dict[OrderId, DecisionKept] = {}
    for decision in map(shapes.decision_of, rows.find(tables.decisions)):
        if decision.order_id is not None:
            decided.setdefault(decision.order_id, decision)
    fills: dict[OrderId, list[Fill]] = defaultdict(list)
    for fill in map(shapes.fill_of, rows.find(tables.fills)):
        if fill.order_id is not None:
            fills[fill.order_id].append(fill)
    ended = {
        move.order_id: move.reason for move in map(shapes.move_of, rows.find(tables.order_moves))
    }
    intents = map(shapes.intent_of, rows.find(tables.intents))
    for intent in sorted(intents, key=lambda intent: (intent.decided_ms, intent.order_id)):
        own = intent.order_id
        yield Kept(intent, decided.get(own), tuple(fills[own]), ended.get(own))


def _compared(asset: str, ours: list[Kept], theirs: list[Kept]) -> Compared:
    number = 0
    for number, (here, there) in enumerate(zip_longest(ours, theirs), start=1):
        parting = _parting(number, here, there)
        if parting is not None:
            return Compared(asset, number - 1, parting)
    return Compared(asset, number, None)


def _parting(number: int, here: Kept | None, there: Kept | None) -> Parting | None:
    if here is None or there is None:
        one = here or there
        assert one is not None
        fields = {"order": ("yes" if here else "none", "yes" if there else "none")}
        return Parting(number, one.intent.decided_ms, Where.MISSING, fields)
    for where, ours, theirs in (
        (Where.DECISION, here.wanted, there.wanted),
        (Where.FILL, here.got, there.got),
    ):
        differ = {
            name: (ours.get(name, ""), theirs.get(name, ""))
            for name in {**ours, **theirs}
            if ours.get(name) != theirs.get(name)
        }
        if differ:
            return Parting(number, here.intent.decided_ms, where, differ)
    return None
