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

import numpy as np

from mxbook import engine
from mxbook.engine.failures import counted, duration
from mxbook.engine.log import Log, OperationRecord, PartRecord, WaitRecord

from .events import Event, Events, Table, in_order, table_of

if TYPE_CHECKING:
    from .area import Sums
    from .columns import Columns
    from .compare import Comparison
    from .queues import Steps

LARGE = 100_000  # operations; of more the critical path is found when somebody asks for it
LISTED = 20  # operations of the critical path that a text tells of


class Timeline(NamedTuple):
    """Events in the order in which they were pushed, instructions of graphs, and waits."""

    events: Sequence[Event]
    parts: list[PartRecord]
    waits: list[WaitRecord]

    @property
    def lanes(self) -> list[str]:
        """The threads: the user's in the order of appearance, then the engine's workers."""
        threads = table_of(self.events).texts("lane")[0]
        seen = dict.fromkeys([*(w.lane for w in self.waits), *threads])
        found = [lane for lane in seen if lane]
        pushing = {w.lane for w in self.waits} | {"MainThread"}
        return sorted(found, key=lambda lane: (lane not in pushing, lane))

    @property
    def start(self) -> int:
        """When the first thing happened."""
        pushed = table_of(self.events).numbers("pushed")
        first = [int(pushed.min())] if len(pushed) else []
        return min([*first, *(w.started for w in self.waits)], default=0)

    @property
    def end(self) -> int:
        """When the last thing was over."""
        ended = table_of(self.events).numbers("ended")
        last = [int(ended.max())] if len(ended) else []
        return max([*last, *(w.ended for w in self.waits)], default=0)

    def busy(self) -> dict[str, int]:
        """Nanoseconds that each lane spent in operations; one inside another counts once."""
        table = table_of(self.events)
        names, lane = table.texts("lane")
        spans = np.stack([table.numbers("started"), table.numbers("ended")], axis=1)
        took = {name: covered(spans[lane == i]) for i, name in enumerate(names)}
        return {name: took.get(name, 0) for name in self.lanes}

    def critical_path(self) -> list[Event]:
        """The chain of operations, each of which needs the one before, that takes longest together:
        with any number of workers the work cannot take less.
        """
        return [self.events[row] for row in table_of(self.events).critical()]

    def sentence(self, path: Sequence[int] | None = None, lanes: int = 0) -> str:
        """The timeline in one sentence, for those who cannot see it.

        `path` are the rows of the critical path (none: it is not told) and `lanes` their number,
        where they are known.
        """
        if not self.events:
            return "nothing happened"
        table = table_of(self.events)
        path = table.critical() if path is None else path
        places = counted(lanes or len(self.lanes), "lane")
        head = f"{counted(len(table))} on {places} in {duration(self.end - self.start)}"
        if not len(path):
            return head
        took = int((table.numbers("ended")[path] - table.numbers("started")[path]).sum())
        return f"{head}; critical path {duration(took)} ({counted(len(path))})"

    def text(self, width: int = 60, critical: bool = True) -> str:
        """Lanes as bars of `width` characters (dark: computing), and the critical path."""
        if not self.events:
            return "nothing happened"
        rows = table_of(self.events).critical() if critical else []
        path = [self.events[row] for row in rows]
        lanes, busy = self.lanes, self.busy()
        span = max(1, self.end - self.start)
        label = max(map(len, lanes), default=0)
        bars = self._bars(width, span)
        drawn = [f"{lane:{label}}  {bars[lane]}  {busy[lane] / span:4.0%}" for lane in lanes]
        if not path:
            return "\n".join([self.sentence(rows), *drawn])
        longest = path
        if len(path) > LISTED:
            longest = sorted(path, key=lambda e: -e.duration)[:LISTED]
            longest.sort(key=lambda e: e.number)
        head = "critical path:" if longest is path else f"critical path, the {LISTED} longest:"
        chain = [f"  {duration(e.duration):>8}  #{e.number} {e.name}  {e.where}" for e in longest]
        return "\n".join([self.sentence(rows), *drawn, head, *chain])

    def _bars(self, width: int, span: int) -> dict[str, str]:
        """For each lane a character for each stretch of time: dark where it was busy."""
        table = table_of(self.events)
        names, lane = table.texts("lane")
        first = (table.numbers("started") - self.start) * width // span
        last = np.maximum(first + 1, (table.numbers("ended") - self.start) * width // span)
        # Each operation opens at its first character and closes after its last one.
        steps = np.zeros((len(names), width + 2), np.int64)
        np.add.at(steps, (lane, np.clip(first, 0, width)), 1)
        np.add.at(steps, (lane, np.clip(last, 0, width + 1)), -1)
        full = dict(zip(names, np.cumsum(steps, axis=1) > 0, strict=True))
        idle = np.zeros(width, bool)
        return {
            name: "".join("█" if dark else "·" for dark in full.get(name, idle)[:width])
            for name in self.lanes
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

    def compare(
        self, other: "Timeline", names: tuple[str, str] = ("first", "second")
    ) -> "Comparison":
        """This and another record of nearly the same program, aligned: `compare.compare`."""
        from .compare import compare

        return compare(self, other, names)

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
        """IPython would print every field of a tuple, and asks for this beside the widget; so it
        must not take long."""
        printer.text(self.text(critical=len(self.events) <= LARGE))

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
        return of_log(engine.log)
    records = sorted(operations or (), key=lambda r: r.number)
    return _timeline(Table(records, OperationRecord._fields), parts or (), waits or ())


def of_log(log: Log, newest: int = 0, since: int = 0) -> Timeline:
    """The timeline of a log, or of its `newest` operations; only what was pushed `since` then.

    Takes microseconds for an operation: arrays and events are made when they are needed.
    """
    rows = log.records(newest)
    pushed = OperationRecord._fields.index("pushed")
    if since:
        rows = [row for row in rows if row[pushed] >= since]
    if newest:  # what else happened meanwhile
        started = OperationRecord._fields.index("started")
        since = min([row[started] for row in rows], default=since)
    parts = [p for p in log.parts(newest) if p.started >= since]
    waits = [w for w in log.waits(newest) if w.started >= since]
    table = Table(in_order(rows), OperationRecord._fields, raw=True)
    return _timeline(table, parts, waits)


def _timeline(table: Table, parts: Iterable[PartRecord], waits: Iterable[WaitRecord]) -> Timeline:
    return Timeline(
        Events(table),
        sorted(parts, key=lambda p: p.started),
        sorted(waits, key=lambda w: w.started),
    )


def covered(spans: Iterable[tuple[int, int]] | np.ndarray) -> int:
    """How much is covered by spans (start and end) that may overlap.

    >>> covered([(0, 10), (5, 12), (20, 21)])
    13
    """
    pairs = spans if isinstance(spans, np.ndarray) else np.array(list(spans), np.int64)
    if not len(pairs):
        return 0
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    starts, reached = pairs[:, 0], np.maximum.accumulate(pairs[:, 1])
    before = np.concatenate([starts[:1], reached[:-1]])
    return int(np.maximum(0, reached - np.maximum(starts, before)).sum())
