"""A scene as SVG."""

from html import escape

from hedgebot.research.reporting.scene import Box, Line, Mark, Point, Scene, Shape, Words

TIP = 5.0


def svg_of(scene: Scene) -> str:
    """One `svg` element, for inside of a page."""
    body = "".join(_shape(each) for each in scene.shapes)
    return (
        f'<svg viewBox="0 0 {scene.width} {scene.height}" role="img" '
        f'aria-label="{escape(scene.name)}">{body}</svg>'
    )


def _shape(shape: Shape) -> str:
    match shape:
        case Line():
            points = " ".join(f"{x:g},{y:g}" for x, y in shape.points)
            return (
                f'<polyline points="{points}" fill="none" stroke="{shape.colour}" '
                f'stroke-width="{shape.width:g}"/>'
            )
        case Box():
            return (
                f'<rect x="{shape.left:.1f}" y="{shape.top:g}" width="{shape.width:.1f}" '
                f'height="{shape.height:g}" fill="{shape.colour}"/>'
            )
        case Mark():
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in triangle(shape.at, up=shape.up))
            title = f"<title>{escape(shape.title)}</title>" if shape.title else ""
            return f'<polygon points="{points}" fill="{shape.colour}">{title}</polygon>'
        case Words():
            weight = ' font-weight="600"' if shape.bold else ""
            return (
                f'<text x="{shape.at[0]:g}" y="{shape.at[1]:g}" text-anchor="{shape.anchor}" '
                f'fill="{shape.colour}"{weight}>{escape(shape.text)}</text>'
            )


def triangle(at: Point, *, up: bool) -> tuple[Point, Point, Point]:
    """Its tip at the point."""
    (x, y), foot = at, TIP * 1.6 * (1 if up else -1)
    return (x, y), (x - TIP, y + foot), (x + TIP, y + foot)
