"""A long drawing in columns: what would be a narrow, tall strip goes on at the right.

Columns end where only one line passes; it goes on from the bottom of one column to the top of the
next.  Only pictures are wrapped: the widget has a page as long as it wants.
"""

import math

from .layout import Layout, Part, Piece

TALL = 1250.0  # of a column
WIDE = 1750.0  # of all columns
BETWEEN, EDGE = 56.0, 16.0

Way = list[tuple[float, float]]


def wrap(layout: Layout) -> tuple[Layout, list[Way]]:
    """The layout in columns, and the corners of the lines between them; unchanged when it is short
    or cannot be cut."""
    count = min(math.ceil(layout.height / TALL), int((WIDE + BETWEEN) / (layout.width + BETWEEN)))
    if count < 2:
        return layout, []
    cuts = _chosen(_cuts(layout), layout.height, count)
    return _columns(layout, cuts) if cuts else (layout, [])


def _cuts(layout: Layout) -> list[Piece]:
    """The pieces of lines that pass alone from one row of outer parts to the next."""
    outer = sorted((p.y, p.y + p.height) for p in layout.parts.values())
    found = []
    for piece in sorted(layout.pieces, key=lambda p: p.y0):
        middle = (piece.y0 + piece.y1) / 2
        if any(top < middle < bottom for top, bottom in outer):
            continue
        if not [p for p in layout.pieces if p is not piece and p.y0 < middle < p.y1]:
            found.append(piece)
    return found


def _chosen(cuts: list[Piece], height: float, count: int) -> list[Piece]:
    """Of the possible cuts, those that make columns of about the same height."""
    chosen: list[Piece] = []
    for k in range(1, count):
        wish = height * k / count
        best = min(cuts, key=lambda p: abs(p.y1 - wish), default=None)
        if best is not None and best not in chosen and abs(best.y1 - wish) < height / count / 2:
            chosen.append(best)
    return chosen


def _columns(layout: Layout, cuts: list[Piece]) -> tuple[Layout, list[Way]]:
    ends = [*(p.y0 for p in cuts), math.inf]
    starts = [0.0, *(p.y1 for p in cuts)]

    def column(y: float) -> int:
        return next(k for k, end in enumerate(ends) if y <= end + 0.1)

    lefts, rights, bottoms = _extents(layout, cuts, column, len(ends))
    moves, at = [], 0.0
    for left, right in zip(lefts, rights, strict=True):
        moves.append(at - left)
        at += right - left + BETWEEN
    for part in layout.parts.values():
        k = column(part.y + min(1.0, part.height / 2))
        part.x += moves[k]
        part.y += EDGE - starts[k]
    kept = [_moved(p, moves, starts, column) for p in layout.pieces if p not in cuts]
    lowest = max(b - s for b, s in zip(bottoms, starts, strict=True)) + EDGE
    ways = []
    for k, cut in enumerate(cuts):
        x0, y0 = cut.x0 + moves[k], cut.y0 + EDGE - starts[k]
        x1 = cut.x1 + moves[k + 1]
        right = rights[k] + moves[k] + BETWEEN / 2
        down = min(y0 + EDGE, lowest + EDGE)
        ways.append([(x0, y0), (x0, down), (right, down), (right, 0.0), (x1, 0.0), (x1, EDGE)])
    width, height = at - BETWEEN, lowest + EDGE
    return Layout(width, height, layout.parts, kept), ways


def _moved(p: Piece, moves: list[float], starts: list[float], column) -> Piece:
    k = column(p.y0)
    dy = EDGE - starts[k]
    return p._replace(x0=p.x0 + moves[k], x1=p.x1 + moves[k], y0=p.y0 + dy, y1=p.y1 + dy)


def _extents(layout: Layout, cuts: list[Piece], column, count: int) -> tuple[list, list, list]:
    """Left, right and lower edges of the columns."""
    lefts, rights, bottoms = [math.inf] * count, [0.0] * count, [0.0] * count
    boxes: list[tuple[float, float, float, float]] = [_box(p) for p in layout.parts.values()]
    boxes += [
        (min(p.x0, p.x1), max(p.x0, p.x1), p.y0, p.y1) for p in layout.pieces if p not in cuts
    ]
    for left, right, top, bottom in boxes:
        k = column(top + min(1.0, (bottom - top) / 2))
        lefts[k], rights[k] = min(lefts[k], left), max(rights[k], right)
        bottoms[k] = max(bottoms[k], bottom)
    return lefts, rights, bottoms


def _box(part: Part) -> tuple[float, float, float, float]:
    return part.x, part.x + part.width, part.y, part.y + part.height
