"""Delta against its band, as the decision rows tell it: steps, and gaps where nothing is told."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hedgebot.adapters.journal.standing import Stretch, Window, deviation
from hedgebot.cli.said import moment
from hedgebot.domain.records import DecisionKept, Verdict
from hedgebot.research.reporting.scene import FAINT, INK, SHADE, Box, Line, Scene, Shape, Words

WIDTH, HEIGHT = 960, 260
LEFT, TOP, BOTTOM = 90, 30, 30
BAND, DELTA = "#d1495b", "#2f6fde"
STRETCHES_MAX = 4_000
"""More would make the page heavy: of each group of neighbours the farthest is drawn."""


@dataclass(frozen=True, slots=True)
class _Axes:
    window: Window
    lowest: float
    highest: float

    def x(self, at_ms: int) -> float:
        begin, end = self.window
        return LEFT + (WIDTH - LEFT - 10) * (at_ms - begin) / (end - begin)

    def y(self, value: float) -> float:
        share = (value - self.lowest) / (self.highest - self.lowest)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def picture(asset: str, held: Sequence[Stretch], window: Window) -> Scene | None:
    """None where no row has a band."""
    known = [each for each in held if each.row.band_lower or each.row.band_upper]
    if not known:
        return None
    values = [value for each in known for value in _three(each.row)]
    room = (max(values) - min(values)) * 0.05 or 1.0
    axes = _Axes(window, min(values) - room, max(values) + room)
    shown = _thinned(known)
    shapes: list[Shape] = [
        *_waits(axes, held),
        *_frame(axes, asset),
        *_steps(axes, shown, lambda row: float(row.band_lower - row.target), BAND),
        *_steps(axes, shown, lambda row: float(row.band_upper - row.target), BAND),
        *_steps(axes, shown, lambda row: float(deviation(row)), DELTA),
    ]
    return Scene("delta", WIDTH, HEIGHT, tuple(shapes))


def _three(row: DecisionKept) -> tuple[float, float, float]:
    return (
        float(deviation(row)),
        float(row.band_lower - row.target),
        float(row.band_upper - row.target),
    )


def _thinned(held: Sequence[Stretch]) -> Sequence[Stretch]:
    group = -(-len(held) // STRETCHES_MAX)
    if group == 1:
        return held
    found = []
    for first in range(0, len(held), group):
        near = held[first : first + group]
        farthest = max(near, key=lambda each: abs(deviation(each.row)))
        found.append(Stretch(farthest.row, near[0].from_ms, near[-1].to_ms))
    return found


def _steps(
    axes: _Axes, held: Sequence[Stretch], value: Callable[[DecisionKept], float], colour: str
) -> Iterator[Line]:
    """A line for each unbroken time."""
    points: list[tuple[float, float]] = []
    end_ms = 0
    for each in held:
        if points and each.from_ms != end_ms:
            yield Line(tuple(points), colour, 1.2)
            points = []
        y = round(axes.y(value(each.row)), 2)
        points += [(round(axes.x(each.from_ms), 2), y), (round(axes.x(each.to_ms), 2), y)]
        end_ms = each.to_ms
    if points:
        yield Line(tuple(points), colour, 1.2)


def _waits(axes: _Axes, held: Sequence[Stretch]) -> Iterator[Box]:
    for each in held:
        width = axes.x(each.to_ms) - axes.x(each.from_ms)
        if each.row.verdict is Verdict.WAIT and width > 0.1:
            yield Box(axes.x(each.from_ms), TOP, width, HEIGHT - TOP - BOTTOM, SHADE)


def _frame(axes: _Axes, asset: str) -> Iterator[Shape]:
    title = f"Net delta less target (blue), band (red), waits (shaded); coins of {asset}"
    yield Words((LEFT, TOP - 12), title, bold=True)
    for value in (axes.lowest, 0.0, axes.highest):
        if axes.lowest <= value <= axes.highest:
            y = axes.y(value)
            yield Line(((LEFT, y), (WIDTH - 10, y)), FAINT)
            yield Words((LEFT - 6, y + 4), f"{value:.4g}", "end")
    begin, end = axes.window
    yield Words((LEFT, HEIGHT - 10), f"{moment(begin)} UTC", colour=INK)
    yield Words((WIDTH - 10, HEIGHT - 10), f"{moment(end)} UTC", "end", INK)
