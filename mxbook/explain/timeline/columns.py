"""A timeline as NumPy arrays: one entry for each box of the picture, row by row.

A million events are a million Python objects in a `Timeline`, but 30 bytes each here; pictures and
the browser work on these.
"""

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

import numpy as np

from mxbook.base.sites import Site

from .record import Timeline
from .tracks import depths, kind_of, lane_of, ordered, title_of

OPERATION, PART, WAIT = range(3)
OUTCOMES = ("done", "failed", "not run", "cancelled")
COLOURED = 10  # names that have a colour of their own; the others share one


class Row(NamedTuple):
    """One row of boxes that do not overlap: its lane, and the range of its boxes."""

    lane: int
    begin: int
    end: int


class Lists(NamedTuple):
    """A list of numbers for each box: those of box `i` are `items[offsets[i]:offsets[i + 1]]`."""

    offsets: np.ndarray  # uint32, one more than boxes
    items: np.ndarray  # uint32


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

    @property
    def count(self) -> int:
        """How many boxes there are."""
        return len(self.start)

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


def columns(timeline: Timeline) -> Columns:
    """The columns of a timeline.

    >>> columns(Timeline([], [], [])).count
    0
    """
    events, parts, waits = timeline
    waiting = {w.lane for w in waits}
    lane_by_number = {e.number: lane_of(e.name, e.lane) for e in events}
    lane = (
        [*lane_by_number.values()]
        if len(lane_by_number) == len(events)
        else [lane_of(e.name, e.lane) for e in events]
    )
    lane += [lane_by_number.get(p.number, p.lane) for p in parts]
    lane += [w.lane for w in waits]
    lanes = ordered(set(lane), waiting)
    index = {each: i for i, each in enumerate(lanes)}
    code = np.fromiter(map(index.__getitem__, lane), np.int64, len(lane))
    everything = [*events, *parts, *waits]
    start = np.array([x.started for x in everything], np.int64) - timeline.start
    end = np.maximum(start, np.array([x.ended for x in everything], np.int64) - timeline.start)
    sizes = (len(events), len(parts), len(waits))
    what = np.repeat(np.array([OPERATION, PART, WAIT], np.uint8), sizes)
    order, rows = _rows(code, start, end, what, len(lanes))
    titles = [*(e.name or "operation" for e in events), *(p.name or "operation" for p in parts)]
    names, name = _indexed([*titles, *(f"wait for {w.kind}" for w in waits)])
    kinds = [kind_of(lane, waiting) for lane in lanes]
    layers, places, details = _details(timeline, order)
    path = timeline.critical_path()
    return Columns(
        float(timeline.end - timeline.start),
        lanes,
        kinds,
        [title_of(lane, kind) for lane, kind in zip(lanes, kinds, strict=True)],
        rows,
        start[order].astype(np.float64),
        (end - start)[order].astype(np.float32),
        name[order],
        what[order],
        np.array([x.number for x in everything], np.uint32)[order],
        names,
        layers,
        places,
        [e.number for e in path],
        details,
        timeline.sentence(path, len(lanes)),
        float(timeline.start),
    )


def _rows(
    lane: np.ndarray, start: np.ndarray, end: np.ndarray, what: np.ndarray, lanes: int
) -> tuple[np.ndarray, list[Row]]:
    """The order in which boxes come row by row, each row in the order of time; and the rows."""
    order = np.lexsort((what, -end, start, lane))
    edges = np.searchsorted(lane[order], np.arange(lanes + 1))
    pieces: list[np.ndarray] = [np.empty(0, np.int64)]
    rows: list[Row] = []
    at = 0
    for place in range(lanes):
        members = order[edges[place] : edges[place + 1]]
        first, last = start[members], end[members]
        if (first[1:] >= np.maximum.accumulate(last)[:-1]).all():
            levels = [members]  # nothing overlaps
        else:
            depth = np.array(depths(list(zip(first.tolist(), last.tolist(), strict=True))))
            levels = [members[depth == level] for level in range(depth.max() + 1)]
        for level in levels:
            rows.append(Row(place, at, at := at + len(level)))
            pieces.append(level)
    return np.concatenate(pieces), rows


def _indexed(texts: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """Different texts, and for each text its index; those beyond 65535 are all the last one."""
    texts = list(texts)
    seen = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    index = np.fromiter(map(seen.__getitem__, texts), np.int64, len(texts))
    return list(seen)[: 2**16], np.minimum(index, 2**16 - 1).astype(np.uint16)


def _details(timeline: Timeline, order: np.ndarray) -> tuple[list[str], list[str], Details]:
    events, parts, waits = timeline
    others = len(parts) + len(waits)

    def column(values: Iterable, dtype: type, rest: Iterable = ()) -> np.ndarray:
        values = [*values, *rest]
        values += [0] * (len(order) - len(values))
        return np.array(values, dtype)[order]

    known: dict[tuple[int, int], str] = {}  # looking up a line is slow, and many boxes share one

    def line(site: Site | None, place: str) -> str:
        if site is None:
            return place
        key = (id(site.code), site.offset)
        if key not in known:
            known[key] = str(site)
        return known[key]

    lines = [*(line(e.site, e.place) for e in events), *([""] * len(parts))]
    places, place = _indexed([*lines, *(line(w.site, "") for w in waits)])
    own_layers = [*(e.layer for e in events), *(p.layer for p in parts)]
    layers, layer = _indexed([*own_layers, *([""] * len(waits))])
    outcomes = {outcome: i for i, outcome in enumerate(OUTCOMES)}
    found = Details(
        column([e.started - e.pushed for e in events], np.float32),
        column([e.started - e.ready for e in events], np.float32),
        column([e.nbytes for e in events], np.float32, [p.nbytes for p in parts]),
        layer[order],
        place[order],
        column([outcomes.get(e.outcome, 0) for e in events], np.uint8),
        _lists([e.after for e in events], others, order),
        _lists([tuple(chain.from_iterable(e.reads)) for e in events], others, order),
        _lists([tuple(chain.from_iterable(e.writes)) for e in events], others, order),
    )
    return layers, places, found


def _lists(each: list[tuple[int, ...]], others: int, order: np.ndarray) -> Lists:
    """The lists of the events, and empty ones for the other boxes, in the order of the boxes."""
    each = [*each, *([()] * others)]
    chosen = list(map(each.__getitem__, order.tolist()))
    offsets = np.zeros(len(chosen) + 1, np.uint32)
    offsets[1:] = np.cumsum(np.fromiter(map(len, chosen), np.int64, len(chosen)))
    return Lists(offsets, np.fromiter(chain.from_iterable(chosen), np.uint32, int(offsets[-1])))
