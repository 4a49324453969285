"""The order of vertices in their rows, with few crossings of lines."""

from .layers import Level

SWEEPS = 6
SMALL, TURNS = 60, 4  # levels of so few vertices get more care


def set_order(level: Level) -> None:
    """Fill `level.rows`: first along the longest ways, then by sweeps that follow neighbours."""
    level.rows = _first(level)
    best = crossings(level, level.rows)
    rows = [list(row) for row in level.rows]
    place = _places(rows, len(level.kind))
    above, below = _neighbours(level)
    for sweep in range(SWEEPS):
        if best == 0:
            return
        down = sweep % 2 == 0
        steps = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        near = above if down else below
        for i in steps:
            _sort(rows[i], near, place)
        found = crossings(level, rows)
        if found < best:
            best = found
            level.rows = [list(row) for row in rows]
    if best and len(level.kind) <= SMALL:
        _exchange(level, best)


def _exchange(level: Level, best: int) -> None:
    """Exchange neighbours while that saves crossings; in every other turn also where it does not
    cost any, which opens ways that single exchanges do not find."""
    rows, start = [list(row) for row in level.rows], best
    for turn in range(TURNS):
        for row in rows:
            for i in range(len(row) - 1):
                row[i], row[i + 1] = row[i + 1], row[i]
                found = crossings(level, rows)
                if found < best or (found == best and turn % 2 == 0):
                    best = found
                else:
                    row[i], row[i + 1] = row[i + 1], row[i]
    if best < start:
        level.rows = rows


def _first(level: Level) -> list[list[int]]:
    """Depth first, heaviest lines first: the longest way stands left, what branches off to its
    right."""
    count = len(level.kind)
    after: list[list[tuple[float, int]]] = [[] for _ in range(count)]
    entered = [0] * count
    for s in level.segments:
        after[s.source].append((-s.weight, s.target))
        entered[s.target] += 1
    heaviest = [min((w for w, _ in after[v]), default=0.0) for v in range(count)]
    for targets in after:
        targets.sort()
    rows: list[list[int]] = [[] for _ in range(max(level.row, default=-1) + 1)]
    seen = [False] * count
    roots = [v for v in range(count) if entered[v] == 0]
    whole = _components(count, after)
    for root in sorted(roots, key=lambda v: (whole[v], heaviest[v], v)):
        stack = [root]
        while stack:
            v = stack.pop()
            if not seen[v]:
                seen[v] = True
                rows[level.row[v]].append(v)
                stack.extend(w for _, w in reversed(after[v]))
    return rows


def _components(count: int, after: list[list[tuple[float, int]]]) -> list[int]:
    """For each vertex, the smallest vertex that it is connected with, in whatever direction."""
    found = list(range(count))

    def top(v: int) -> int:
        while found[v] != v:
            found[v] = v = found[found[v]]
        return v

    for v, targets in enumerate(after):
        for _, w in targets:
            a, b = top(v), top(w)
            found[max(a, b)] = min(a, b)
    return [top(v) for v in range(count)]


def _places(rows: list[list[int]], count: int) -> list[int]:
    place = [0] * count
    for row in rows:
        for i, v in enumerate(row):
            place[v] = i
    return place


def _neighbours(level: Level) -> tuple[list, list]:
    """For each vertex, those above and below with the part of their width where the line ends."""
    count = len(level.kind)
    above: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    below: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for s in level.segments:
        above[s.target].append((s.source, s.leaves / (level.width[s.source] + 1)))
        below[s.source].append((s.target, s.enters / (level.width[s.target] + 1)))
    return above, below


def _sort(row: list[int], near: list, place: list[int]) -> None:
    """Sort a row by the means of neighbours; those without any keep their place."""
    keys = {}
    for v in row:
        ends = near[v]
        if ends:
            keys[v] = sum([place[u] + part for u, part in ends]) / len(ends)
    sortable = sorted([v for v in row if v in keys], key=keys.__getitem__)
    take = iter(sortable)
    row[:] = [next(take) if v in keys else v for v in row]
    for i, v in enumerate(row):
        place[v] = i


def crossings(level: Level, rows: list[list[int]]) -> int:
    """How many pairs of lines cross; pieces of one line do not count."""
    place = _places(rows, len(level.kind))
    between: list[list[tuple[float, float, int]]] = [[] for _ in rows]
    for s in level.segments:
        begin = place[s.source] + s.leaves / (level.width[s.source] + 1)
        end = place[s.target] + s.enters / (level.width[s.target] + 1)
        between[level.row[s.source]].append((begin, end, s.line))
    total = 0
    for ends in between:
        if len(ends) > 1:
            ends.sort()
            total += _inversions([end for _, end, _ in ends])
    return total


def _inversions(values: list[float]) -> int:
    """Pairs that are out of order; equal ones are not."""
    rank = {value: i + 1 for i, value in enumerate(sorted(set(values)))}
    tree = [0] * (len(rank) + 1)
    total = 0
    for seen, value in enumerate(values):
        i, below = rank[value], 0
        while i:
            below += tree[i]
            i &= i - 1
        total += seen - below
        i = rank[value]
        while i < len(tree):
            tree[i] += 1
            i += i & -i
    return total
