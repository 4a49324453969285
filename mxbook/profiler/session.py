"""What the profiler has seen: the part of the engine's log that was written while it ran, what the
user marked, and how much memory was in use.
"""

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, NamedTuple

from mxbook import engine, storage
from mxbook.backend import gpu
from mxbook.base.context import Context
from mxbook.engine.log import MOST_HELD, OperationRecord, PartRecord, WaitRecord
from mxbook.explain.timeline import Timeline, timeline

from .options import Options

CPU = Context("cpu", 0)


class Mark(NamedTuple):
    """Something that the user marked: a task, a frame, an event, a counter's value, a moment."""

    kind: str  # "task", "frame", "event", "counter" or "marker"
    domain: str
    name: str
    lane: str
    started: int
    ended: int
    value: Any = None  # of a counter; the scope of a marker


class Sample(NamedTuple):
    """How many bytes of a device were in use at a time."""

    time: int
    device: str
    nbytes: int


class Session:
    """One measurement: runs, pauses, stops, and then knows what happened meanwhile."""

    def __init__(self, clock: Callable[[], int] = perf_counter_ns):
        self.clock = clock
        self.options = Options()
        self.running = self.paused = False
        self.written = False  # everything is in a file: the next run begins afresh
        self._lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        """Drop what was seen so far; if it runs, it goes on."""
        with self._lock:
            self.windows: list[list[int]] = []  # start and end; the last may have no end yet
            self.marks: deque[Mark] = deque(maxlen=MOST_HELD)
            self.samples: deque[Sample] = deque(maxlen=MOST_HELD)
            self._operations: list[OperationRecord] = []
            self._parts: list[PartRecord] = []
            self._waits: list[WaitRecord] = []
            self.lost = False  # whether there was more than the log holds
            self._used: dict[Context, int] = {}
            if self.active:
                self.windows.append([self.clock()])

    @property
    def active(self) -> bool:
        """Whether it is looking now."""
        return self.running and not self.paused

    # ---- running and stopping

    def run(self) -> None:
        """Look from now on."""
        with self._lock:
            if self.running:
                return
            if self.written:
                self.forget()
            self.written = False
            self.running, self.paused = True, False
            engine.log.hold(True)
            self._look(True)

    def stop(self) -> None:
        """Look no longer.  What was asked for meanwhile is finished first, so that nothing is cut
        off."""
        with self._lock:
            if not self.running:
                return
            if not self.paused:
                self._look(False)
            self.running = self.paused = False
        engine.settle()
        with self._lock:
            self._operations, self._parts, self._waits = self._seen()
            self.windows = []  # what was written in them is known now
            engine.log.hold(False)

    def pause(self, on: bool) -> None:
        """Look away for a while, or look again; does nothing while it is stopped."""
        with self._lock:
            if self.running and self.paused != on:
                self._look(not on)
                self.paused = on

    def _look(self, on: bool) -> None:
        engine.set_tracing(on, self._sample)
        if on:
            self._sample()
            self.windows.append([self.clock()])
        elif self.windows:
            self.windows[-1].append(self.clock())

    def _sample(self) -> None:
        """Note how much memory is in use, where that has changed."""
        for device in (CPU, *gpu.used) if self.options.wants("memory") else ():
            used = storage.stats(device)["used"]
            if self._used.get(device) != used:
                self._used[device] = used
                name = f"{device.device_type}/{device.device_id}"
                self.samples.append(Sample(self.clock(), name, used))

    # ---- what it has seen

    def mark(self, mark: Mark) -> None:
        """Note something that the user marked, if it looks."""
        if self.active:
            self.marks.append(mark)

    def within(self, time: int) -> bool:
        """Whether it was looking at this time, since it was last stopped."""
        place = bisect_right(self.windows, [time, 2**64]) - 1
        if place < 0:
            return False
        window = self.windows[place]
        return len(window) == 1 or time <= window[1]

    def _seen(self) -> tuple[list[OperationRecord], list[PartRecord], list[WaitRecord]]:
        """The records of the log that were written while it looked."""
        log = engine.log
        self.lost = self.lost or log.full
        operations = [r for r in log.operations() if self.within(r.pushed)]
        numbers = {r.number for r in operations}
        parts = [p for p in log.parts() if p.number in numbers]
        waits = [w for w in log.waits() if self.within(w.started)]
        return self._operations + operations, self._parts + parts, self._waits + waits

    def timeline(self) -> Timeline:
        """What was seen, as far as the options want it: graphs that ran as programs are symbolic,
        all other operations imperative, waits are the interface."""
        with self._lock:
            running = self.running
            operations, parts, waits = (
                self._seen() if running else (self._operations, self._parts, self._waits)
            )
        graphs = {p.number for p in parts}
        wants = self.options.wants
        kinds = ["symbolic" if r.number in graphs else "imperative" for r in operations]
        return timeline(
            [r for r, kind in zip(operations, kinds, strict=True) if wants(kind)],
            parts if wants("symbolic") else [],
            waits if wants("api") else [],
        )


session = Session()
