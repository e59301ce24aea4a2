"""A scene as a PNG."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from hedgebot.research.reporting.scene import Box, Line, Mark, Scene, Words
from hedgebot.research.reporting.svg import triangle

SCALE = 1.25
"""Pixels of the picture for one of the scene."""
FINE = 3 * SCALE
"""Drawn three times as large, then made smaller: slanted lines are smooth."""
LETTER = 11.5
"""Height of the letters, pixels of the scene."""
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png_of(scene: Scene) -> bytes:
    """The whole file."""
    size = (round(scene.width * SCALE), round(scene.height * SCALE))
    canvas = Image.new("RGB", (size[0] * 3, size[1] * 3), "white")
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(LETTER * FINE)
    for shape in scene.shapes:
        match shape:
            case Box(left, top, width, height, colour):
                right = max(left + width, left + 1 / FINE)  # what is narrow is seen all the same
                draw.rectangle(_fine((left, top), (right, top + height)), fill=colour)
            case Line():
                width = max(1, round(shape.width * FINE))
                draw.line(_fine(*shape.points), fill=shape.colour, width=width, joint="curve")
            case Mark():
                draw.polygon(_fine(*triangle(shape.at, up=shape.up)), fill=shape.colour)
            case Words():
                (at,), anchor = _fine(shape.at), ANCHORS[shape.anchor]
                bold = FINE / 4 if shape.bold else 0
                draw.text(at, shape.text, shape.colour, font, anchor, stroke_width=bold)
    written = BytesIO()
    canvas.resize(size, Image.Resampling.BOX).save(written, "PNG", optimize=True)
    return written.getvalue()


def _fine(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [(x * FINE, y * FINE) for x, y in points]
