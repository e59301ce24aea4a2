"""Curves over time as a scene."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hedgebot.research.reporting.scene import (
    COLOURS,
    FAINT,
    INK,
    SHADE,
    Box,
    Line,
    Mark,
    Point,
    Scene,
    Shape,
    Words,
)

Times = NDArray[np.int64]
Values = NDArray[np.float64]
WIDTH, HEIGHT = 960, 260
LEFT, RIGHT, TOP, BOTTOM = 78, 14, 34, 24
COLUMNS = 760
"""A curve is at most so many columns, each from its least to its greatest value."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Values at times; NaN breaks the line."""

    name: str
    times: Times
    values: Values
    colour: str = ""
    """The next of the palette where empty."""
    width: float = 1.3


@dataclass(frozen=True, slots=True)
class Pin:
    """A mark on a panel."""

    at_ms: int
    value: float
    up: bool
    title: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture."""

    name: str
    title: str
    unit: str
    curves: Sequence[Curve]
    pins: Sequence[Pin] = ()
    shades: Sequence[tuple[int, int]] = ()
    """Times that are set off, from and to."""
    level: float | None = None
    """A line of its own across, for a limit."""
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class _Frame:
    """From times and values to pixels."""

    begin: int
    end: int
    low: float
    high: float

    def x(self, at_ms: float) -> float:
        share = (at_ms - self.begin) / max(self.end - self.begin, 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def scene_of(panel: Panel) -> Scene:
    """Lay it out."""
    frame = _frame(panel)
    shapes: list[Shape] = [
        Box(
            frame.x(begin),
            TOP,
            max(frame.x(end) - frame.x(begin), 1.0),
            HEIGHT - TOP - BOTTOM,
            SHADE,
        )
        for begin, end in panel.shades
    ]
    shapes += [Words((LEFT, 15), panel.title, bold=True)]
    shapes += _grid(frame)
    if panel.level is not None and frame.low <= panel.level <= frame.high:
        y = frame.y(panel.level)
        shapes.append(Line(((LEFT, y), (WIDTH - RIGHT, y)), COLOURS[1], 1.0))
    for curve, colour in zip(panel.curves, _colours(panel), strict=True):
        shapes += [Line(points, colour, curve.width) for points in _lines(curve, frame)]
    for pin in panel.pins:
        colour = COLOURS[2] if pin.up else COLOURS[1]
        shapes.append(Mark((frame.x(pin.at_ms), frame.y(pin.value)), pin.up, colour, pin.title))
    shapes += _legend(panel)
    return Scene(panel.name, WIDTH, HEIGHT, tuple(shapes))


def _colours(panel: Panel) -> list[str]:
    return [each.colour or COLOURS[n % len(COLOURS)] for n, each in enumerate(panel.curves)]


def _frame(panel: Panel) -> _Frame:
    begin = min(int(each.times[0]) for each in panel.curves)
    end = max(int(each.times[-1]) for each in panel.curves)
    ends = [*(pin.value for pin in panel.pins)]
    for each in panel.curves:
        known = each.values[np.isfinite(each.values)]
        if len(known):
            ends += [float(known.min()), float(known.max())]
    if panel.level is not None and ends and max(ends) > panel.level / 2:
        ends.append(panel.level)
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = (high - low) * 0.06 or abs(high) * 0.06 or 1.0
    return _Frame(begin, end, low - room, high + room)


def _lines(curve: Curve, frame: _Frame) -> Iterator[tuple[Point, ...]]:
    """Unbroken pieces of a curve."""
    found: list[Point] = []
    for at_ms, value in columns(curve.times, curve.values, frame.begin, frame.end):
        if math.isfinite(value):
            found.append((round(frame.x(at_ms), 1), round(frame.y(value), 1)))
            continue
        if len(found) > 1:
            yield tuple(found)
        found = []
    if len(found) > 1:
        yield tuple(found)


def columns(times: Times, values: Values, begin: int, end: int) -> Iterator[tuple[float, float]]:
    """The curve in few points: each column's least and greatest value in the order in which they
    came. Where the curve is few points already it is left as it is.
    """
    if len(times) <= 2 * COLUMNS:
        yield from zip(times.tolist(), values.tolist(), strict=True)
        return
    edges = np.linspace(begin, end + 1, COLUMNS + 1)
    cuts = np.searchsorted(times, edges)
    for first, last in pairwise(cuts.tolist()):
        own = values[first:last]
        known = np.flatnonzero(np.isfinite(own))
        if not len(known):
            if last > first:
                yield float(times[first]), math.nan
            continue
        least, most = known[np.argmin(own[known])], known[np.argmax(own[known])]
        for at in sorted({int(least), int(most)}):
            yield float(times[first + at]), float(own[at])


def _grid(frame: _Frame) -> Iterator[Shape]:
    for value in ticks(frame.low, frame.high):
        y = round(frame.y(value), 1)
        yield Line(((LEFT, y), (WIDTH - RIGHT, y)), FAINT, 0.6)
        yield Words((LEFT - 6, y + 4), short(value), "end")
    for at_ms, text in dates(frame.begin, frame.end):
        x = round(frame.x(at_ms), 1)
        yield Line(((x, TOP), (x, HEIGHT - BOTTOM)), FAINT, 0.6)
        yield Words((x, HEIGHT - 8), text, "middle")
    foot = HEIGHT - BOTTOM
    yield Line(((LEFT, TOP), (LEFT, foot), (WIDTH - RIGHT, foot)), INK, 0.8)


def _legend(panel: Panel) -> Iterator[Shape]:
    x = float(WIDTH - RIGHT)
    yield Words((x, 15), panel.unit, "end")
    x -= 7.0 * len(panel.unit) + 22
    for curve, colour in reversed(list(zip(panel.curves, _colours(panel), strict=True))):
        yield Words((x, 15), curve.name, "end", colour)
        x -= 7.0 * len(curve.name) + 16


def ticks(low: float, high: float) -> list[float]:
    """Round values between two ends, about five."""
    rough = (high - low) / 5
    if not rough > 0:
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough)
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step) + 1)]


def short(value: float) -> str:
    """A number for an axis."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:.4g}M"
    if size >= 1e4:
        return f"{value / 1e3:.4g}k"
    return f"{value:.4g}" if size > 1e-12 else "0"


def dates(begin: int, end: int) -> list[tuple[int, str]]:
    """Moments for the axis of time, at most eight, UTC."""
    span = timedelta(milliseconds=end - begin)
    if span <= timedelta(days=3):
        hours = next((h for h in (1, 3, 6, 12) if span / timedelta(hours=h) <= 8), 12)
        return _every(begin, end, timedelta(hours=hours), "%m-%d %H:%M")
    days = next((d for d in (1, 2, 7, 14) if span / timedelta(days=d) <= 8), 0)
    if days:
        return _every(begin, end, timedelta(days=days), "%Y-%m-%d")
    return _months(begin, end)


def _every(begin: int, end: int, step: timedelta, form: str) -> list[tuple[int, str]]:
    ms = int(step.total_seconds() * 1000)
    return [(at, _said(at, form)) for at in range(-(-begin // ms) * ms, end + 1, ms)]


def _months(begin: int, end: int) -> list[tuple[int, str]]:
    first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (begin, end))
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60) if months / s <= 8), 120)
    found = []
    for number in range(first.year * 12, last.year * 12 + 12, step):
        at = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
        if first <= at <= last:
            found.append((int(at.timestamp() * 1000), at.strftime("%Y-%m")))
    return found


def _said(at_ms: int, form: str) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime(form)
