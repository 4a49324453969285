"""How well a graph is drawn, from the drawing alone: crossings, bends, overlaps."""

from typing import NamedTuple

from .layout import Layout, Piece
from .model import Graph
from .scene import legible, opened, scene
from .view import view


class Measures(NamedTuple):
    """What disturbs the reader.

    `crossings` are pairs of lines that cross, `bends` pieces of lines that are not straight,
    `overlaps` pairs of boxes that cover each other without one being inside the other, `hidden`
    lines that run through an item, `parts` and `lines` how much there is.
    """

    parts: int
    lines: int
    crossings: int
    bends: int
    overlaps: int
    hidden: int
    width: float
    height: float


def measures(graph: Graph) -> Measures:
    """The measures of the picture that `graph.png()` gives."""
    found = scene(graph)
    shown = legible(found) if graph.depth is None else opened(found, graph.depth)
    return of_layout(view(found, shown).layout)


def of_layout(layout: Layout) -> Measures:
    """The measures of a layout."""
    pieces = layout.pieces
    return Measures(
        len(layout.parts),
        len({p.line for p in pieces}),
        _crossings(pieces),
        sum(abs(p.x0 - p.x1) >= 0.5 for p in pieces),
        _overlaps(layout),
        _hidden(layout),
        layout.width,
        layout.height,
    )


def _crossings(pieces: list[Piece]) -> int:
    """Pairs of pieces that cross.

    Both leave and arrive vertically, so where they share a stretch of height, they cross if their
    order there changes from top to bottom.
    """
    count = 0
    ordered = sorted(pieces, key=lambda p: p.y0)
    for i, a in enumerate(ordered):
        for b in ordered[i + 1 :]:
            if b.y0 >= a.y1 - 0.5:
                break
            if a.line != b.line:
                top, bottom = max(a.y0, b.y0), min(a.y1, b.y1)
                before = _at(a, top) - _at(b, top)
                after = _at(a, bottom) - _at(b, bottom)
                count += bottom - top > 0.5 and before * after < -0.25
    return count


def _at(p: Piece, y: float) -> float:
    """Where a piece is at a height, to the left and right."""
    if p.y1 - p.y0 < 1e-6:
        return p.x0
    low, high = 0.0, 1.0
    for _ in range(24):  # the curve goes down all the way, so halving finds the place
        s = (low + high) / 2
        bend = (p.y1 - p.y0) * 0.55
        here = p.y0 * (1 - s) ** 3 + 3 * (p.y0 + bend) * s * (1 - s) ** 2
        here += 3 * (p.y1 - bend) * s**2 * (1 - s) + p.y1 * s**3
        low, high = (s, high) if here < y else (low, s)
    return p.x0 + (p.x1 - p.x0) * (3 * s**2 - 2 * s**3)


def _overlaps(layout: Layout) -> int:
    items = list(layout.parts.values())
    count = 0
    for i, a in enumerate(items):
        for b in items[i + 1 :]:
            apart = a.x + a.width <= b.x or b.x + b.width <= a.x
            apart = apart or a.y + a.height <= b.y or b.y + b.height <= a.y
            count += not apart and not (_inside(a, b) or _inside(b, a))
    return count


def _inside(a, b) -> bool:
    across = b.x <= a.x + 0.01 and a.x + a.width <= b.x + b.width + 0.01
    return across and b.y <= a.y + 0.01 and a.y + a.height <= b.y + b.height + 0.01


def _hidden(layout: Layout) -> int:
    """Pieces that pass through an item that they neither leave nor reach."""
    count = 0
    items = [p for p in layout.parts.values() if p.children is None]
    for piece in layout.pieces:
        for part in items:
            if piece.y1 <= part.y + 0.5 or piece.y0 >= part.y + part.height - 0.5:
                continue
            for y in (max(piece.y0, part.y + 1), min(piece.y1, part.y + part.height - 1)):
                x = _at(piece, y)
                if part.x + 0.5 < x < part.x + part.width - 0.5:
                    count += 1
                    break
    return count
