"""How much time operators, blocks and lanes took within an area of a timeline."""

from collections.abc import Sequence
from typing import NamedTuple

from mxbook.engine.failures import counted, duration

from .events import Event
from .record import Timeline, covered
from .tracks import lane_of


class Sum(NamedTuple):
    """Nanoseconds of one operator, block or lane, and how many operations they belong to."""

    name: str
    count: int
    took: int


class Sums(NamedTuple):
    """What happened between two times, in nanoseconds from the beginning.

    The time of an operation inside which another ran is counted without that one.  A lane's
    `took` is how long it was busy.
    """

    start: int
    end: int
    operators: list[Sum]
    blocks: list[Sum]
    lanes: list[Sum]

    @property
    def utilisation(self) -> float:
        """The busy part of the lanes, 0 to 1."""
        span = (self.end - self.start) * len(self.lanes)
        return sum(lane.took for lane in self.lanes) / span if span else 0.0

    def __str__(self) -> str:
        span = max(1, self.end - self.start)
        head = (
            f"{duration(self.start)} to {duration(self.end)}: {duration(span)}, "
            f"lanes {self.utilisation:.0%} busy"
        )
        lines = [head]
        for title, rows in (("operator", self.operators), ("block", self.blocks)):
            lines.append(f"by {title}:")
            lines += [f"  {duration(r.took):>8}  {counted(r.count):<15} {r.name}" for r in rows[:8]]
        lines.append("by lane:")
        lines += [
            f"  {duration(r.took):>8}  {r.took / span:>4.0%} busy  {r.name}" for r in self.lanes
        ]
        return "\n".join(lines)


def sums(
    timeline: Timeline, start: int = 0, end: int | None = None, lanes: Sequence[str] = ()
) -> Sums:
    """The sums over an area; without `end` until the end, without `lanes` over all of them.

    >>> sums(Timeline([], [], [])).operators
    []
    """
    zero = timeline.start
    end = timeline.end - zero if end is None else end
    names: dict[str, list[int]] = {}
    layers: dict[str, list[int]] = {}
    spans: dict[str, list[tuple[int, int]]] = {}
    for event, pieces in exclusive(timeline.events):
        lane = lane_of(event.name, event.lane)
        if lanes and lane not in lanes:
            continue
        cut = [(max(a - zero, start), min(b - zero, end)) for a, b in pieces]
        cut = [(a, b) for a, b in cut if a < b]
        spans.setdefault(lane, []).extend(cut)
        took = sum(b - a for a, b in cut)
        if not took and not start <= event.started - zero < end:
            continue
        for table, key in ((names, event.name), (layers, event.layer or "(no block)")):
            row = table.setdefault(key, [0, 0])
            row[0] += 1
            row[1] += took
    busy = [Sum(lane, len(cut), covered(cut)) for lane, cut in spans.items()]
    return Sums(start, end, _largest(names), _largest(layers), busy)


def _largest(table: dict[str, list[int]]) -> list[Sum]:
    rows = [Sum(name, count, took) for name, (count, took) in table.items()]
    return sorted(rows, key=lambda row: (-row.took, row.name))


def exclusive(events: Sequence[Event]) -> list[tuple[Event, list[tuple[int, int]]]]:
    """Each operation with the stretches of time in which it ran itself and not another operation
    inside it, on the same thread.
    """
    by_lane: dict[str, list[Event]] = {}
    for event in events:
        by_lane.setdefault(event.lane, []).append(event)
    found: list[tuple[Event, list[tuple[int, int]]]] = []
    for members in by_lane.values():
        members.sort(key=lambda e: (e.started, -e.ended))
        open_ones: list[tuple[Event, list[tuple[int, int]], int]] = []  # with when it went on
        for event in members:
            while open_ones and open_ones[-1][0].ended <= event.started:
                _close(open_ones, open_ones[-1][0].ended)
            if open_ones:
                outer, pieces, since = open_ones[-1]
                if since < event.started:
                    pieces.append((since, event.started))
                open_ones[-1] = (outer, pieces, event.started)
            pieces = []
            found.append((event, pieces))
            open_ones.append((event, pieces, event.started))
        while open_ones:
            _close(open_ones, open_ones[-1][0].ended)
    return found


def _close(open_ones: list[tuple[Event, list[tuple[int, int]], int]], now: int) -> None:
    """The innermost operation ends; the one around it goes on."""
    _, pieces, since = open_ones.pop()
    if since < now:
        pieces.append((since, now))
    if open_ones:
        outer, around, _ = open_ones[-1]
        open_ones[-1] = (outer, around, now)


def own_time(events: Sequence[Event]) -> dict[int, int]:
    """Nanoseconds that each operation took itself, by its number."""
    return {event.number: sum(b - a for a, b in pieces) for event, pieces in exclusive(events)}
