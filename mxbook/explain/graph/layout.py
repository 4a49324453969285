"""The layout of what is shown: groups in groups, each laid out by itself and then placed as one.

A line that leaves a group passes a port on its lower edge, and one that enters a port on its upper
edge, so nothing ever runs through a box.
"""

from typing import NamedTuple

from .layers import PART, PASS, PORT_IN, PORT_OUT, Level, set_rows
from .order import set_order
from .place import set_places

HEAD = 26.0  # height of a group's title
PAD = 14.0  # between a group's edge and what is inside
FOOT = 24.0  # below what is inside, where lines leave that are labelled
ROW_GAP = 30.0  # between rows, at least
STEEP = 0.10  # more room between rows for lines that go far to the side
MOST = 90.0
MUCH = 60.0
BESIDE = 40.0  # between parts of the graph that nothing connects
PORT = 6.0


class Part:
    """Something to be placed: an item, or an open group with parts inside.

    `key` names it; `width` and `height` are given for items and found for groups; `x` and `y` are
    the left upper corner, found for all.
    """

    __slots__ = (
        *("children", "deck", "enters", "height", "key", "leaves", "title", "weight", "width"),
        *("x", "y"),
    )

    def __init__(self, key: str, width: float = 0.0, height: float = 0.0, title: float = 0.0):
        self.key, self.width, self.height = key, width, height
        self.children: list[Part] | None = None  # None for an item
        self.x = self.y = 0.0
        self.weight = 1
        self.title = title  # how wide the title of a group is
        self.deck = 0.0  # room below it that shows that it is repeated
        self.enters: dict[int, float] = {}  # ports: offset from the left edge, by line
        self.leaves: dict[int, float] = {}


class Wire(NamedTuple):
    """A connection of two items by their keys; wires of one `line` share their way."""

    source: str
    target: str
    line: int


class Piece(NamedTuple):
    """A piece of a drawn line, from (x0, y0) to (x1, y1), leaving and arriving vertically.

    `goals` are the keys of the items that it leads to; `ends` says that it arrives at one, where
    the arrow is.
    """

    line: int
    x0: float
    y0: float
    x1: float
    y1: float
    ends: bool
    goals: tuple[str, ...]


class Layout(NamedTuple):
    """Everything in its place; `parts` by key, outer groups before what is inside."""

    width: float
    height: float
    parts: dict[str, Part]
    pieces: list[Piece]


def lay_out(roots: list[Part], wires: list[Wire]) -> Layout:
    """Place all parts; the picture begins at (0, 0).

    >>> a, b = Part("a", 40, 20), Part("b", 60, 20)
    >>> found = lay_out([a, b], [Wire("a", "b", 0)])
    >>> found.width, found.height, (a.x, a.y), (b.x, b.y)
    (60.0, 70.0, (10.0, 0.0), (0.0, 50.0))
    """
    top = Part("")
    top.children = roots
    outer: dict[str, list[Part]] = {}
    _list_ancestors(top, [], outer)
    inside: dict[str, list[tuple]] = {}
    for wire in wires:
        _split(wire, outer, inside)
    pieces: dict[str, list[Piece]] = {}
    _arrange(top, inside, pieces, _ways(wires))
    parts: dict[str, Part] = {}
    placed: list[Piece] = []
    _settle(top, 0.0, 0.0, parts, pieces, placed)
    return Layout(top.width, top.height, parts, placed)


def _ways(wires: list[Wire]) -> dict[int, tuple[int, int]]:
    """For each line, how long the longest way to its source is, and that from its targets on."""
    after: dict[str, list[str]] = {}
    missing: dict[str, int] = {}
    for w in wires:
        after.setdefault(w.source, []).append(w.target)
        missing[w.target] = missing.get(w.target, 0) + 1
    order = [key for key in after if key not in missing]
    up = dict.fromkeys(order, 1)
    for key in order:
        for target in after.get(key, ()):
            up[target] = max(up.get(target, 1), up[key] + 1)
            missing[target] -= 1
            if missing[target] == 0:
                order.append(target)
    down: dict[str, int] = {}
    for key in reversed(order):
        down[key] = 1 + max([down[t] for t in after.get(key, ())], default=0)
    return {w.line: (up[w.source], down[w.source] - 1) for w in wires}


def _list_ancestors(part: Part, above: list[Part], outer: dict[str, list[Part]]) -> None:
    way = [*above, part]
    outer[part.key] = way
    for child in part.children or ():
        _list_ancestors(child, way, outer)


def _split(wire: Wire, outer: dict[str, list[Part]], inside: dict[str, list[tuple]]) -> None:
    """Note a wire in every group that it passes: as (from, to, line, goal); None is the group's
    edge."""
    begin, end = outer[wire.source], outer[wire.target]
    common = 0
    while common < min(len(begin), len(end)) and begin[common] is end[common]:
        common += 1
    for group, part in zip(begin[common:], begin[common + 1 :], strict=False):
        inside.setdefault(group.key, []).append((part.key, None, wire.line, wire.target))
    meeting = begin[common - 1]
    link = (begin[common].key, end[common].key, wire.line, wire.target)
    inside.setdefault(meeting.key, []).append(link)
    for group, part in zip(end[common:], end[common + 1 :], strict=False):
        inside.setdefault(group.key, []).append((None, part.key, wire.line, wire.target))


def _arrange(
    group: Part,
    inside: dict[str, list[tuple]],
    pieces: dict[str, list[Piece]],
    ways: dict[int, tuple[int, int]],
) -> None:
    """Lay out the inside of a group and find its size and ports."""
    children = group.children or []
    for child in children:
        if child.children is not None:
            _arrange(child, inside, pieces, ways)
    goals: dict[tuple, list[str]] = {}
    for source, target, line, goal in inside.get(group.key, ()):
        goals.setdefault((source, target, line), []).append(goal)
    links = [(*ends, found) for ends, found in goals.items()]
    group.weight = 1
    if group.key:
        pieces[group.key] = _inside(group, children, links, ways)
        return
    at, pieces[""] = 0.0, []
    for part in _components(children, links):
        keys = {c.key for c in part}
        mine = [link for link in links if link[0] in keys]
        found = _inside(group, part, mine, ways)
        for child in part:
            child.x += at
        pieces[""] += _moved(found, at, 0.0)
        at += group.width + BESIDE
        group.deck = max(group.deck, group.height)
    group.width, group.height, group.deck = at - BESIDE, group.deck, 0.0


def _components(children: list[Part], links: list[tuple]) -> list[list[Part]]:
    """The children in sets that no line connects, in their order."""
    found = {c.key: c.key for c in children}

    def top(key: str) -> str:
        while found[key] != key:
            found[key] = key = found[found[key]]
        return key

    rank = {c.key: i for i, c in enumerate(children)}
    for source, target, *_ in links:
        first, second = sorted((top(source), top(target)), key=rank.__getitem__)
        found[second] = first
    sets: dict[str, list[Part]] = {}
    for child in children:
        sets.setdefault(top(child.key), []).append(child)
    return list(sets.values())


def _inside(
    group: Part, children: list[Part], links: list[tuple], ways: dict[int, tuple[int, int]]
) -> list[Piece]:
    """Lay out children that are connected; the pieces of lines between them."""
    level = Level()
    number = {c.key: level.add(PART, c.width, c.height, c.weight) for c in children}
    ports: dict[tuple[int, int], int] = {}  # (kind, line) -> vertex
    for link in links:
        _connect(level, children, number, ports, link, ways)
    set_rows(level)
    set_order(level)
    set_places(level)
    is_top = group.key == ""
    _measure(group, level, ports, is_top)
    foot = (FOOT if PORT_OUT in level.kind else PAD) + group.deck
    tops = _tops(level, 0.0 if is_top else HEAD + PAD / 2, 0.0 if is_top else foot)
    read, reading = {s.source for s in level.segments}, {s.target for s in level.segments}
    for child in children:
        v = number[child.key]
        room = tops[1][level.row[v]] - child.height
        child.x = level.x[v] - child.width / 2
        child.y = tops[0][level.row[v]] + _sink(room, v in read and v not in reading)
    group.height = tops[2]
    group.weight = max([group.weight, *(c.weight for c in children), len(level.rows)])
    return _pieces(level, tops, children)


def _connect(level: Level, children, number, ports, link: tuple, ways: dict) -> None:
    source, target, line, goals = link

    def port(kind: int) -> int:
        if (kind, line) not in ports:
            weight = ways[line][0 if kind == PORT_IN else 1]
            ports[kind, line] = level.add(kind, PORT, 0.0, weight)
        return ports[kind, line]

    leaves = enters = 0.0
    if source is None:
        begin = port(PORT_IN)
    else:
        begin = number[source]
        part = children[begin]
        leaves = part.leaves.get(line, part.width / 2) - part.width / 2
    if target is None:
        end = port(PORT_OUT)
    else:
        end = number[target]
        part = children[end]
        enters = part.enters.get(line, part.width / 2) - part.width / 2
    level.wires.append((begin, end, line, leaves, enters, goals))


def _measure(group: Part, level: Level, ports: dict, is_top: bool) -> None:
    """The width and the ports of a group; its content is moved to make room for the title."""
    right = max([level.x[v] + level.width[v] / 2 for v in range(len(level.x))], default=0.0)
    pad = 0.0 if is_top else PAD
    move = pad
    entering = sorted(level.x[v] for (kind, _), v in ports.items() if kind == PORT_IN)
    if entering and not is_top and entering[0] + pad < group.title + 8:
        # The title stands left of the first line that enters, or between it and the right edge.
        room = right + pad - entering[-1] - 8
        if room < group.title:
            move = max(pad, group.title + 8 - entering[0])
    level.x = [at + move for at in level.x]
    group.width = max(right + move + pad, group.title + 2 * pad if not is_top else 0.0)
    for (kind, line), v in ports.items():
        (group.enters if kind == PORT_IN else group.leaves)[line] = level.x[v]


def _sink(room: float, begins: bool) -> float:
    """How far below the top of its row a part stands: in the middle; where there is much room at
    the top, or, for what only begins here, at the bottom near its readers."""
    if room < MUCH:
        return room / 2
    return room if begins else 0.0


def _tops(level: Level, head: float, foot: float) -> tuple[list[float], list[float], float]:
    """The upper edge and the height of each row, and the height of everything."""
    heights = [max([level.height[v] for v in row], default=0.0) for row in level.rows]
    far = [0.0] * (len(heights) + 1)
    for s in level.segments:
        across = abs(level.x[s.source] + s.leaves - level.x[s.target] - s.enters)
        far[level.row[s.source]] = max(far[level.row[s.source]], across)
    has_in = PORT_IN in level.kind
    has_out = PORT_OUT in level.kind
    at, tops = 0.0 if has_in else head, []
    for i, height in enumerate(heights):
        tops.append(at)
        gap = min(MOST, ROW_GAP + STEEP * far[i])
        if has_in and i == 0:
            gap = max(head, head - ROW_GAP + gap)
        elif has_out and i == len(heights) - 2:
            gap = max(foot, gap - ROW_GAP + foot)
        at += height + (gap if i < len(heights) - 1 else 0.0)
    return tops, heights, at + (0.0 if has_out else foot)


def _pieces(level: Level, tops: tuple, children: list[Part]) -> list[Piece]:
    found = []
    row = level.row
    for s in level.segments:
        x0, x1 = level.x[s.source] + s.leaves, level.x[s.target] + s.enters
        y0 = tops[0][row[s.source]] + tops[1][row[s.source]]
        y1 = tops[0][row[s.target]]
        goals = tuple(s.goals)
        ends = level.kind[s.target] == PART and children[s.target].children is None
        if level.kind[s.source] == PART:
            top = children[s.source].y + children[s.source].height
            if top < y0:  # lower rows begin at the tallest of a row
                found.append(Piece(s.line, x0, top, x0, y0, False, goals))
        if level.kind[s.target] == PART and children[s.target].y > y1:
            upper = children[s.target].y
            found.append(Piece(s.line, x1, y1, x1, upper, ends, goals))
            ends = False
        found.append(Piece(s.line, x0, y0, x1, y1, ends, goals))
        if level.kind[s.target] == PASS:
            bottom = y1 + tops[1][row[s.target]]
            if bottom > y1:
                found.append(Piece(s.line, x1, y1, x1, bottom, False, goals))
    return list(dict.fromkeys(found))


def _settle(part: Part, x: float, y: float, parts: dict, pieces: dict, placed: list) -> None:
    """Make all places absolute."""
    for child in part.children or ():
        child.x += x
        child.y += y
        parts[child.key] = child
        if child.children is not None:
            _settle(child, child.x, child.y, parts, pieces, placed)
    placed += _moved(pieces.get(part.key, []), x, y)


def _moved(pieces: list[Piece], x: float, y: float) -> list[Piece]:
    if x == y == 0.0:
        return pieces
    return [Piece(p.line, p.x0 + x, p.y0 + y, p.x1 + x, p.y1 + y, p.ends, p.goals) for p in pieces]
