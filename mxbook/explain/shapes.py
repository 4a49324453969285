"""The few shapes that pictures are made of; `svg` and `png` draw them."""

from typing import NamedTuple

import numpy as np


class Theme(NamedTuple):
    """Colours of one kind of paper; `side` chooses from a curve's two colours."""

    side: int
    paper: str
    ink: str
    faint: str  # secondary text, contrast >= 4.5
    grid: str
    track: str  # the empty part of a progress bar
    done: str  # the full part
    alert: str


THEMES = {
    "light": Theme(0, "#FFFFFF", "#1B1F24", "#5C636D", "#E4E7EB", "#E4E7EB", "#0067A5", "#B3261E"),
    "dark": Theme(1, "#15181D", "#E8EAED", "#A0A7B1", "#30363E", "#30363E", "#5AB4F0", "#FF8A80"),
}


class Line(NamedTuple):
    """A polyline, shape (n, 2)."""

    points: np.ndarray
    colour: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


class Area(NamedTuple):
    """A filled polygon, shape (n, 2)."""

    points: np.ndarray
    colour: str
    opacity: float = 1.0


class Circle(NamedTuple):
    """A filled circle with an outline."""

    x: float
    y: float
    radius: float
    fill: str
    colour: str
    width: float = 1.0


class Label(NamedTuple):
    """One line of text; `y` is its middle, `anchor` start, middle or end, `halo` a colour or ""."""

    x: float
    y: float
    text: str
    colour: str
    size: float = 12.0
    anchor: str = "start"
    bold: bool = False
    halo: str = ""


Shape = Line | Area | Circle | Label


class Picture(NamedTuple):
    """Shapes on paper, and a sentence for those who cannot see them."""

    width: float
    height: float
    paper: str
    sentence: str
    shapes: list[Shape]


def box(x: float, y: float, width: float, height: float, colour: str) -> Area:
    """A filled rectangle."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return Area(np.array(corners), colour)


class Mark(NamedTuple):
    """The look of a small mark; hollow ones show paper inside."""

    kind: str
    size: float
    colour: str
    paper: str
    hollow: bool = False


def marker(mark: Mark, x: float, y: float) -> list[Shape]:
    """A mark around (x, y), set off from what is below it by a rim of paper."""
    kind, size, colour, paper, hollow = mark
    if kind == "circle":
        full = Circle(x, y, size, colour, paper, 1.0)
        return [full, Circle(x, y, size - 1.2, paper, paper, 0.0)] if hollow else [full]
    here = np.array([x, y])
    outlines = {
        "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        "triangle": [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
        "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    }
    if kind in outlines:
        outline = np.array(outlines[kind])
        inner = [Area(here + (size - 1.2) * outline, paper)] if hollow else []
        rim = Area(here + (size + 1) * outline, paper)
        return [rim, Area(here + size * outline, colour), *inner]
    turn = np.array([[1, 1], [1, -1]]) if kind == "cross" else np.array([[1.3, 0], [0, 1.3]])
    arms = [np.array([here - size * arm, here + size * arm]) for arm in turn]
    return [Line(arm, ink, w) for ink, w in ((paper, 4.0), (colour, 2.0)) for arm in arms]


def text_width(text: str, size: float = 12.0, bold: bool = False) -> float:
    """About how wide a text is in a sans-serif face; for layout, on the safe side."""
    units = sum(_WIDTH.get(c, 0.68 if c.isupper() else 0.56) for c in text)
    return units * size * (1.08 if bold else 1.0)


_WIDTH = {
    **dict.fromkeys("iljI.,:;|!'", 0.28),
    **dict.fromkeys("ftr()[]-/ ", 0.36),
    **dict.fromkeys("mwMW@%", 0.9),
}


def mix(colour: str, paper: str, opacity: float) -> str:
    """The colour that `colour` with this opacity has on paper.

    >>> mix("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    over, under = _channels(colour), _channels(paper)
    mixed = (round(o * opacity + u * (1 - opacity)) for o, u in zip(over, under, strict=True))
    return "#" + "".join(f"{v:02X}" for v in mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
