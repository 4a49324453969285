"""Draws a picture as PNG with Pillow: two pixels for each unit, few colours, small files."""

import io

import numpy as np

from mxbook.base.errors import DeviceError

from .shapes import Area, Circle, Label, Line, Picture, mix

SCALE = 2  # pixels of the file for each unit
SMOOTHING = 2  # lines are drawn larger by this and reduced, which smooths their edges
COLOURS = 96
# Signs that Pillow's own face lacks, and what stands for them.
PLAIN = str.maketrans(
    {"×": "x", "−": "-", "÷": "/", "→": ">", "↑": "^", "✗": "!", "²": "2", "≤": "<="}
)


def draw(picture: Picture) -> bytes:
    """The bytes of a PNG file.  Raises DeviceError when Pillow is not installed."""
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise DeviceError(
            "a PNG picture needs the package Pillow",
            hint="pip install pillow, or use the SVG picture, which needs nothing",
        ) from error
    scale = SCALE * SMOOTHING
    size = (round(picture.width), round(picture.height))
    canvas = Image.new("RGB", (size[0] * scale, size[1] * scale), picture.paper)
    # Mixing with what is below takes long, and most shapes hide it.
    pens = ImageDraw.Draw(canvas), ImageDraw.Draw(canvas, "RGBA")
    for shape in picture.shapes:
        clear = isinstance(shape, Area) and shape.opacity < 1
        _stroke(pens[clear], shape, scale, picture.paper)
    canvas = canvas.resize((size[0] * SCALE, size[1] * SCALE), Image.Resampling.BOX)
    pen = ImageDraw.Draw(canvas)
    for shape in picture.shapes:
        if isinstance(shape, Label):
            _write(pen, shape)
    few = canvas.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.save(file, "PNG", optimize=True)
    return file.getvalue()


def _stroke(pen, shape, scale: int, paper: str) -> None:
    match shape:
        case Line():
            colour = mix(shape.colour, paper, shape.opacity)
            width = max(1, round(shape.width * scale))
            for piece in dashes(shape.points * scale, [d * scale for d in shape.dash]):
                pen.line([tuple(p) for p in piece.tolist()], colour, width, joint="curve")
        case Area():
            fill = _rgb(shape.colour)
            if shape.opacity < 1:
                fill = (*fill, round(255 * shape.opacity))
            pen.polygon([tuple(p) for p in (shape.points * scale).tolist()], fill)
        case Circle():
            x, y, r = shape.x * scale, shape.y * scale, (shape.radius + shape.width / 2) * scale
            width = round(shape.width * scale)
            pen.ellipse((x - r, y - r, x + r, y + r), shape.fill, shape.colour, width)


def _write(pen, label: Label) -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(label.size * SCALE)
    anchor = {"start": "lm", "middle": "mm", "end": "rm"}[label.anchor]
    # Pillow brings one face; a stroke in the text's own colour makes it bold.
    place, text = (label.x * SCALE, label.y * SCALE), label.text.translate(PLAIN)
    if label.halo:
        pen.text(place, text, label.halo, font, anchor, stroke_width=5)
    pen.text(place, text, label.colour, font, anchor, stroke_width=0.5 * label.bold)


def dashes(points: np.ndarray, pattern: list[float]) -> list[np.ndarray]:
    """Cut a polyline into its dashes; all of it when there is no pattern.

    >>> dashes(np.array([[0., 0.], [10., 0.]]), [4, 2])[1].tolist()
    [[6.0, 0.0], [10.0, 0.0]]
    """
    if not pattern or len(points) < 2:
        return [points]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    begins = np.arange(0.0, along[-1], sum(pattern))
    pieces = []
    for begin in begins:
        end = min(begin + pattern[0], along[-1])
        inner = points[np.searchsorted(along, begin, "right") : np.searchsorted(along, end, "left")]
        tips = [[np.interp(at, along, points[:, k]) for k in (0, 1)] for at in (begin, end)]
        pieces.append(np.concatenate([tips[:1], inner, tips[1:]]))
    return pieces


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
