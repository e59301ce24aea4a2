"""How a hedge stood, told from its decision rows: each holds until the next, or the run's end.

A row is written at an order and where verdict or reason change. What the delta did in between is
not written down, and nothing here guesses it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hedgebot.domain.records import DecisionKept, Verdict

Window = tuple[int, int]
"""From, to: ms UTC."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One row, and how long it held; the part of that which is in the window."""

    row: DecisionKept
    from_ms: int
    to_ms: int

    @property
    def lasted_ms(self) -> int:
        return self.to_ms - self.from_ms


@dataclass(frozen=True, slots=True)
class Waited:
    """For one reason."""

    times: int
    lasted_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One hedge over a window, as far as its rows tell."""

    known_ms: int
    """A decision held: the daemon ran, and had decided."""
    outside_ms: int
    """Net delta was out of its band."""
    unjudged_ms: int
    """Known, but without a band: no mark."""
    outside_longest_ms: int
    """Without a break; the daemon's own end is one."""
    verdicts_ms: dict[Verdict, int]
    waits: dict[str, Waited]
    """By reason."""
    largest: DecisionKept | None
    """The row whose net delta was farthest from its target."""
    worth: float
    """Average over time of what is hedged, quote; 0 where nothing tells."""


def deviation(row: DecisionKept) -> Decimal:
    """Net delta from target, coins, sign kept."""
    return row.parts.net_delta - row.target


def outside(row: DecisionKept) -> bool | None:
    """Whether net delta was out of its band; None: the row has no band."""
    if row.band_lower or row.band_upper:
        return not row.band_lower <= row.parts.net_delta <= row.band_upper
    return False if row.verdict is Verdict.IN_BAND else None


def stretches(
    decided: Sequence[DecisionKept], runs: Iterable[Window], window: Window
) -> tuple[Stretch, ...]:
    """The rows of one asset that held in the window.

    Args:
        decided: in order of time.
        runs: of the daemon, each from its start to its end.
        window: what is cut out of them.
    """
    moments = [each.at_ms for each in decided]
    return tuple(
        Stretch(row, max(from_ms, window[0]), min(to_ms, window[1]))
        for begin_ms, end_ms in runs
        for row, from_ms, to_ms in _held(decided, moments, (begin_ms, end_ms))
        if from_ms <= window[1] and (to_ms > window[0] or from_ms >= window[0])
    )


def _held(
    decided: Sequence[DecisionKept], moments: Sequence[int], run: Window
) -> Iterator[tuple[DecisionKept, int, int]]:
    inside = decided[bisect_left(moments, run[0]) : bisect_right(moments, run[1])]
    ends = [*(each.at_ms for each in inside), run[1]]
    for row, (from_ms, to_ms) in zip(inside, pairwise(ends), strict=True):
        yield row, from_ms, to_ms


def standing(held: Sequence[Stretch]) -> Standing:
    """Everything that is added up."""
    judged = [each for each in held if outside(each.row) is not None and _has_band(each.row)]
    verdicts = dict.fromkeys((each.row.verdict for each in held), 0)
    for each in held:
        verdicts[each.row.verdict] += each.lasted_ms
    return Standing(
        known_ms=sum(each.lasted_ms for each in held),
        outside_ms=_lasted(held, lambda row: outside(row) is True),
        unjudged_ms=_lasted(held, lambda row: outside(row) is None),
        outside_longest_ms=_longest(held),
        verdicts_ms=verdicts,
        waits=_waits(held),
        largest=max((each.row for each in judged), key=_far, default=None),
        worth=_worth(held),
    )


def _has_band(row: DecisionKept) -> bool:
    return bool(row.band_lower or row.band_upper)


def _far(row: DecisionKept) -> Decimal:
    return abs(deviation(row))


def _lasted(held: Iterable[Stretch], wanted: Callable[[DecisionKept], bool]) -> int:
    return sum(each.lasted_ms for each in held if wanted(each.row))


def _longest(held: Iterable[Stretch]) -> int:
    longest = lasted = end_ms = 0
    for each in held:
        if not outside(each.row):
            lasted = 0
        else:
            lasted = each.lasted_ms + (lasted if each.from_ms == end_ms else 0)
        end_ms = each.to_ms
        longest = max(longest, lasted)
    return longest


def _waits(held: Iterable[Stretch]) -> dict[str, Waited]:
    found: dict[str, Waited] = {}
    for each in held:
        if each.row.verdict is Verdict.WAIT:
            before = found.get(each.row.reason, Waited(0, 0))
            lasted_ms = before.lasted_ms + each.lasted_ms
            found[each.row.reason] = Waited(before.times + 1, lasted_ms)
    return dict(sorted(found.items(), key=lambda item: -item[1].lasted_ms))


def _worth(held: Iterable[Stretch]) -> float:
    priced = [each for each in held if each.row.mark > 0]
    known_ms = sum(each.lasted_ms for each in priced)
    worth = sum(
        abs(float(each.row.parts.gross)) * each.row.mark * each.lasted_ms for each in priced
    )
    return worth / known_ms if known_ms else 0.0
