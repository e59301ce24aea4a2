"""Which row each record becomes, and back: attribute paths, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Table

from hedgebot.adapters.journal import tables
from hedgebot.domain.events import FundingSeen
from hedgebot.domain.ledger import Posting, SourceMark, WalletReading
from hedgebot.domain.orders import Fill, OrderIntent
from hedgebot.domain.records import (
    AdoptionKept,
    AlertKept,
    ControlKept,
    CounterKept,
    DecisionKept,
    EpochKept,
    ExposureParts,
    FillKept,
    FundingKept,
    HoldingKept,
    IntentKept,
    LearntKept,
    OrderMoved,
    Record,
    TransitKept,
    TransitMarkKept,
    WatermarkKept,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

Values = Mapping[str, Any]
"""A decoded row, by column name. Any: the type of each column is the column's own."""


class Repeat(Enum):
    """What a second row of the same key means."""

    REFUSED = "refused"
    IGNORED = "ignored"
    REPLACES = "replaces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How one kind of record lies in its table."""

    table: Table
    paths: Mapping[str, str]
    """Column -> path of attributes in the record."""
    owner: str = ""
    """Path to the instrument or wallet whose account owns the row; empty: the book's own."""
    repeat: Repeat = Repeat.REFUSED
    fixed: Mapping[str, object] = field(default_factory=dict)
    """Columns that are the same in every row of this kind."""


def _paths(table: Table, *left_out: str, under: str = "", **special: str) -> dict[str, str]:
    skipped = {"row_id", "book_id", "account_id", *left_out}
    names = [column.name for column in table.c if column.name not in skipped]
    return {name: special.get(name, under + name) for name in names}


_PARTS = {part.name: f"parts.{part.name}" for part in fields(ExposureParts)}

SHAPES: Mapping[type[Record], Shape] = {
    EpochKept: Shape(
        table=tables.epochs,
        paths=_paths(tables.epochs, "adopted", "ended_ms", "error"),
        fixed={"adopted": True, "error": ""},
        repeat=Repeat.IGNORED,
    ),
    IntentKept: Shape(
        table=tables.intents,
        paths=_paths(tables.intents, "closed_ms", under="intent.", dry_run="dry_run"),
        owner="intent.instrument",
    ),
    OrderMoved: Shape(table=tables.order_moves, paths=_paths(tables.order_moves)),
    FillKept: Shape(
        table=tables.fills,
        paths=_paths(tables.fills, under="fill.", at_ms="at_ms"),
        owner="fill.instrument",
        repeat=Repeat.IGNORED,
    ),
    FundingKept: Shape(
        table=tables.funding,
        paths=_paths(tables.funding, under="funding.", at_ms="at_ms"),
        owner="funding.wallet",
        repeat=Repeat.IGNORED,
    ),
    DecisionKept: Shape(
        table=tables.decisions, paths=_paths(tables.decisions, **_PARTS), owner="instrument"
    ),
    ControlKept: Shape(table=tables.controls, paths=_paths(tables.controls)),
    CounterKept: Shape(
        table=tables.counters, paths=_paths(tables.counters), repeat=Repeat.REPLACES
    ),
    WatermarkKept: Shape(
        table=tables.watermarks,
        paths=_paths(tables.watermarks),
        owner="instrument",
        repeat=Repeat.REPLACES,
    ),
    HoldingKept: Shape(table=tables.holdings, paths=_paths(tables.holdings)),
    TransitKept: Shape(table=tables.transits, paths=_paths(tables.transits), owner="venue"),
    TransitMarkKept: Shape(
        table=tables.transit_marks,
        paths=_paths(tables.transit_marks),
        owner="venue",
        repeat=Repeat.REPLACES,
    ),
    LearntKept: Shape(table=tables.learnt, paths=_paths(tables.learnt), repeat=Repeat.REPLACES),
    AdoptionKept: Shape(table=tables.adoptions, paths=_paths(tables.adoptions), owner="instrument"),
    AlertKept: Shape(table=tables.alerts, paths=_paths(tables.alerts, "delivered")),
    Posting: Shape(
        table=tables.postings,
        paths=_paths(tables.postings),
        owner="wallet",
        repeat=Repeat.IGNORED,
    ),
    WalletReading: Shape(table=tables.readings, paths=_paths(tables.readings), owner="wallet"),
    SourceMark: Shape(
        table=tables.source_marks,
        paths=_paths(tables.source_marks),
        owner="venue",
        repeat=Repeat.REPLACES,
    ),
}


def _pick(kind: type[T], values: Values) -> T:
    names = [each.name for each in fields(kind)]
    return kind(**{name: values[name] for name in names})


def fill_of(values: Values) -> Fill:
    """The fill of a row of `fills`."""
    return _pick(Fill, values)


def fill_kept_of(values: Values) -> FillKept:
    """A row of `fills`."""
    return FillKept(values["at_ms"], fill_of(values))


def intent_of(values: Values) -> OrderIntent:
    """The intent of a row of `intents`."""
    return _pick(OrderIntent, {**values, "mark": _float(values["mark"])})


def intent_kept_of(values: Values) -> IntentKept:
    """A row of `intents`."""
    return IntentKept(intent_of(values), values["dry_run"])


def move_of(values: Values) -> OrderMoved:
    """A row of `order_moves`."""
    return _pick(OrderMoved, values)


def funding_of(values: Values) -> FundingKept:
    """A row of `funding`."""
    return FundingKept(values["at_ms"], _pick(FundingSeen, values))


def decision_of(values: Values) -> DecisionKept:
    """A row of `decisions`."""
    whole = {"parts": _pick(ExposureParts, values), "mark": _float(values["mark"])}
    return _pick(DecisionKept, {**values, **whole})


def control_of(values: Values) -> ControlKept:
    """A row of `controls`."""
    return _pick(ControlKept, values)


def counter_of(values: Values) -> CounterKept:
    """A row of `counters`."""
    return _pick(CounterKept, values)


def watermark_of(values: Values) -> WatermarkKept:
    """A row of `watermarks`."""
    return _pick(WatermarkKept, values)


def holding_of(values: Values) -> HoldingKept:
    """A row of `holdings`."""
    return _pick(HoldingKept, values)


def transit_of(values: Values) -> TransitKept:
    """A row of `transits`."""
    return _pick(TransitKept, values)


def transit_mark_of(values: Values) -> TransitMarkKept:
    """A row of `transit_marks`."""
    return _pick(TransitMarkKept, values)


def learnt_of(values: Values) -> LearntKept:
    """A row of `learnt`."""
    return _pick(LearntKept, values)


def adoption_of(values: Values) -> AdoptionKept:
    """A row of `adoptions`."""
    return _pick(AdoptionKept, values)


def alert_of(values: Values) -> AlertKept:
    """A row of `alerts`."""
    return _pick(AlertKept, values)


def posting_of(values: Values) -> Posting:
    """A row of `postings`."""
    return _pick(Posting, values)


def reading_of(values: Values) -> WalletReading:
    """A row of `readings`."""
    return _pick(WalletReading, values)


def source_mark_of(values: Values) -> SourceMark:
    """A row of `source_marks`."""
    return _pick(SourceMark, values)


def _float(cell: float | None) -> float:
    return float("nan") if cell is None else cell
