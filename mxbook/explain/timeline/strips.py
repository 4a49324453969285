"""Counters as strips below the lanes of a picture."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from mxbook.explain.shapes import Area, Label, Line, Shape, Theme
from mxbook.explain.style import COLOURS

from .counters import Counter

STRIP = 30.0  # height of a strip with the space above it
TALL = 22.0  # height of the largest value
GRAIN = 2.0  # width of a column, in units


def strips(
    found: list[Counter],
    area: tuple[float, float, float],
    px: Callable[[np.ndarray], np.ndarray],
    span: tuple[float, float],
    theme: Theme,
) -> list[Shape]:
    """The strips; `area` is the top of the first, the left edge and the width of all."""
    top, left, width = area
    begin, end = span
    shapes: list[Shape] = []
    colour = COLOURS[0][theme.side]
    edges = np.linspace(begin, end, int(width / GRAIN) + 1)
    x = np.asarray(px(edges), float)
    for counter in found:
        bottom = top + STRIP
        line = np.array([(14, top + 3), (left + width, top + 3)])
        shapes.append(Line(line, theme.grid))
        shapes.append(Label(14, bottom - TALL / 2, counter.title, theme.ink, 11))
        value = counter.highest(edges)
        y = bottom - value / counter.most * TALL
        shapes.append(Area(_outline(x, y, bottom), colour, 0.35))
        shapes.append(Label(left + width + 8, bottom - TALL / 2, words(counter), theme.faint, 11))
        top += STRIP
    return shapes


def _outline(x: np.ndarray, y: np.ndarray, bottom: float) -> np.ndarray:
    """The corners of the steps that lie at `y[i]` from `x[i]` to `x[i + 1]`."""
    change = np.flatnonzero(np.diff(y, prepend=np.nan, append=np.nan) != 0)
    corners = [(x[0], bottom)]
    for i, j in pairwise(change.tolist()):
        corners += [(x[i], y[i]), (x[j], y[i])]
    return np.array([*corners, (x[-1], bottom)])


def words(counter: Counter) -> str:
    """The largest value as people say it.

    >>> words(Counter("bytes alive", "B", np.zeros(1), np.array([2.5e6])))
    '2.5 MB'
    """
    value, units = counter.most, ["B", "kB", "MB", "GB", "TB"]
    if not counter.unit:
        return f"{value:.0f}"
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.2g} {units[0]}" if value < 100 else f"{value:.0f} {units[0]}"
