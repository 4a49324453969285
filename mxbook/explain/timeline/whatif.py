"""The same record on other engines: a pure scheduler, without threads or clocks.

It knows for each operation how long it took, what it has to wait for, and when Python asked for
it; and it decides who would have run it when.  What it does not know: operations that run at the
same time slow each other down on a real machine, handing one to a worker takes some time, and
waits that found their result ready are in no record.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from mxbook.base.errors import ParameterError, nearest
from mxbook.engine.log import WaitRecord

from .area import own_time
from .events import Event
from .record import Timeline
from .tracks import PYTHON, WORKER, kind_of

ENGINES = ("NaiveEngine", "ThreadedEngine", "HybridEngine")
MAIN = "MainThread"


class Step(NamedTuple):
    """What the Python thread does: `own` nanoseconds for itself, then a push or a wait.

    `wait` is None for the push of operation `number`; otherwise the kind of the wait.
    """

    own: int
    number: int
    wait: str | None = None


class Slot(NamedTuple):
    """Where and when an operation runs."""

    lane: str
    pushed: int
    ready: int
    started: int
    ended: int


def reschedule(
    timeline: Timeline, workers: int = 2, *, engine: str = "ThreadedEngine", python: bool = True
) -> Timeline:
    """The timeline that this work would have had with so many workers.

    "ThreadedEngine" runs everything on workers, "HybridEngine" lets the Python thread run what it
    ran in the record (if that is ready at its push), "NaiveEngine" runs each operation at its push.
    With `python=False` asking for operations takes no time, and nobody waits for results: what is
    left is the work and its dependencies.  Raises ParameterError for another engine, or no worker.

    >>> reschedule(Timeline([], [], []), 4).events
    []
    """
    if engine not in ENGINES:
        raise ParameterError(
            f"there is no engine {engine!r}",
            rule="one of " + ", ".join(ENGINES),
            hint=nearest(engine, ENGINES),
        )
    if workers < 1:
        raise ParameterError(f"{workers} workers cannot run anything", rule="at least one")
    simulation = _Simulation(timeline, workers, engine, python)
    simulation.run()
    events = [_moved(e, simulation.slots[e.number]) for e in timeline.events]
    return Timeline(events, [], simulation.waits)


def _moved(event: Event, slot: Slot) -> Event:
    return event._replace(**slot._asdict())


def program(timeline: Timeline) -> list[Step]:
    """What the Python threads did, as one after the other: their own time, pushes and waits.

    Own time is what passed between two of them and was neither spent in an operation that ran in
    a Python thread nor asleep.
    """
    waiting = {w.lane for w in timeline.waits}
    spans = [(w.started, w.ended) for w in timeline.waits]
    marks: list[tuple[int, int, int, str | None]] = []
    for event in timeline.events:
        marks.append((event.pushed, event.number, event.pushed, None))
        if kind_of(event.lane, waiting) != WORKER:
            spans.append((event.started, event.ended))
    marks += [(w.started, w.number, w.ended, w.kind) for w in timeline.waits]
    asleep = _Covered(spans)
    steps, last = [], timeline.start
    for time, number, until, wait in sorted(marks, key=lambda m: m[:2]):
        own = max(0, time - last - (asleep.until(time) - asleep.until(last)))
        steps.append(Step(own, number, wait))
        last = max(last, until)
    return steps


class _Covered:
    """How much of the time before a moment is covered by spans; asked in the order of time."""

    def __init__(self, spans: list[tuple[int, int]]):
        self._spans: list[tuple[int, int]] = []
        self._before: list[int] = []  # covered before each span
        total, reached = 0, None
        for start, end in sorted(spans):
            start = start if reached is None else max(start, reached)
            if end > start:
                self._spans.append((start, end))
                self._before.append(total)
                total += end - start
                reached = end
        self._at = 0

    def until(self, time: int) -> int:
        """Nanoseconds that are covered before `time`."""
        spans = self._spans
        if not spans:
            return 0
        while self._at + 1 < len(spans) and spans[self._at + 1][0] <= time:
            self._at += 1
        while self._at and spans[self._at][0] > time:
            self._at -= 1
        start, end = spans[self._at]
        return self._before[self._at] + max(0, min(time, end) - start)


class _Simulation:
    """Time goes from one event to the next: an operation ends, or Python does its next step."""

    def __init__(self, timeline: Timeline, workers: int, engine: str, python: bool):
        self.naive, self.hybrid = engine == "NaiveEngine", engine == "HybridEngine"
        self.took = own_time(timeline.events)
        self.names = {e.number: e.name for e in timeline.events}
        self.after = {e.number: set(e.after) & self.took.keys() for e in timeline.events}
        self.dependents: dict[int, list[int]] = {}
        for number, needed in self.after.items():
            for other in needed:
                self.dependents.setdefault(other, []).append(number)
        waiting = {w.lane for w in timeline.waits}
        self.inline = {e.number for e in timeline.events if kind_of(e.lane, waiting) == PYTHON}
        steps = program(timeline) if python else [Step(0, e.number) for e in timeline.events]
        self.steps: Iterator[Step] = iter(steps)
        self.free = list(range(1, workers + 1))  # heaps
        self.ready: list[int] = []
        self.agenda: list[tuple[int, int, int, int]] = []  # time, rank, number, worker
        self.pushed: dict[int, int] = {}
        self.ready_at: dict[int, int] = {}
        self.slots: dict[int, Slot] = {}
        self.done: set[int] = set()
        self.waits: list[WaitRecord] = []
        self.waited: tuple[Step, int, set[int]] | None = None  # by Python: since when, for whom

    def run(self) -> None:
        """Until nothing is left to do."""
        self._python(0)
        while self.agenda:
            now = self.agenda[0][0]
            while self.agenda and self.agenda[0][0] == now:
                _, rank, number, worker = heappop(self.agenda)
                if rank == 0:
                    self._end(number, worker, now)
                else:
                    self._step(now)
            while self.free and self.ready:
                self._start(heappop(self.ready), f"worker {self.free[0]}", now, heappop(self.free))

    def _python(self, now: int) -> None:
        """Plan the next step of the Python thread."""
        self.next = next(self.steps, None)
        if self.next is not None:
            heappush(self.agenda, (now + self.next.own, 1, 0, 0))

    def _step(self, now: int) -> None:
        step = self.next
        assert step is not None
        if step.wait is not None:
            targets = self.pushed.keys() if step.wait == "all" else {step.number}
            left = (targets & self.pushed.keys()) - self.done if step.wait != "room" else set()
            if left:
                self.waited = (step, now, set(left))
            else:
                self._python(now)
            return
        number = step.number
        self.pushed[number] = now
        if not self.after[number]:
            self.ready_at[number] = now
            if self.naive or (self.hybrid and number in self.inline):
                self._start(number, MAIN, now, 0)
                return  # Python goes on when it has ended
            heappush(self.ready, number)
        self._python(now)

    def _start(self, number: int, lane: str, now: int, worker: int) -> None:
        ended = now + self.took[number]
        self.slots[number] = Slot(lane, self.pushed[number], self.ready_at[number], now, ended)
        heappush(self.agenda, (ended, 0, number, worker))

    def _end(self, number: int, worker: int, now: int) -> None:
        self.done.add(number)
        if worker:
            heappush(self.free, worker)
        for other in self.dependents.get(number, ()):
            self.after[other].discard(number)
            if not self.after[other] and other in self.pushed:
                self.ready_at[other] = now
                heappush(self.ready, other)
        if self.waited is not None and number in self.waited[2]:
            step, since, left = self.waited
            left.discard(number)
            if not left:
                self.waited = None
                kind = step.wait or "variable"
                target = (step.number, self.names.get(step.number, ""), None)
                self.waits.append(WaitRecord(None, kind, None, since, now, MAIN, *target))
                self._python(now)
        if not worker:
            self._python(now)


class Outcome(NamedTuple):
    """How long the work would take on an engine."""

    engine: str
    workers: int
    span: int  # nanoseconds
    parallel: float  # operations at the same time, on average


def compare(timeline: Timeline, workers: int = 8, *, python: bool = True) -> list[Outcome]:
    """The work on the naive engine and on 1, 2, ... workers."""
    plans = [("NaiveEngine", 1), *(("ThreadedEngine", n) for n in range(1, workers + 1))]
    total = sum(own_time(timeline.events).values())
    found = []
    for engine, count in plans:
        other = reschedule(timeline, count, engine=engine, python=python)
        span = other.end - other.start
        found.append(Outcome(engine, count, span, total / span if span else 0.0))
    return found
