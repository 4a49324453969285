"""A timeline as NumPy arrays: one entry for each box of the picture, row by row.

A million events are a million Python objects in a `Timeline`, but 30 bytes each here; pictures and
the browser work on these.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .events import Lists, Table, indexed, indexed_sites, table_of
from .record import Timeline
from .tracks import depths, kind_of, lane_of, ordered, title_of

if TYPE_CHECKING:
    from .compare import Comparison

OPERATION, PART, WAIT = range(3)
OUTCOMES = ("done", "failed", "not run", "cancelled")
COLOURED = 10  # names that have a colour of their own; the others share one


class Row(NamedTuple):
    """One row of boxes that do not overlap: its lane, and the range of its boxes."""

    lane: int
    begin: int
    end: int


class Group(NamedTuple):
    """The lanes of one of several records in a picture: its title, its first lane, and when it
    ended."""

    title: str
    lane: int
    end: float


class Details(NamedTuple):
    """What is shown of one box when somebody asks; arrays are parallel to the boxes.

    `pushed` and `ready` are nanoseconds before the start.  `layer` and `place` are indices of the
    texts.  `after` holds numbers of operations, `reads` and `writes` key, version, key, version.
    """

    pushed: np.ndarray  # float32
    ready: np.ndarray  # float32
    nbytes: np.ndarray  # float32
    layer: np.ndarray  # uint16
    place: np.ndarray  # uint16
    outcome: np.ndarray  # uint8
    after: Lists
    reads: Lists
    writes: Lists


class Columns(NamedTuple):
    """All boxes.  Times are nanoseconds from the beginning.

    `what` is OPERATION, PART (an instruction of a graph) or WAIT; `number` that of the operation,
    of the one it is part of, or of the one that was waited for.  `critical` are the numbers on the
    critical path in their order.
    """

    span: float
    lanes: list[str]
    kinds: list[str]
    titles: list[str]
    rows: list[Row]
    start: np.ndarray  # float64
    length: np.ndarray  # float32
    name: np.ndarray  # uint16
    what: np.ndarray  # uint8
    number: np.ndarray  # uint32
    names: list[str]
    layers: list[str]
    places: list[str]
    critical: list[int]
    details: Details | None
    sentence: str
    zero: float = 0.0  # the beginning, in nanoseconds of `time.perf_counter_ns`
    # Where two timelines are compared (joint.py):
    groups: Sequence[Group] = ()
    shift: int = 0  # numbers above it are those of the second, so much larger
    partner: np.ndarray | None = None  # uint32: the number of the same operation in the other
    comparison: "Comparison | None" = None

    @property
    def count(self) -> int:
        """How many boxes there are."""
        return len(self.start)

    def shown(self, i: int) -> int:
        """The number of a box as its own record has it."""
        number = int(self.number[i])
        return number - self.shift if number > self.shift else number

    def slots(self, by: str = "operator") -> np.ndarray:
        """For each name (or block) the number of its colour: those that took longest come first.

        Numbers from COLOURED on share one.  Waits have none and are not counted.
        """
        texts = self.names if by == "operator" or self.details is None else self.layers
        of = self.name if texts is self.names else self.details.layer
        mine = self.what != WAIT
        took = np.bincount(of[mine], self.length[mine], minlength=len(texts))
        order = sorted(range(len(texts)), key=lambda i: (-took[i], texts[i]))
        found = np.empty(len(texts), np.uint16)
        found[order] = np.minimum(np.arange(len(texts)), COLOURED)
        return found


def columns(timeline: Timeline, details: bool = True) -> Columns:
    """The columns of a timeline; without `details` also without the critical path, in a third of
    the time.

    >>> columns(Timeline([], [], [])).count
    0
    """
    table = table_of(timeline.events)
    waiting = {w.lane for w in timeline.waits}
    lanes, code = _lanes(table, timeline, waiting)
    zero = timeline.start
    start = _all(table, timeline, "started") - zero
    end = np.maximum(start, _all(table, timeline, "ended") - zero)
    sizes = (len(table), len(timeline.parts), len(timeline.waits))
    what = np.repeat(np.array([OPERATION, PART, WAIT], np.uint8), sizes)
    order, rows = _rows(code, start, end, what, len(lanes))
    kinds = [kind_of(lane, waiting) for lane in lanes]
    names, name = _names(table, timeline)
    found = Columns(
        float(timeline.end - zero),
        lanes,
        kinds,
        [title_of(lane, kind) for lane, kind in zip(lanes, kinds, strict=True)],
        rows,
        start[order].astype(np.float64),
        (end - start)[order].astype(np.float32),
        name[order],
        what[order],
        _all(table, timeline, "number").astype(np.uint32)[order],
        names,
        [],
        [],
        [],
        None,
        timeline.sentence([], len(lanes)),
        float(timeline.start),
    )
    return _with_details(found, timeline, order) if details else found


def _all(table: Table, timeline: Timeline, field: str) -> np.ndarray:
    """A number of each operation, part and wait."""
    others = list(map(attrgetter(field), [*timeline.parts, *timeline.waits]))
    return np.concatenate([table.numbers(field), np.array(others, np.int64)])


def _names(table: Table, timeline: Timeline) -> tuple[list[str], np.ndarray]:
    """What boxes are called, and the index for each."""
    own, name = table.texts("name")
    others = [*(p.name for p in timeline.parts), *(f"wait for {w.kind}" for w in timeline.waits)]
    texts, index = indexed([text or "operation" for text in [*own, *others]])
    return _short(texts, np.concatenate([index[: len(own)][name], index[len(own) :]]))


def _short(texts: list[str], index: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Indices of 16 bits; texts beyond 65535 are all the last one."""
    return texts[: 2**16], np.minimum(index, 2**16 - 1).astype(np.uint16)


def _lanes(table: Table, timeline: Timeline, waiting: set[str]) -> tuple[list[str], np.ndarray]:
    """The lanes in their order, and the index of its lane for each box."""
    names, name = table.texts("name")
    threads, thread = table.texts("lane")
    pairs, pair = np.unique(name * max(1, len(threads)) + thread, return_inverse=True)
    places = [divmod(p, len(threads)) for p in pairs.tolist()]
    drawn, lane = indexed([lane_of(names[n], threads[t]) for n, t in places])
    own = lane[pair] if len(pair) else pair
    parts, waits = timeline.parts, timeline.waits
    others, other = indexed([*(p.lane for p in parts), *(w.lane for w in waits)])
    seen, index = indexed([*drawn, *others])
    code = np.concatenate([index[: len(drawn)][own], index[len(drawn) :][other]]).astype(np.int64)
    # An instruction is drawn in the lane of its operation.
    row = table.find(np.array([p.number for p in parts], np.int64))
    inside = np.flatnonzero(row >= 0)
    code[len(table) + inside] = code[row[inside]]
    lanes = ordered([seen[i] for i in np.unique(code).tolist()], waiting)
    place = {lane: i for i, lane in enumerate(lanes)}
    return lanes, np.array([place.get(each, -1) for each in seen], np.int64)[code]


def _rows(
    lane: np.ndarray, start: np.ndarray, end: np.ndarray, what: np.ndarray, lanes: int
) -> tuple[np.ndarray, list[Row]]:
    """The order in which boxes come row by row, each row in the order of time; and the rows."""
    pieces: list[np.ndarray] = [np.empty(0, np.int64)]
    rows: list[Row] = []
    at = 0
    for place in range(lanes):
        members = np.flatnonzero(lane == place)
        members = members[np.argsort(start[members], kind="stable")]
        levels = [members]  # as far as nothing overlaps
        if (start[members[1:]] < np.maximum.accumulate(end[members])[:-1]).any():
            order = (what[members], -end[members], start[members])
            levels = _levels(members[np.lexsort(order)], start, end)
        for level in levels:
            rows.append(Row(place, at, at := at + len(level)))
            pieces.append(level)
    return np.concatenate(pieces), rows


def _levels(members: np.ndarray, start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """Boxes of a lane in rows in which none overlaps another."""
    spans = list(zip(start[members].tolist(), end[members].tolist(), strict=True))
    depth = np.array(depths(spans))
    return [members[depth == level] for level in range(depth.max() + 1)]


def _with_details(found: Columns, timeline: Timeline, order: np.ndarray) -> Columns:
    """With the critical path, and what is shown of one box."""
    table = table_of(timeline.events)
    parts, waits = timeline.parts, timeline.waits
    count = len(table)

    def column(values: np.ndarray, dtype: type, rest: Sequence[int] = ()) -> np.ndarray:
        """Values of operations, and of parts where there are any, in the order of the boxes."""
        whole = np.zeros(len(order), dtype)
        whole[:count] = values
        whole[count : count + len(rest)] = rest
        return whole[order]

    own, place = table.places
    asked, other = indexed_sites(w.site for w in waits)
    places, index = indexed([*own, "", *asked])
    nowhere = np.full(len(parts), len(own))
    places, place = _short(places, index[np.concatenate([place, nowhere, len(own) + 1 + other])])
    own, layer = table.texts("layer")
    layers, index = indexed([*own, *(p.layer for p in parts), *[""] * len(waits)])
    layers, layer = _short(layers, np.concatenate([index[: len(own)][layer], index[len(own) :]]))
    ends, codes = table.texts("outcome")
    known = {outcome: i for i, outcome in enumerate(OUTCOMES)}
    outcome = np.array([known.get(each, 0) for each in ends], np.uint8)
    started, number = table.numbers("started"), table.numbers("number")
    path = table.critical()
    marks = (_pairs(*table.marks(field)) for field in ("reads", "writes"))
    details = Details(
        column(started - table.numbers("pushed"), np.float32),
        column(started - table.numbers("ready"), np.float32),
        column(table.numbers("nbytes"), np.float32, [p.nbytes for p in parts]),
        layer[order],
        place[order],
        column(outcome[codes], np.uint8),
        _ordered(table.after._replace(items=number[table.after.items]), order),
        *(_ordered(lists, order) for lists in marks),
    )
    return found._replace(
        layers=layers,
        places=places,
        critical=number[path].tolist(),
        details=details,
        sentence=timeline.sentence(path, len(found.lanes)),
    )


def _pairs(keys: Lists, versions: np.ndarray) -> Lists:
    """Keys and versions in turn."""
    return Lists(2 * keys.offsets, np.stack([keys.items, versions], axis=1).ravel())


def _ordered(lists: Lists, order: np.ndarray) -> Lists:
    """The lists of the operations, and empty ones for the other boxes, in the order of the boxes,
    in the types in which they travel."""
    sizes = np.zeros(len(order), np.int64)
    sizes[: len(lists.offsets) - 1] = np.diff(lists.offsets)
    begin = np.zeros(len(order), np.int64)
    begin[: len(lists.offsets) - 1] = lists.offsets[:-1]
    sizes = sizes[order]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
    items = lists.items[np.repeat(begin[order], sizes) + inside]
    return Lists(offsets.astype(np.uint32), items.astype(np.uint32))
