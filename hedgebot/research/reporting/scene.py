"""What is drawn: lines, areas, marks and words, in pixels from the upper left."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Point = tuple[float, float]
INK = "#1f2933"
FAINT = "#cbd2d9"
SHADE = "#f0e3c8"
COLOURS = ("#2f6fde", "#d1495b", "#2a9d8f", "#e9a23b", "#7b5ea7", "#6c757d", "#111111")


@dataclass(frozen=True, slots=True)
class Line:
    """Straight from point to point."""

    points: tuple[Point, ...]
    colour: str = INK
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle: left, top, width, height."""

    left: float
    top: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A small triangle, its tip at the point: up, or down."""

    at: Point
    up: bool
    colour: str
    title: str = ""
    """Shown by a pointer above it."""


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; the point is at its left, middle or right end, on the base line."""

    at: Point
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    colour: str = INK
    bold: bool = False


Shape: TypeAlias = Line | Box | Mark | Words


@dataclass(frozen=True, slots=True)
class Scene:
    """Shapes on white, in order."""

    name: str
    """A file name's stem."""
    width: int
    height: int
    shapes: tuple[Shape, ...]
