"""Where the time went that a program spent waiting.

A wait is often blamed on the line that waits (`asnumpy`, `asscalar`, a metric), while the time went
into operations that were pushed long before.  The report says which.
"""

import threading
from time import perf_counter_ns as clock
from typing import NamedTuple

from .failures import duration, numbered, resolved
from .log import Log, OperationRecord, WaitRecord


class Copy(NamedTuple):
    """One transfer of results to the user, after a wait or without one."""

    ended: int
    lane: str
    seconds: float
    nbytes: int

    def __str__(self) -> str:
        return f"copied in {duration(self.seconds * 1e9)}"


class Report:
    """Collects from its creation on; `lines` tells what happened so far."""

    def __init__(self, log: Log):
        self._log = log
        self._start = clock()
        self._copies: list[Copy] = []

    def add_copy(self, seconds: float, nbytes: int) -> None:
        """The thread has just spent this time copying."""
        self._copies.append(Copy(clock(), threading.current_thread().name, seconds, nbytes))

    def lines(self) -> list[str]:
        """One line for each wait, and for each copy that needed none."""
        waits = [wait for wait in self._log.waits() if wait.started >= self._start]
        return lines_of(waits, self._copies, self._log.operations())


def lines_of(
    waits: list[WaitRecord], copies: list[Copy], operations: list[OperationRecord]
) -> list[str]:
    """A copy belongs to the wait before it in the same thread, if no other copy came between."""
    found: list[str] = []
    latest: dict[str, int] = {}  # thread -> index of its last wait that has no copy yet
    events: list[WaitRecord | Copy] = [*waits, *copies]
    for event in sorted(events, key=lambda event: event.ended):
        if isinstance(event, WaitRecord):
            latest[event.lane] = len(found)
            found.append(f"{event}{longest(event, operations)}")
        elif event.lane in latest:
            found[latest.pop(event.lane)] += f", {event}"
        else:
            found.append(f"{event}, nothing to wait for")
    return found


def longest(wait: WaitRecord, operations: list[OperationRecord]) -> str:
    """The operation that took most of the wait, where it is not the one that was waited for."""

    def share(op: OperationRecord) -> int:
        return min(op.ended, wait.ended) - max(op.started, wait.started)

    inside = [op for op in operations if op.started < wait.ended and op.ended > wait.started]
    most = max(inside, key=share, default=None)
    if most is None or most.number == wait.number or 2 * share(most) < wait.ended - wait.started:
        return ""
    site = resolved(most.site)
    where = f" ({site.where})" if site is not None else ""
    return f", most of it for {numbered(most.number, most.name)}{where}"
