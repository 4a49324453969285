"""Draws a picture as SVG.

Only presentation attributes: no <style>, no id, no url(), because notebook viewers put many
pictures into one page or remove what they do not trust.
"""

from xml.sax.saxutils import escape, quoteattr

import numpy as np

from .shapes import Area, Circle, Label, Line, Picture, Shape

FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


def draw(picture: Picture) -> str:
    """The SVG text of a picture.

    >>> draw(Picture(10, 5, "#FFFFFF", "nothing", [])).startswith("<svg ")
    True
    """
    width, height = _n(picture.width), _n(picture.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(picture.sentence)} '
        f"font-family={quoteattr(FONT)}>"
    )
    paper = f'<rect width="{width}" height="{height}" rx="6" fill="{picture.paper}"/>'
    body = [_element(shape) for shape in picture.shapes]
    return "\n".join([head, f"<title>{escape(picture.sentence)}</title>", paper, *body, "</svg>"])


def _n(value: float) -> str:
    """A coordinate with at most one decimal: a tenth of a pixel is enough."""
    return f"{value:.1f}".removesuffix(".0")


def _points(points: np.ndarray) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points.tolist())


def _element(shape: Shape) -> str:
    match shape:
        case Line():
            dash = " ".join(_n(d) for d in shape.dash)
            return (
                f'<polyline points="{_points(shape.points)}" fill="none" stroke="{shape.colour}" '
                f'stroke-width="{_n(shape.width)}" stroke-linejoin="round"'
                + (f' stroke-dasharray="{dash}"' if dash else ' stroke-linecap="round"')
                + (f' stroke-opacity="{shape.opacity:g}"' if shape.opacity < 1 else "")
                + "/>"
            )
        case Area():
            opacity = f' fill-opacity="{shape.opacity:g}"' if shape.opacity < 1 else ""
            return f'<polygon points="{_points(shape.points)}" fill="{shape.colour}"{opacity}/>'
        case Circle():
            return (
                f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" '
                f'fill="{shape.fill}" stroke="{shape.colour}" stroke-width="{_n(shape.width)}"/>'
            )
        case Label():
            return _text(shape)


def _text(label: Label) -> str:
    # dy in em puts the middle of the capitals on y; dominant-baseline is not known everywhere.
    anchor = f' text-anchor="{label.anchor}"' if label.anchor != "start" else ""
    weight = ' font-weight="600"' if label.bold else ""
    rim = 'stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
    halo = f' stroke="{label.halo}" {rim}' if label.halo else ""
    return (
        f'<text x="{_n(label.x)}" y="{_n(label.y)}" dy="0.35em" font-size="{_n(label.size)}" '
        f'fill="{label.colour}"{anchor}{weight}{halo}>{escape(label.text)}</text>'
    )
