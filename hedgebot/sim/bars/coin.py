"""The bars of one coin on their way: a price for each of its books, marks and index.

Inside a bar prices go straight from the open to one extreme, the other and the close, a third of
its time each: to the low first where the bar rises, else to the high. Bars do not say which came
first. One of a coin's series decides for all of them: else their basis would be torn open.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.sim.bars.folder import Track
from hedgebot.sim.bars.naming import Part
from hedgebot.sim.bars.reading import Bar
from hedgebot.sim.unusable import Unusable

LEGS = 3
ONE = Decimal(1)
Key = tuple[Kind, Part]
SPOT, LINEAR, INVERSE = (
    (Kind.SPOT, Part.PRICE),
    (Kind.LINEAR, Part.PRICE),
    (Kind.INVERSE, Part.PRICE),
)
MARK, INDEX = (Kind.LINEAR, Part.MARK), (Kind.LINEAR, Part.INDEX)
COIN_MARK, COIN_INDEX = (Kind.INVERSE, Part.MARK), (Kind.INVERSE, Part.INDEX)
LEADERS = (SPOT, LINEAR, INVERSE, INDEX, MARK, COIN_INDEX, COIN_MARK)
"""Whose bar says which extreme comes first: that of the first of them that has one."""


@dataclass(slots=True)
class Cursor:
    """Where one track stands."""

    pending: Iterator[Bar]
    bar: Bar
    next: Bar | None

    def turn(self, at_ms: int) -> Bar | None:
        """Go to a time; the bar that begins then, None in a gap."""
        while self.next is not None and self.next.open_ms <= at_ms:
            self.bar, self.next = self.next, next(self.pending, None)
        return self.bar if self.bar.open_ms == at_ms else None


def cursor(track: Track) -> Cursor:
    """At a track's first bar."""
    pending = track.bars()
    return Cursor(pending, next(pending), next(pending, None))


@dataclass(frozen=True, slots=True)
class Quotes:
    """What the venue shows of a coin, perpetuals' prices in their own unit (1000PEPE)."""

    spot: Decimal
    linear: Decimal
    inverse: Decimal
    index: Decimal
    coin_index: Decimal
    mark: Decimal
    coin_mark: Decimal


@dataclass(slots=True)
class CoinTape:
    """The series of one coin, all with bars of one length."""

    perp: str
    """Its linear perpetual."""
    step_ms: int
    cursors: dict[Key, Cursor]
    slot_ms: int
    corner: int = 0
    """The next to come of the slot's four: open, first extreme, second extreme, close."""
    corners: dict[Key, tuple[Decimal, ...]] = field(default_factory=dict)
    ratios: dict[Kind, Decimal] = field(default_factory=dict)
    """Of perpetual to index when the last whole bar opened: what the mark keeps."""

    @property
    def factor(self) -> int:
        """Coins of the spot pair in one of the perpetual."""
        return 1_000 if self.perp.startswith("1000") else 1

    @property
    def due_ms(self) -> int:
        """When the next corner comes."""
        return self.slot_ms + self.step_ms * self.corner // LEGS

    def take(self) -> Quotes:
        """Prices at the next corner, and go on from there."""
        if self.corner == 0:
            self.turn()
        found = self.quotes({key: path[self.corner] for key, path in self.corners.items()})
        self.corner += 1
        if self.corner > LEGS:
            self.slot_ms, self.corner = self.slot_ms + self.step_ms, 0
        return found

    def between(self, at_ms: float) -> Quotes | None:
        """Prices on the straight way to the next corner; None at a bar's end."""
        if self.corner == 0:
            return None
        begin = self.slot_ms + self.step_ms * (self.corner - 1) // LEGS
        share = Decimal(int(at_ms) - begin) / (self.due_ms - begin)
        values = {}
        for key, path in self.corners.items():
            before, after = path[self.corner - 1], path[self.corner]
            values[key] = before + (after - before) * share
        return self.quotes(values)

    def turn(self) -> None:
        """Take the bars that begin now; a series in a gap stands at its last close."""
        found = {key: each.turn(self.slot_ms) for key, each in self.cursors.items()}
        lead = next((found[key] for key in LEADERS if found.get(key)), None)
        rising = lead is None or lead.close >= lead.open
        for key, bar in found.items():
            last = self.cursors[key].bar.close
            self.corners[key] = _path(bar, rising=rising) if bar else (last,) * (LEGS + 1)
        if all(found.values()):
            opens = {key: path[0] for key, path in self.corners.items()}
            for key in (LINEAR, INVERSE):
                if key in opens:
                    self.ratios[key[0]] = opens[key] / self.index(opens)

    def index(self, values: Mapping[Key, Decimal]) -> Decimal:
        """What the perpetual is a price of: index bars, else spot, else what there is."""
        if INDEX in values:
            return values[INDEX]
        if SPOT in values:
            return values[SPOT] * self.factor
        return next(
            values[k] for k in (MARK, LINEAR, COIN_INDEX, COIN_MARK, INVERSE) if k in values
        )

    def quotes(self, values: Mapping[Key, Decimal]) -> Quotes:
        """What follows from the series that there are.

        A mark without a file of its own is the index times the ratio at the bar's open: a wick of
        the perpetual inside a bar does not move it.
        """
        index = self.index(values)
        mark = values.get(MARK) or index * self.ratios.get(Kind.LINEAR, ONE)
        linear = values.get(LINEAR) or mark
        coin_index = values.get(COIN_INDEX) or index
        coin_mark = values.get(COIN_MARK)
        if coin_mark is None:
            coin_mark = index * self.ratios[Kind.INVERSE] if Kind.INVERSE in self.ratios else mark
        return Quotes(
            spot=values.get(SPOT) or index / self.factor,
            linear=linear,
            inverse=values.get(INVERSE) or values.get(COIN_MARK) or linear,
            index=index,
            coin_index=coin_index,
            mark=mark,
            coin_mark=coin_mark,
        )


def _path(bar: Bar, *, rising: bool) -> tuple[Decimal, ...]:
    extremes = (bar.low, bar.high) if rising else (bar.high, bar.low)
    return (bar.open, *extremes, bar.close)


def step_of(perp: str, tracks: Iterable[Track]) -> int:
    """The length of a coin's bars, ms.

    Raises:
        Unusable: they have several lengths.
    """
    lengths = {track.step_ms: track.series.title for track in tracks}
    if len(lengths) > 1:
        told = ", ".join(f"{title} of {ms / 60_000:g} min" for ms, title in lengths.items())
        raise Unusable(f"bars of {perp} have several lengths: {told}")
    return next(iter(lengths))
