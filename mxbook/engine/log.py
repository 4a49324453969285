"""What the engine did: the last so many operations and waits, in a ring.

Everything that shows time (profiler, timeline, `explain`, `story`) reads this record.  Times are
those of `time.perf_counter_ns`; a variable appears as its key and a version, so that the log keeps
no array alive.
"""

from collections import deque
from typing import Any, NamedTuple

from mxbook.base.sites import Site, here

from .core import Operation, Variable
from .failures import duration, resolved


class OperationRecord(NamedTuple):
    """One finished operation.  `reads` and `writes` are pairs of a variable's key and version."""

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

    @property
    def where(self) -> Site | None:
        """The user's line that pushed it."""
        return resolved(self.site)


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
        return f"waited {took} for operation #{self.number} {self.name}{where}"


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
        self.resize(size)

    def resize(self, size: int) -> None:
        """Remember so many operations, and as many waits; the newest are kept."""
        self._operations = deque(self._operations, maxlen=size)
        self._waits = deque(self._waits, maxlen=size)
        self.add = self._operations.append  # remembers a `record_of` a finished operation

    def add_wait(self, wait: WaitRecord) -> None:
        """Remember a wait that is over."""
        self._waits.append(wait)

    def operations(self) -> list[OperationRecord]:
        """The finished operations, in the order in which they were pushed."""
        return sorted(map(OperationRecord._make, list(self._operations)))

    def waits(self) -> list[WaitRecord]:
        """The waits that are over, in the order in which they ended."""
        return list(self._waits)

    def clear(self) -> None:
        """Forget everything."""
        self._operations.clear()
        self._waits.clear()


def record_of(op: Operation, ended: int) -> tuple:
    """The fields of an `OperationRecord`, as a plain tuple: this runs for every operation.

    All the way down it is made of plain tuples, numbers and texts, because the garbage collector
    stops visiting those; tens of thousands of anything else would slow the whole program down.
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
        ended,
        op.lane,
        op.inlined,
        op.outcome,
    )


class Event(NamedTuple):
    """One thing that happened to a variable."""

    time: int
    what: str  # "pushed", "started", "ended", "failed", "not run", "cancelled", "waited for"
    how: str  # "reads version 2" or "writes version 3"
    number: int
    name: str
    site: Any
    lane: str

    def line(self, start: int) -> str:
        """The event in one line, with the time since `start`."""
        site = resolved(self.site)
        where = f"   {site}" if site is not None else ""
        op = f"#{self.number} {self.name}" if self.number else "everything"
        how = f", {self.how}" if self.how else ""
        lane = f"   on {self.lane}" if self.lane else ""
        return f"{duration(self.time - start):>9}  {op} {self.what}{how}{lane}{where}"


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


def story_of(variable: Variable, log: Log, unfinished: list[tuple]) -> Story:
    """Everything the log knows about a variable, and what is still to come."""
    events: list[Event] = []
    for fields in [*log.operations(), *map(OperationRecord._make, unfinished)]:
        how = use_of(variable.key, fields)
        if how:
            events += events_of(fields, how)
    for wait in log.waits():
        if wait.variable == variable.key:
            fields = (wait.number, wait.name, wait.site, wait.lane)
            events.append(Event(wait.ended, str(wait), "", *fields))
    name = f" {variable.name}" if variable.name else ""
    return Story(f"variable{name}, version {variable.version}", events)


def use_of(key: int, op: OperationRecord) -> str:
    """How an operation uses a variable, or an empty text."""
    for mark in op.writes:
        if mark[0] == key:
            return f"writes version {mark[1]}"
    for mark in op.reads:
        if mark[0] == key:
            return f"reads version {mark[1]}"
    return ""


def events_of(op: OperationRecord, how: str) -> list[Event]:
    """The steps in the life of an operation."""

    def event(time: int, what: str, lane: str = "") -> Event:
        return Event(
            time, what, how, op.number, op.name, op.site if what == "pushed" else None, lane
        )

    found = [event(op.pushed, "pushed")]
    if op.started:
        found.append(event(op.started, "started", op.lane))
    if op.ended:
        found.append(event(op.ended, op.outcome))
    return found
