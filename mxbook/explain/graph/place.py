"""Where vertices stand from left to right.

Lines that need not bend are made straight, the longest ways first: their vertices form columns
that move as one.  Columns are placed in the order of their weight, each as near as it may to what
it is connected with; bounds keep every later column possible.
"""

import itertools
from bisect import bisect_left, insort

from .layers import PART, PASS, Level

GAP, LINE_GAP, CLOSE = 26.0, 18.0, 12.0  # between parts, a part and a line, two lines
FAR = 1e9


class Columns:
    """Columns of vertices: `of[v]` is a vertex's column and `shift[v]` its offset in it; `left` and
    `right` are (neighbour, distance) pairs, which form a graph without cycles."""

    __slots__ = ("count", "left", "members", "of", "right", "shift", "weight")

    def __init__(self, level: Level):
        kept = _straight(level)
        n = len(level.kind)
        self.of, self.shift = [-1] * n, [0.0] * n
        self.weight: list[float] = []
        self.members: list[list[int]] = []
        for row in level.rows:
            for v in row:
                if self.of[v] < 0:
                    self._follow(level, v, kept)
        self.count = len(self.weight)
        self.left: list[list[tuple[int, float]]] = [[] for _ in range(self.count)]
        self.right: list[list[tuple[int, float]]] = [[] for _ in range(self.count)]
        self._neighbours(level)

    def _follow(self, level: Level, v: int, kept: dict[int, int]) -> None:
        number, weight = len(self.weight), 0.0
        members, shift = [], 0.0
        while True:
            self.of[v], self.shift[v] = number, shift
            members.append(v)
            at = kept.get(v)
            if at is None:
                break
            s = level.segments[at]
            weight = max(weight, s.weight)
            shift += s.leaves - s.enters
            v = s.target
        self.weight.append(weight)
        self.members.append(members)

    def _neighbours(self, level: Level) -> None:
        for row in level.rows:
            for a, b in itertools.pairwise(row):
                distance = self.shift[a] - self.shift[b] + _apart(level, a, b)
                i, j = self.of[a], self.of[b]
                self.right[i].append((j, distance))
                self.left[j].append((i, distance))


def _apart(level: Level, a: int, b: int) -> float:
    lines = (level.kind[a] != PART) + (level.kind[b] != PART)
    gap = (GAP, LINE_GAP, CLOSE)[lines]
    return (level.width[a] + level.width[b]) / 2 + gap


def _straight(level: Level) -> dict[int, int]:
    """For each vertex, the segment downwards that is straight: one for each end, none crossing."""
    place = {v: i for row in level.rows for i, v in enumerate(row)}
    chosen: list[list[tuple[int, int]]] = [[] for _ in level.rows]
    kept: dict[int, int] = {}
    taken = set()
    passing = [
        (level.kind[s.source] == PASS) + (level.kind[s.target] == PASS) for s in level.segments
    ]
    order = sorted(
        range(len(level.segments)), key=lambda i: (-level.segments[i].weight, -passing[i], i)
    )
    for at in order:
        s = level.segments[at]
        if s.source in kept or s.target in taken:
            continue
        here = (place[s.source], place[s.target])
        row = chosen[level.row[s.source]]
        i = bisect_left(row, here)
        if (i and row[i - 1][1] > here[1]) or (i < len(row) and row[i][1] < here[1]):
            continue
        insort(row, here)
        kept[s.source] = at
        taken.add(s.target)
    return kept


def set_places(level: Level) -> None:
    """Fill `level.x`, beginning at 0 with the left edge of the leftmost."""
    columns = Columns(level)
    x = _placed(level, columns)
    _relax(level, columns, x)
    for v, column in enumerate(columns.of):
        level.x[v] = x[column] + columns.shift[v]
    start = min([level.x[v] - level.width[v] / 2 for v in range(len(level.x))], default=0.0)
    level.x = [at - start for at in level.x]


def _ends(level: Level, columns: Columns) -> list[list[tuple[int, float]]]:
    """For each column, the columns that its lines lead to, and where it would have to stand."""
    found: list[list[tuple[int, float]]] = [[] for _ in range(columns.count)]
    of, shift = columns.of, columns.shift
    for s in level.segments:
        a, b = of[s.source], of[s.target]
        if a != b:
            apart = shift[s.source] + s.leaves - shift[s.target] - s.enters
            found[b].append((a, apart))
            found[a].append((b, -apart))
    return found


def _placed(level: Level, columns: Columns) -> list[float]:
    n = columns.count
    low, high = [-FAR] * n, [FAR] * n
    x: list[float | None] = [None] * n
    ends = _ends(level, columns)
    for c in sorted(range(n), key=lambda c: (-columns.weight[c], c)):
        near = sorted([x[d] + apart for d, apart in ends[c] if x[d] is not None])
        wish = _median(near) if near else _free(low[c], high[c])
        at = min(max(wish, low[c]), high[c])
        x[c] = at
        _bound(columns.right, low, c, at, x, 1)
        _bound(columns.left, high, c, at, x, -1)
    return x  # type: ignore[return-value]


def _free(low: float, high: float) -> float:
    """A place for a column that nothing placed is connected with."""
    if low > -FAR:
        return low
    return high if high < FAR else 0.0


def _median(values: list[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _bound(near: list, bound: list[float], c: int, at: float, x: list, sign: int) -> None:
    """Tell all columns on one side how far they must keep away."""
    stack = [(c, at)]
    while stack:
        i, here = stack.pop()
        for j, distance in near[i]:
            limit = here + sign * distance
            if sign * limit > sign * bound[j]:
                bound[j] = limit
                if x[j] is None:  # placed ones have told their neighbours already
                    stack.append((j, limit))


def _relax(level: Level, columns: Columns, x: list[float]) -> None:
    """Let light columns move to the middle of what they are connected with, where there is room."""
    ends = _ends(level, columns)
    heaviest = max(columns.weight, default=0.0)
    order = [c for c in range(columns.count) if columns.weight[c] < heaviest and ends[c]]
    for sweep in range(4):
        for c in order if sweep % 2 else reversed(order):
            wish = _median(sorted([x[d] + apart for d, apart in ends[c]]))
            low = max([x[i] + d for i, d in columns.left[c]], default=-FAR)
            high = min([x[i] - d for i, d in columns.right[c]], default=FAR)
            x[c] = min(max(wish, low), high)
