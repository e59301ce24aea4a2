"""The running exchange: the venue, its clock, its sockets, its faults, its records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.bars.folder import Track
from hedgebot.sim.bars.naming import Series
from hedgebot.sim.clock import SimClock
from hedgebot.sim.config import SimConfig
from hedgebot.sim.faults import Faults
from hedgebot.sim.hub import Hub
from hedgebot.sim.records import Records
from hedgebot.sim.user_events import UserEvents
from hedgebot.venue_model import derivatives, liquidation, spot
from hedgebot.venue_model.book import Level
from hedgebot.venue_model.venue import Venue


@dataclass(slots=True)
class Quiet:
    """Market streams that were stopped."""

    frozen_marks: set[str] = field(default_factory=set)
    """Perpetuals whose marks are not sent."""
    silent: set[str] = field(default_factory=set)
    """Symbols of which nothing is sent."""


@dataclass(frozen=True, slots=True)
class Tape:
    """A public trade."""

    symbol: str
    aggressor: Side
    price: Decimal
    qty: Decimal


class Moment(Enum):
    """A moment in the life of a request."""

    ARRIVED = 1
    """Its last byte came in; nothing was checked yet."""
    ACCEPTED = 2
    """It was carried out. Told neither for refused requests nor for ones that never got so far."""
    ANSWERED = 3
    """Its answer is about to be written. Told neither for dropped replies."""


@dataclass(frozen=True, slots=True)
class Request:
    """A REST request as a watcher sees it."""

    verb: str
    path: str
    params: Mapping[str, str]
    status: int = 0
    """HTTP status; 0 before the answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Everything that runs. Frozen: its parts change, which parts they are does not."""

    config: SimConfig
    clock: SimClock
    venue: Venue
    hub: Hub
    faults: Faults
    records: Records
    user_events: UserEvents
    quiet: Quiet = field(default_factory=Quiet)
    moved: list[Callable[[Kind, str], None]] = field(default_factory=list)
    """Called after a book or a price changed: the market streams look there."""

    taped: list[Callable[[Kind, Tape], None]] = field(default_factory=list)
    """Called with every public trade."""

    watchers: list[Callable[[Moment, Request], None]] = field(default_factory=list)
    """Told of every request's moments."""

    funded: set[str] = field(default_factory=set)
    """Perpetuals whose funding a recording settles, at its own times."""

    tracks: dict[Series, Track] = field(default_factory=dict)
    """Recorded history, by what it is of: told by the venue as its own, at its own times."""

    remarks: list[str] = field(default_factory=list)
    """What the owner should know before it runs."""

    def traded(self, kind: Kind, tape: Tape) -> None:
        """Let the market streams know of a trade."""
        for look in self.taped:
            look(kind, tape)

    def touch_moved(self, kind: Kind, symbol: str) -> None:
        """Let the market streams know."""
        for look in self.moved:
            look(kind, symbol)

    def show_depth(self, kind: Kind, symbol: str, bids: list[Level], asks: list[Level]) -> None:
        """The market's depth changed."""
        if kind is Kind.SPOT:
            spot.show(self.venue.spot, symbol, bids, asks)
        else:
            derivatives.show(self.venue.perpetuals(kind), symbol, bids, asks)
        self.touch_moved(kind, symbol)

    def set_mark(self, symbol: str, mark: Decimal, index: Decimal) -> None:
        """The venue's own prices changed; may liquidate."""
        futures = self.venue.perpetuals_of(symbol)
        liquidation.mark_moved(futures, symbol, mark, index)
        self.touch_moved(futures.kind, symbol)
