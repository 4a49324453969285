"""The engine's log as a timeline: who did what when, what had to wait for what, and why it took so
long.

    with mx.engine.trace():
        net(x).wait_to_read()
    print(mx.explain.timeline().text())

Plain data for texts, widgets and Chrome traces.  Times are nanoseconds of `time.perf_counter_ns`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mxbook import engine
from mxbook.base.sites import Site
from mxbook.engine.failures import counted, duration
from mxbook.engine.log import OperationRecord, PartRecord, WaitRecord

Mark = tuple[int, int]  # key of a variable and a version of it


class Event(NamedTuple):
    """One operation.  `after` are the numbers of the operations that had to end before."""

    number: int
    name: str
    layer: str
    lane: str
    pushed: int
    ready: int
    started: int
    ended: int
    outcome: str
    nbytes: int
    reads: tuple[Mark, ...]
    writes: tuple[Mark, ...]
    after: tuple[int, ...]
    site: Site | None

    @property
    def duration(self) -> int:
        """Nanoseconds from start to end."""
        return self.ended - self.started

    @property
    def where(self) -> str:
        """The user's line that asked for it; empty if unknown."""
        return self.site.where if self.site is not None else ""


class Timeline(NamedTuple):
    """Events in the order in which they were pushed, instructions of graphs, and waits."""

    events: list[Event]
    parts: list[PartRecord]
    waits: list[WaitRecord]

    @property
    def lanes(self) -> list[str]:
        """The threads: the user's in the order of appearance, then the engine's workers."""
        seen = dict.fromkeys([*(w.lane for w in self.waits), *(e.lane for e in self.events)])
        found = [lane for lane in seen if lane]
        pushing = {w.lane for w in self.waits} | {"MainThread"}
        return sorted(found, key=lambda lane: (lane not in pushing, lane))

    @property
    def start(self) -> int:
        """When the first thing happened."""
        return min([*(e.pushed for e in self.events), *(w.started for w in self.waits)], default=0)

    @property
    def end(self) -> int:
        """When the last thing was over."""
        return max([*(e.ended for e in self.events), *(w.ended for w in self.waits)], default=0)

    def busy(self) -> dict[str, int]:
        """Nanoseconds that each lane spent in operations; one inside another counts once."""
        return {
            lane: covered([(e.started, e.ended) for e in self.events if e.lane == lane])
            for lane in self.lanes
        }

    def critical_path(self) -> list[Event]:
        """The chain of operations, each of which needs the one before, that takes longest together:
        with any number of workers the work cannot take less.
        """
        cost: dict[int, int] = {}
        before: dict[int, int | None] = {}
        of = {e.number: e for e in self.events}
        for event in self.events:  # what an operation needs was pushed before it
            last = max(event.after, key=cost.__getitem__, default=None)
            before[event.number] = last
            cost[event.number] = event.duration + (0 if last is None else cost[last])
        number = max(cost, key=cost.__getitem__, default=None)
        path: list[Event] = []
        while number is not None:
            path.append(of[number])
            number = before[number]
        return path[::-1]

    def text(self, width: int = 60) -> str:
        """Lanes as bars of `width` characters (dark: computing), and the critical path."""
        if not self.events:
            return "nothing happened"
        span = max(1, self.end - self.start)
        path = self.critical_path()
        took = sum(e.duration for e in path)
        head = (
            f"{counted(len(self.events), 'operation')} on {counted(len(self.lanes), 'lane')} in "
            f"{duration(span)}; critical path {duration(took)} ({counted(len(path), 'operation')})"
        )
        label = max(map(len, self.lanes), default=0)
        busy = self.busy()
        rows = [
            f"{lane:{label}}  {self._bar(lane, width)}  {busy[lane] / span:4.0%}"
            for lane in self.lanes
        ]
        chain = [f"  {duration(e.duration):>8}  #{e.number} {e.name}  {e.where}" for e in path]
        return "\n".join([head, *rows, "critical path:", *chain])

    def _bar(self, lane: str, width: int) -> str:
        span = max(1, self.end - self.start)
        full = set()
        for event in self.events:
            if event.lane == lane:
                first = (event.started - self.start) * width // span
                last = (event.ended - self.start) * width // span
                full.update(range(first, max(first + 1, last)))
        return "".join("█" if i in full else "·" for i in range(width))

    def data(self) -> dict[str, Any]:
        """Everything as texts and numbers, ready for JSON; times in nanoseconds from the start."""
        return {
            "start": 0,
            "end": self.end - self.start,
            "lanes": self.lanes,
            "events": [self._row(e) for e in self.events],
            "parts": [
                {**p._asdict(), "started": p.started - self.start, "ended": p.ended - self.start}
                for p in self.parts
            ],
            "waits": [
                {
                    "text": str(w),
                    "lane": w.lane,
                    "number": w.number,
                    "started": w.started - self.start,
                    "ended": w.ended - self.start,
                }
                for w in self.waits
            ],
            "critical": [e.number for e in self.critical_path()],
        }

    def _row(self, event: Event) -> dict[str, Any]:
        row = {**event._asdict(), "where": event.where}
        del row["site"]
        for name in ("pushed", "ready", "started", "ended"):
            row[name] -= self.start
        return row

    def to_chrome(self) -> dict[str, Any]:
        """A trace for chrome://tracing and Perfetto, as the dict that the JSON file holds."""
        from . import chrome

        return chrome.trace(chrome.of_timeline(self))


def timeline(
    operations: Iterable[OperationRecord] | None = None,
    parts: Iterable[PartRecord] | None = None,
    waits: Iterable[WaitRecord] | None = None,
) -> Timeline:
    """The timeline of these records; without any, of all that the engine's log remembers.

    Small operations are in the log only if they ran inside `mx.engine.trace()` or while the
    profiler ran.

    >>> import mxbook as mx
    >>> mx.engine.log.clear()
    >>> with mx.engine.trace():
    ...     y = mx.nd.ones(2) + 1
    >>> [event.name for event in timeline().events]
    ['_ones', '_plus_scalar']
    """
    if operations is None and parts is None and waits is None:
        log = engine.log
        operations, parts, waits = log.operations(), log.parts(), log.waits()
    records = sorted(operations or (), key=lambda r: r.number)
    return Timeline(
        [event_of(r, after) for r, after in zip(records, dependencies(records), strict=True)],
        sorted(parts or (), key=lambda p: p.started),
        sorted(waits or (), key=lambda w: w.started),
    )


def event_of(record: OperationRecord, after: tuple[int, ...]) -> Event:
    """A record of the log as an event."""
    names = ("number", "name", "layer", "lane", "pushed", "ready", "started", "ended", "outcome")
    rest = (record.nbytes, record.reads, record.writes, after, record.where)
    return Event(*[getattr(record, name) for name in names], *rest)


def dependencies(records: Sequence[OperationRecord]) -> list[tuple[int, ...]]:
    """For each operation the numbers of those that it had to wait for, among these.

    Who reads a version needs the operation that made it; who makes one needs the operation that
    made the version before, and all that read that.
    """
    maker: dict[Mark, int] = {}
    readers: dict[Mark, list[int]] = {}
    for record in records:
        maker.update(dict.fromkeys(record.writes, record.number))
        for mark in record.reads:
            readers.setdefault(mark, []).append(record.number)
    found = []
    for record in records:
        needed = [maker.get(mark) for mark in record.reads]
        for key, version in record.writes:
            needed += [maker.get((key, version - 1)), *readers.get((key, version - 1), ())]
        numbers = {n for n in needed if n is not None and n < record.number}
        found.append(tuple(sorted(numbers)))
    return found


def covered(spans: Iterable[tuple[int, int]]) -> int:
    """How much is covered by spans that may overlap.

    >>> covered([(0, 10), (5, 12), (20, 21)])
    13
    """
    total, reached = 0, None
    for start, end in sorted(spans):
        if reached is None or start > reached:
            total, reached = total + end - start, end
        elif end > reached:
            total, reached = total + end - reached, end
    return total
