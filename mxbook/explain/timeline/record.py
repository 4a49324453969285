"""The engine's log as a timeline: who did what when, what had to wait for what, and why it took so
long.

    with mx.engine.trace():
        net(x).wait_to_read()
    print(mx.explain.timeline().text())

Plain data for texts, widgets and Chrome traces.  Times are nanoseconds of `time.perf_counter_ns`.
"""

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

from mxbook import engine
from mxbook.base.sites import Site
from mxbook.engine.failures import counted, duration
from mxbook.engine.log import OperationRecord, PartRecord, WaitRecord

if TYPE_CHECKING:
    from .area import Sums
    from .columns import Columns
    from .queues import Steps

LISTED = 20  # operations of the critical path that a text tells of
Mark = tuple[int, int]  # key of a variable and a version of it


class Event(NamedTuple):
    """One operation.  `after` are the numbers of the operations that had to end before.

    `place` is the user's line in words, where it is read from a file and there is no `site`.
    """

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
    place: str = ""

    @property
    def duration(self) -> int:
        """Nanoseconds from start to end."""
        return self.ended - self.started

    @property
    def where(self) -> str:
        """The user's line that asked for it; empty if unknown."""
        return self.site.where if self.site is not None else self.place

    @property
    def line(self) -> str:
        """The same with the text of the line, as far as it is known."""
        return str(self.site) if self.site is not None else self.place


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

    def sentence(self, path: Sequence[Event] | None = None, lanes: int = 0) -> str:
        """The timeline in one sentence, for those who cannot see it.

        `path` is the critical path and `lanes` their number, where they are known.
        """
        if not self.events:
            return "nothing happened"
        path = self.critical_path() if path is None else path
        took = duration(sum(e.duration for e in path))
        places = counted(lanes or len(self.lanes), "lane")
        return (
            f"{counted(len(self.events), 'operation')} on {places} in "
            f"{duration(self.end - self.start)}; critical path {took} "
            f"({counted(len(path), 'operation')})"
        )

    def text(self, width: int = 60) -> str:
        """Lanes as bars of `width` characters (dark: computing), and the critical path."""
        if not self.events:
            return "nothing happened"
        path, lanes, busy = self.critical_path(), self.lanes, self.busy()
        span = max(1, self.end - self.start)
        label = max(map(len, lanes), default=0)
        bars = self._bars(width, span)
        rows = [f"{lane:{label}}  {bars[lane]}  {busy[lane] / span:4.0%}" for lane in lanes]
        longest = path
        if len(path) > LISTED:
            longest = sorted(path, key=lambda e: -e.duration)[:LISTED]
            longest.sort(key=lambda e: e.number)
        head = "critical path:" if longest is path else f"critical path, the {LISTED} longest:"
        chain = [f"  {duration(e.duration):>8}  #{e.number} {e.name}  {e.where}" for e in longest]
        return "\n".join([self.sentence(path), *rows, head, *chain])

    def _bars(self, width: int, span: int) -> dict[str, str]:
        zero = self.start
        full: dict[str, set[int]] = {lane: set() for lane in self.lanes}
        for event in self.events:
            first = (event.started - zero) * width // span
            last = (event.ended - zero) * width // span
            full[event.lane].update(range(first, max(first + 1, last)))
        return {
            lane: "".join("█" if i in places else "·" for i in range(width))
            for lane, places in full.items()
        }

    def data(self) -> dict[str, Any]:
        """Everything as texts and numbers, ready for JSON; times in nanoseconds from the start."""
        zero = self.start

        def counted_from_start(row: dict[str, Any]) -> dict[str, Any]:
            times = ("pushed", "ready", "started", "ended")
            return {k: v - zero if k in times else v for k, v in row.items() if k != "site"}

        return {
            "start": 0,
            "end": self.end - zero,
            "lanes": self.lanes,
            "events": [{**counted_from_start(e._asdict()), "where": e.where} for e in self.events],
            "parts": [counted_from_start(p._asdict()) for p in self.parts],
            "waits": [
                {
                    "text": str(w),
                    "lane": w.lane,
                    "number": w.number,
                    "started": w.started - zero,
                    "ended": w.ended - zero,
                }
                for w in self.waits
            ],
            "critical": [e.number for e in self.critical_path()],
        }

    def to_chrome(self) -> dict[str, Any]:
        """A trace for chrome://tracing and Perfetto, as the dict that the JSON file holds."""
        from mxbook.explain import chrome

        return chrome.trace(chrome.of_timeline(self))

    # ---- looking closer

    def columns(self) -> "Columns":
        """Everything as NumPy arrays, sorted into the rows of the picture."""
        from .columns import columns

        return columns(self)

    def sums(self, start: int = 0, end: int | None = None, lanes: Sequence[str] = ()) -> "Sums":
        """How much time operators, blocks and lanes took within an area.

        `start` and `end` are nanoseconds from the beginning; without `lanes`, all of them.
        """
        from .area import sums

        return sums(self, start, end, lanes)

    def queues(self) -> "Steps":
        """What waits in the queue of each variable, one event after the other."""
        from .queues import Steps

        return Steps(self)

    def what_if(
        self, workers: int = 2, *, engine: str = "ThreadedEngine", python: bool = True
    ) -> "Timeline":
        """The same work on so many workers, or on another type of engine: `whatif.reschedule`."""
        from .whatif import reschedule

        return reschedule(self, workers, engine=engine, python=python)

    # ---- showing

    def svg(
        self, *, width: int = 760, theme: str = "light", by: str = "operator", title: str = ""
    ) -> str:
        """The picture as SVG that needs no style sheet, script or identifier.

        Colours tell the "operator" or the "block".
        """
        from mxbook.explain import svg

        from .chart import picture

        return svg.draw(picture(self, width=width, theme=theme, by=by, title=title))

    def png(
        self, *, width: int = 760, theme: str = "light", by: str = "operator", title: str = ""
    ) -> bytes:
        """The picture as PNG with two pixels for each unit; needs Pillow."""
        from mxbook.explain import png

        from .chart import picture

        return png.draw(picture(self, width=width, theme=theme, by=by, title=title))

    def save(self, path: str | PathLike) -> None:
        """Write it; the ending decides what: .png .svg .html .csv .txt, .json or .json.gz.

        The last two are Chrome traces, which Perfetto opens and `Timeline.load` reads back.  The
        file appears whole or not at all.  Raises ParameterError for another ending.
        """
        from .files import save

        save(self, path)

    @classmethod
    def load(cls, path: str | PathLike) -> "Timeline":
        """Read a Chrome trace, plain or .gz, ours or another program's.

        Raises FileFormatError for anything else.
        """
        from .reading import load

        return load(path)

    def _repr_mimebundle_(self, **_wanted):
        """What a notebook shows: the live widget where it is installed, and always a picture."""
        from .files import bundle

        return bundle(self)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """IPython would print every field of a tuple."""
        printer.text(self.text())

    def __repr__(self) -> str:
        return self.text()


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
