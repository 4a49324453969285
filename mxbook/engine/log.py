"""What the engine did: the last so many operations and waits, in a ring.

Everything that shows time (profiler, timeline, `explain`, `story`) reads this record.  Times are
those of `time.perf_counter_ns`; a variable appears as its key and a version, so that the log keeps
no array alive.
"""

from collections import deque
from typing import Any, NamedTuple

from mxbook.base.sites import Site, here

from .core import Operation, Variable
from .failures import duration, numbered, resolved

MOST_HELD = 2**20  # records of each kind while the log is held


class OperationRecord(NamedTuple):
    """One operation.  `reads` and `writes` are keys of variables and the versions read and made."""

    number: int
    name: str
    site: Any
    reads: tuple[tuple[int, int], ...]
    writes: tuple[tuple[int, int], ...]
    pushed: int
    ready: int
    started: int
    ended: int
    lane: str
    inlined: bool
    outcome: str  # "done", "failed", "not run" or "cancelled"
    nbytes: int = 0  # that it was to write
    layer: str = ""  # the block that asked for it; known inside `trace()`

    @property
    def where(self) -> Site | None:
        """The user's line that pushed it."""
        return resolved(self.site)


class PartRecord(NamedTuple):
    """One instruction of a graph that ran as one operation; noted inside `trace()`."""

    number: int  # of the operation it is a part of
    name: str
    layer: str
    started: int
    ended: int
    lane: str
    nbytes: int


class WaitRecord(NamedTuple):
    """One wait that had to sleep, and for which operation (its number and name)."""

    variable: int | None  # key; None for a wait for everything or for room in the queue
    kind: str  # "variable", "all" or "room"
    site: Any
    started: int
    ended: int
    lane: str
    number: int
    name: str
    pushed_at: Any  # the site of that operation

    def __str__(self) -> str:
        took = duration(self.ended - self.started)
        if self.kind == "room":
            return f"waited {took} for room among the queued operations"
        if self.kind == "all":
            return f"waited {took} for all operations"
        site = resolved(self.pushed_at)
        where = f" ({site.where})" if site is not None else ""
        return f"waited {took} for operation {numbered(self.number, self.name)}{where}"


def wait_record(
    kind: str,
    variable: Variable | None,
    target: Operation | None,
    lane: str,
    started: int,
    ended: int,
) -> WaitRecord:
    """The record of a wait of this thread that is just over."""
    key = None if variable is None else variable.key
    op = (0, "", None) if target is None else (target.number, target.name, target.site)
    return WaitRecord(key, kind, here(), started, ended, lane, *op)


class Log:
    """The ring.  Adding is one append, which needs no lock."""

    def __init__(self, size: int):
        self._operations: deque[tuple] = deque()
        self._waits: deque[WaitRecord] = deque()
        self._parts: deque[tuple] = deque()
        self._held = 0
        self.resize(size)

    def resize(self, size: int) -> None:
        """Remember so many operations, and as many waits and parts; the newest are kept."""
        self._size = size
        size = max(size, MOST_HELD) if self._held else size
        self._operations = deque(self._operations, maxlen=size)
        self._waits = deque(self._waits, maxlen=size)
        self._parts = deque(self._parts, maxlen=size)
        self.add = self._operations.append  # remembers a `record_of` a finished operation
        self.add_part = self._parts.append  # remembers a part, as a plain tuple

    def hold(self, on: bool) -> None:
        """Remember far more while somebody measures; for each `hold(True)` one `hold(False)`."""
        self._held += 1 if on else -1
        self.resize(self._size)

    @property
    def full(self) -> bool:
        """Whether the oldest operations, waits or parts have been forgotten, or will be next."""
        rings = (self._operations, self._waits, self._parts)
        return any(len(ring) == ring.maxlen for ring in rings)

    def add_wait(self, wait: WaitRecord) -> None:
        """Remember a wait that is over."""
        self._waits.append(wait)

    def records(self, newest: int = 0) -> list[tuple]:
        """The finished operations as the ring holds them, in the order of their ends; `newest`: so
        many.  An interrupt may hit an operation that has just been recorded as done; then there is
        a second record, that it was cancelled, which is the truth."""
        return list(self._operations)[-newest:]

    def operations(self, newest: int = 0) -> list[OperationRecord]:
        """The finished operations, in the order in which they were pushed; `newest`: so many."""
        latest = {record[0]: record for record in self.records(newest)}
        return [read(record) for record in sorted(latest.values())]

    def waits(self, newest: int = 0) -> list[WaitRecord]:
        """The waits that are over, in the order in which they ended."""
        return list(self._waits)[-newest:]

    def parts(self, newest: int = 0) -> list[PartRecord]:
        """The instructions of graphs that ran inside `trace()`, in the order of their ends."""
        return [PartRecord._make(part) for part in list(self._parts)[-newest:]]

    def clear(self) -> None:
        """Forget everything."""
        self._parts.clear()
        self._operations.clear()
        self._waits.clear()


def record_of(op: Operation) -> tuple:
    """What the ring keeps of an operation; `read` turns it into an `OperationRecord`.

    This runs for every operation.  All the way down it is made of plain tuples, numbers and texts,
    because the garbage collector stops visiting those; tens of thousands of anything else would
    slow the whole program down.
    """
    site = op.site
    return (
        op.number,
        op.name,
        tuple(site) if type(site) is Site else site,
        op.read_marks,
        op.write_marks,
        op.pushed,
        op.ready,
        op.started,
        op.ended,
        op.lane,
        op.inlined,
        op.outcome,
        op.nbytes,
        op.layer,
    )


def read(record: tuple) -> OperationRecord:
    """A record as people see it."""
    made = tuple((key, replaced + 1) for key, replaced in record[4])
    return OperationRecord._make((*record[:4], made, *record[5:]))


class Event(NamedTuple):
    """One thing that happened to a variable."""

    time: int
    what: str  # "pushed", "started", "done", "failed", "not run", "cancelled", or about a wait
    how: str  # "reads version 2" or "writes version 3"
    number: int  # of the operation; 0 for a wait
    name: str
    site: Any
    lane: str

    def line(self, start: int) -> str:
        """The event in one line, with the time since `start`."""
        site = resolved(self.site)
        title = numbered(self.number, self.name)
        what = f"{title} {self.what}, {self.how}" if self.number else self.what
        lane = f"   on {self.lane}" if self.lane else ""
        where = f"   {site}" if site is not None else ""
        return f"{duration(self.time - start):>8}  {what}{lane}{where}"


class Story(list):
    """The events of one variable in the order of time; as text, one line each."""

    def __init__(self, title: str, events: list[Event]):
        super().__init__(sorted(events, key=lambda event: event.time))
        self.title = title

    def __str__(self) -> str:
        start = self[0].time if self else 0
        return "\n".join([self.title, *(event.line(start) for event in self)])

    def __repr__(self) -> str:
        return str(self)


def story_of(variable: Variable, log: Log, unfinished: list[Operation]) -> Story:
    """Everything the log knows about a variable, and what is still to come."""
    key = variable.key
    events: list[Event] = []
    for record in log.operations():
        made, seen = dict(record.writes).get(key), dict(record.reads).get(key)
        if made is not None:
            events += events_of(record, f"writes version {made}")
        elif seen is not None:
            events += events_of(record, f"reads version {seen}")
    version = variable.version
    for op in unfinished:
        record = read(record_of(op))
        if variable in op.outputs:
            version += 1
            events += events_of(record, f"writes version {version}")
        elif variable in op.inputs:
            events += events_of(record, f"reads version {version}")
    for wait in log.waits():
        if wait.variable == key:
            events.append(Event(wait.ended, str(wait), "", 0, "", wait.site, wait.lane))
    name = f" {variable.name}" if variable.name else ""
    return Story(f"variable{name}, version {variable.version}", events)


def events_of(op: OperationRecord, how: str) -> list[Event]:
    """The steps in the life of an operation, as far as they have happened."""
    found = [Event(op.pushed, "pushed", how, op.number, op.name, op.site, "")]
    if op.started:
        found.append(Event(op.started, "started", how, op.number, op.name, None, op.lane))
    if op.ended:
        found.append(Event(op.ended, op.outcome, how, op.number, op.name, None, ""))
    return found
