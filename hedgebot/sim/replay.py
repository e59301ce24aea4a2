"""A recording on its way through the books, at any speed.

Server time stays the wall clock and every message is stamped anew as it leaves. A real client
signs with its own clock, corrected by one measured offset: with recorded times every signed
request would fall out of its receive window as soon as the speed is not 1, or the recording
starts over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.config import Replayed
from hedgebot.sim.exchange import Exchange, Tape
from hedgebot.sim.market import Immovable
from hedgebot.sim.recording import Line, both, is_touch, levels, touch_of
from hedgebot.sim.still import linear_symbol, move_inverse, move_price
from hedgebot.venue_model import derivatives, spot
from hedgebot.venue_model.book import Book, Level, Match
from hedgebot.venue_model.positions import cash

SYMBOL = "BTCUSDT"
BEAT_MS = 10.0
MARK_MS = 1_000.0
BASIS_SECONDS = 30
"""The venue smooths the basis over about half a minute."""


@dataclass(slots=True)
class Clockwork:
    """Where the recording stands."""

    pending: Iterator[Line]
    next: Line | None
    began_ms: float
    """Elapsed time at which this round began."""
    first_ms: float
    """Venue time of the round's first line."""
    marked_ms: float = 0.0


class Replay:
    """Feeds recorded messages to the books; marks and index follow from both middles."""

    beat_ms = BEAT_MS

    def __init__(self, exchange: Exchange, plan: Replayed) -> None:
        self.exchange = exchange
        self.plan = plan
        self.touches: dict[Kind, tuple[Level, Level]] = {}
        self.basis = Decimal(0)
        self.clockwork = self.rewound(0.0)
        opening = next(line for line in both(plan.folder) if is_touch(line.message))
        (bid, _), (ask, _) = touch_of(opening.message)
        move_price(exchange, SYMBOL, (bid + ask) / 2)

    def rewound(self, elapsed_ms: float) -> Clockwork:
        """The recording at its first line."""
        pending = both(self.plan.folder)
        first = next(pending)
        return Clockwork(pending, first, elapsed_ms, first.venue_ms)

    def advance(self, elapsed_ms: float) -> None:
        """Apply every line that is due."""
        work = self.clockwork
        due = work.first_ms + (elapsed_ms - work.began_ms) * self.plan.speed
        while work.next is not None and work.next.venue_ms <= due:
            self.apply(work.next)
            work.next = next(work.pending, None)
        if elapsed_ms >= work.marked_ms + MARK_MS:
            work.marked_ms = elapsed_ms
            self.mark()
        if work.next is None and self.plan.loop:
            self.clockwork = self.rewound(elapsed_ms)

    def jump(self, symbol: str, price: Decimal) -> None:
        """A recording has its own prices; other symbols stand still and may be moved.

        Raises:
            Immovable: it is the recorded symbol.
        """
        if linear_symbol(self.exchange, symbol) == SYMBOL:
            raise Immovable(f"{symbol} is replayed")
        move_price(self.exchange, symbol, price)

    def apply(self, line: Line) -> None:
        """One recorded message."""
        message = line.message
        book = self.exchange.venue.desk(line.kind).books[SYMBOL]
        if is_touch(message):
            self.touches[line.kind] = touch_of(message)
        elif message.get("e") == "trade":
            self.traded(line.kind, book, message)
            return
        elif "bids" in message:
            book.bids.replace(levels(message["bids"]))
            book.asks.replace(levels(message["asks"]))
        else:
            for side, rows in ((book.bids, message["b"]), (book.asks, message["a"])):
                for price, qty in levels(rows):
                    side.put(price, qty)
        self.impose_touch(line.kind, book)

    def impose_touch(self, kind: Kind, book: Book) -> None:
        """The last touch is fresher than the depth: nothing may stand inside it."""
        touch = self.touches.get(kind)
        if touch is None:
            return
        for ladder, (price, qty) in zip((book.bids, book.asks), touch, strict=True):
            ladder.drop_better_than(price)
            ladder.put(price, qty)
        self.made(kind, book.settle_crossings())
        self.exchange.touch_moved(kind, SYMBOL)

    def traded(self, kind: Kind, book: Book, message: dict[str, str]) -> None:
        """A public trade: `m` says that the buyer was the maker, so the seller took."""
        side = Side.SELL if message["m"] else Side.BUY
        tape = Tape(SYMBOL, side, Decimal(message["p"]), Decimal(message["q"]))
        self.exchange.traded(kind, tape)
        self.made(kind, book.tape(side, tape.price, tape.qty))

    def made(self, kind: Kind, matches: list[Match]) -> None:
        """Book executions of the account's resting orders."""
        if kind is Kind.SPOT:
            spot.made(self.exchange.venue.spot, SYMBOL, matches)
        else:
            derivatives.made(self.exchange.venue.futures, matches)

    def mark(self) -> None:
        """Index is the spot middle, mark is the index plus the smoothed basis.

        The inverse perpetual is not replayed: it follows the middle of the linear one.
        """
        if not {Kind.SPOT, Kind.LINEAR} <= set(self.touches):
            return
        index, perp = middle(self.touches[Kind.SPOT]), middle(self.touches[Kind.LINEAR])
        self.basis += (perp - index - self.basis) / BASIS_SECONDS
        self.exchange.set_mark(SYMBOL, cash(index + self.basis), cash(index))
        move_inverse(self.exchange, SYMBOL, perp)


def middle(touch: tuple[Level, Level]) -> Decimal:
    """Between bid and ask."""
    return (touch[0][0] + touch[1][0]) / 2
