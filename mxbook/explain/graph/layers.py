"""Rows: which parts of a drawing stand above which; long lines get a place in every row they pass.

One level of a drawing (the inside of a group) is a `Level`: vertices with widths, and wires between
them.  The steps `layers`, `order`, `place` fill in row, order and position; all work on plain
lists, so that the twin in `widgets/src/graph/` can be compared number by number.
"""

PART, PORT_IN, PORT_OUT, PASS = range(4)  # kinds of vertices; PASS is a line passing a row


class Level:
    """Vertices of one level.

    `kind`, `width`, `height`, `weight` (how many nodes a longest way through it has) and `row` are
    lists by vertex.  `wires` are (source, target, line, leaves, enters, goals): a line is a
    number for what it carries, `leaves` and `enters` are offsets from the middles of the two,
    `goals` the keys of the items that it leads to in the end.  After `set_rows`, `segments` are
    the same between neighbouring rows.
    """

    __slots__ = ("height", "kind", "row", "rows", "segments", "weight", "width", "wires", "x")

    def __init__(self):
        self.kind: list[int] = []
        self.width: list[float] = []
        self.height: list[float] = []
        self.weight: list[int] = []
        self.row: list[int] = []
        self.x: list[float] = []  # the middles, set by `place`
        self.wires: list[tuple[int, int, int, float, float, list[str]]] = []
        self.rows: list[list[int]] = []  # from left to right, set by `order`
        self.segments: list[Segment] = []

    def add(self, kind: int, width: float, height: float, weight: int = 1) -> int:
        """A new vertex; its number."""
        self.kind.append(kind)
        self.width.append(width)
        self.height.append(height)
        self.weight.append(weight)
        self.row.append(0)
        self.x.append(0.0)
        return len(self.kind) - 1


class Segment:
    """A piece of a line between neighbouring rows; `goals` are the items that it leads to."""

    __slots__ = ("enters", "goals", "leaves", "line", "source", "target", "weight")

    def __init__(self, source: int, target: int, line: int, leaves: float, enters: float):
        self.source, self.target, self.line = source, target, line
        self.leaves, self.enters = leaves, enters
        self.goals: list[str] = []
        self.weight = 0.0


def set_rows(level: Level) -> None:
    """Give every vertex a row, and cut the wires into segments."""
    count = len(level.kind)
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for source, target, *_ in level.wires:
        after[source].append(target)
        before[target].append(source)
    order = _topological(after, before)
    first = 1 if PORT_IN in level.kind else 0
    row = level.row
    for v in order:
        lowest = 0 if level.kind[v] == PORT_IN else first
        row[v] = max([lowest, *(row[u] + 1 for u in before[v])])
    last = max([first, *(row[v] + 1 for v in range(count) if level.kind[v] != PORT_OUT)])
    for v in range(count):
        if level.kind[v] == PORT_OUT:
            row[v] = last
    _pull_down(level, order, after, before)
    _weigh(level, order, after, before)
    _cut(level)


def _pull_down(level: Level, order: list[int], after: list, before: list) -> None:
    """Move what stands high for no reason down to its readers, where lines get shorter.

    A chain that begins at sources and is read once hangs on its reader; so does what reads only
    lines that go down that far anyway.
    """
    row = level.row
    hangs = [False] * len(level.kind)
    for v in order:
        once = len(set(after[v])) == 1 and level.kind[v] == PART
        hangs[v] = once and all(hangs[u] for u in before[v])
    for v in reversed(order):
        if level.kind[v] != PART or not after[v]:
            continue
        lowest = min(row[w] for w in after[v]) - 1
        if lowest <= row[v]:
            continue
        longer = 0
        for u in before[v]:
            others = [row[w] for w in after[u] if w != v]
            longer += not hangs[u] and (not others or max(others) < lowest)
        if longer == 0:
            row[v] = lowest


def _topological(after: list[list[int]], before: list[list[int]]) -> list[int]:
    missing = [len(sources) for sources in before]
    order = [v for v, n in enumerate(missing) if n == 0]
    for v in order:
        for w in after[v]:
            missing[w] -= 1
            if missing[w] == 0:
                order.append(w)
    return order


def _weigh(level: Level, order: list[int], after: list, before: list) -> None:
    """`up` and `down`: weights of the longest ways to and from each vertex; a wire's weight is
    that of the longest way through it."""
    count = len(level.kind)
    up, down = [0] * count, [0] * count
    for v in order:
        up[v] = level.weight[v] + max([up[u] for u in before[v]], default=0)
    for v in reversed(order):
        down[v] = level.weight[v] + max([down[w] for w in after[v]], default=0)
    level.segments = []
    for source, target, line, leaves, enters, goals in level.wires:
        segment = Segment(source, target, line, leaves, enters)
        segment.weight = up[source] + down[target]
        segment.goals = list(goals)
        level.segments.append(segment)


def _cut(level: Level) -> None:
    """Replace wires over several rows by chains; lines of one source share theirs."""
    row = level.row
    found: list[Segment] = []
    chains: dict[tuple[int, int, float], list[Segment]] = {}
    # The longest first, so that a chain is there before those that leave it on the way.
    for wire in sorted(level.segments, key=lambda s: row[s.source] - row[s.target]):
        span = row[wire.target] - row[wire.source]
        if span == 1:
            found.append(wire)
            continue
        key = (wire.source, wire.line, wire.leaves)
        chain = chains.get(key)
        if chain is None:
            chain = chains[key] = _chain(level, wire, span, found)
        for segment in chain[: span - 1]:
            segment.goals += wire.goals
            segment.weight = max(segment.weight, wire.weight)
        end = Segment(chain[span - 2].target, wire.target, wire.line, 0.0, wire.enters)
        end.goals, end.weight = wire.goals, wire.weight
        found.append(end)
    level.segments = found


def _chain(level: Level, wire: Segment, span: int, found: list[Segment]) -> list[Segment]:
    chain: list[Segment] = []
    here, leaves = wire.source, wire.leaves
    for k in range(1, span):
        stop = level.add(PASS, 0.0, 0.0, 0)
        level.row[stop] = level.row[wire.source] + k
        chain.append(Segment(here, stop, wire.line, leaves, 0.0))
        here, leaves = stop, 0.0
    found += chain
    return chain
