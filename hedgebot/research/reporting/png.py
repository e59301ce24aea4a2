"""A scene as a PNG, drawn here: nothing to install, and nothing fetched."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from hedgebot.research.reporting.letters import GLYPHS, HIGH, WIDE
from hedgebot.research.reporting.scene import Box, Line, Mark, Point, Scene, Words
from hedgebot.research.reporting.svg import triangle

FINE = 3
"""Dots by which each pixel is drawn finer, so that slanted lines are smooth."""
LETTER = 4
"""Fine dots of one dot of a letter."""
SCALE = 1.25
"""Pixels of the picture for one of the scene."""
Pixels = NDArray[np.uint8]


def png_of(scene: Scene) -> bytes:
    """The whole file."""
    size = FINE * SCALE
    high, wide = round(scene.height * SCALE) * FINE, round(scene.width * SCALE) * FINE
    canvas = np.full((high, wide, 3), 255, dtype=np.uint8)
    for shape in scene.shapes:
        match shape:
            case Box():
                left, top = round(shape.left * size), round(shape.top * size)
                right = max(left + 1, round((shape.left + shape.width) * size))
                bottom = round((shape.top + shape.height) * size)
                canvas[top:bottom, left:right] = _rgb(shape.colour)
            case Line():
                _line(canvas, shape, size)
            case Mark():
                _fill(canvas, triangle(shape.at, up=shape.up), _rgb(shape.colour), size)
            case Words():
                _words(canvas, shape, size)
    smooth = canvas.reshape(high // FINE, FINE, wide // FINE, FINE, 3).mean(axis=(1, 3))
    return encoded(smooth.astype(np.uint8))


def encoded(pixels: Pixels) -> bytes:
    """8 bit RGB. Source: W3C, Portable Network Graphics specification."""
    high, wide, _ = pixels.shape
    rows = np.zeros((high, wide * 3 + 1), dtype=np.uint8)
    rows[:, 1:] = pixels.reshape(high, wide * 3)
    header = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _line(canvas: Pixels, line: Line, size: float) -> None:
    """A square pen along every piece."""
    points = np.array(line.points, dtype=np.float64) * size
    steps = np.abs(np.diff(points, axis=0)).max(axis=1).astype(np.int64) + 1
    pieces = [
        np.linspace(one, other, count + 1)
        for one, other, count in zip(points[:-1], points[1:], steps, strict=True)
    ]
    dots = np.rint(np.concatenate(pieces)).astype(np.int64)
    pen = max(1, round(line.width * size))
    for right in range(pen):
        for down in range(pen):
            moved = np.add(dots, (right - pen // 2, down - pen // 2))
            _dots(canvas, moved, _rgb(line.colour))


def _dots(canvas: Pixels, dots: NDArray[np.int64], colour: tuple[int, int, int]) -> None:
    high, wide, _ = canvas.shape
    x, y = dots[:, 0], dots[:, 1]
    inside = (x >= 0) & (x < wide) & (y >= 0) & (y < high)
    canvas[y[inside], x[inside]] = colour


def _fill(
    canvas: Pixels, corners: tuple[Point, ...], colour: tuple[int, int, int], size: float
) -> None:
    """A triangle with a level side, row by row."""
    tip, left, right = (np.array(each) * size for each in corners)
    rows = np.arange(round(min(tip[1], left[1])), round(max(tip[1], left[1])) + 1)
    for row in rows:
        share = abs(row - tip[1]) / max(abs(left[1] - tip[1]), 1.0)
        begin = round(tip[0] + (left[0] - tip[0]) * share)
        end = round(tip[0] + (right[0] - tip[0]) * share) + 1
        if 0 <= row < canvas.shape[0]:
            canvas[row, max(begin, 0) : max(end, 0)] = colour


def _words(canvas: Pixels, words: Words, size: float) -> None:
    text = words.text.upper()
    step = (WIDE + 1) * LETTER
    start = {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor]
    x = round(words.at[0] * size - start * step * len(text))
    y = round(words.at[1] * size) - HIGH * LETTER
    for letter in text:
        rows = GLYPHS.get(letter, GLYPHS["?"])
        dots = np.array([[row >> (WIDE - 1 - n) & 1 for n in range(WIDE)] for row in rows])
        mask = np.kron(dots, np.ones((LETTER, LETTER), dtype=np.int64)).astype(np.bool_)
        at = np.add(np.argwhere(mask)[:, ::-1], (x, y))
        _dots(canvas, at, _rgb(words.colour))
        if words.bold:
            _dots(canvas, np.add(at, (1, 0)), _rgb(words.colour))
        x += step
