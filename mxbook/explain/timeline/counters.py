"""Numbers over time below the lanes: how many operations are in the queue, how many of them could
run if a worker were free, and how many bytes are alive.

Alive is what has been written and is still to be read (until its last reader ends); what the
program keeps for later, or needs no more but has not let go of, is not in the record.
"""

from typing import NamedTuple

import numpy as np

from .columns import OPERATION, Columns, Details
from .events import Lists


class Counter(NamedTuple):
    """A number that is `value[i]` from `time[i]` on, in nanoseconds from the beginning."""

    title: str
    unit: str  # "" or "B"
    time: np.ndarray
    value: np.ndarray

    @property
    def most(self) -> float:
        """The largest value."""
        return float(self.value.max(initial=0))

    def highest(self, edges: np.ndarray) -> np.ndarray:
        """The largest value between each two of these times, which ascend."""
        if not len(self.time):
            return np.zeros(len(edges) - 1)
        value = np.concatenate([[0.0], self.value, [0.0]])  # nothing before, and room for the end
        low = np.searchsorted(self.time, edges[:-1], side="right")
        high = np.maximum(low + 1, np.searchsorted(self.time, edges[1:], side="left") + 1)
        return np.maximum.reduceat(value, np.stack([low, high], axis=1).ravel())[::2]


def counters(columns: Columns) -> list[Counter]:
    """The counters of a timeline, without those that tell nothing: that there is at most one
    operation at a time.  None without details.
    """
    details = columns.details
    if details is None or columns.groups:
        return []
    mine = columns.what == OPERATION
    start = columns.start[mine]
    end = start + columns.length[mine]
    pushed, ready = start - details.pushed[mine], start - details.ready[mine]
    ones = np.ones(len(start))
    found = [
        _counter("in the queue", "", pushed, end, ones),
        _counter("ready, waiting", "", ready, start, ones),
        _counter("bytes alive", "B", *_alive(columns, details)),
    ]
    return [counter for counter in found if counter.most > (0 if counter.unit else 1)]


def _counter(
    title: str, unit: str, begin: np.ndarray, end: np.ndarray, size: np.ndarray
) -> Counter:
    """The sum of sizes, each of which counts from its begin to its end."""
    time, place = np.unique(np.concatenate([begin, end]), return_inverse=True)
    change = np.bincount(place, np.concatenate([size, -size]), minlength=len(time))
    return Counter(title, unit, time, np.maximum(0, np.cumsum(change)))


def _alive(columns: Columns, details: Details) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Begin, end and size of all that was written."""
    stop = columns.start + columns.length
    code, maker = _marks(details.writes)
    order = np.argsort(code, kind="stable")
    code, maker = code[order], maker[order]
    until = stop[maker]
    wanted, reader = _marks(details.reads)
    place = np.minimum(np.searchsorted(code, wanted), len(code) - 1)
    known = code[place] == wanted if len(code) else np.zeros(len(wanted), bool)
    np.maximum.at(until, place[known], stop[reader[known]])
    each = details.nbytes / np.maximum(1, np.diff(details.writes.offsets) // 2)
    return columns.start[maker], until, each[maker].astype(float)


def _marks(lists: Lists) -> tuple[np.ndarray, np.ndarray]:
    """Key and version in one number, of each mark, and the box it belongs to."""
    pairs = lists.items.astype(np.int64).reshape(-1, 2)
    return (pairs[:, 0] << 32) + pairs[:, 1], lists.owners()[::2]
