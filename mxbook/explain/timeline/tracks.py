"""Lanes: who does things at the same time as others, in which order they are drawn, and in which
rows of their lane what overlaps is drawn.

A lane is a thread, with two exceptions: what the key-value store does and copies between devices
have lanes of their own, whichever worker runs them, because people look for them.
"""

from collections.abc import Iterable, Sequence

PYTHON, WORKER, COPY, DATA, STORE, OTHER = "python", "worker", "copy", "data", "kvstore", "other"
# In this order they are drawn, with these names where a kind has only one lane.
KINDS = (PYTHON, WORKER, COPY, DATA, STORE, OTHER)
WORKERS = "mxbook-worker-"
LOADERS = "mxbook-loader-"
COPIES = {"_copyto", "copyto", "_copy_to_device"}

Item = tuple[int, int]  # start and end


def lane_of(name: str, thread: str) -> str:
    """The lane in which an operation is drawn.

    >>> lane_of("dot", "mxbook-worker-1"), lane_of("KVStoreReduce", "mxbook-worker-1")
    ('mxbook-worker-1', 'kvstore')
    """
    if name.startswith("KVStore"):
        return "kvstore"
    return "copies" if name in COPIES else thread


def kind_of(lane: str, waiting: Iterable[str] = ()) -> str:
    """What a lane is; `waiting` are the threads that waited for the engine.

    >>> kind_of("MainThread"), kind_of("mxbook-loader-0"), kind_of("stream 7")
    ('python', 'data', 'copy')
    """
    if lane == "kvstore":
        return STORE
    if lane == "MainThread" or lane in waiting:
        return PYTHON
    for kind, starts in _STARTS:
        if lane.startswith(starts):
            return kind
    return OTHER


_STARTS = (
    (WORKER, (WORKERS, "worker")),
    (COPY, ("copies", "copy", "stream", "Memcpy")),
    (DATA, (LOADERS, "data")),
)


def title_of(lane: str, kind: str) -> str:
    """What people call a lane.

    >>> title_of("mxbook-worker-2", "worker"), title_of("MainThread", "python")
    ('worker 2', 'Python')
    """
    if lane == "MainThread":
        return "Python"
    for start, word in ((WORKERS, "worker "), (LOADERS, "data worker ")):
        if lane.startswith(start):
            return word + lane.removeprefix(start)
    return lane


def ordered(lanes: Iterable[str], waiting: Iterable[str] = ()) -> list[str]:
    """Lanes in the order in which they are drawn: by kind, then by name, numbers as numbers."""
    waiting = set(waiting)

    def key(lane: str) -> tuple:
        head = lane.rstrip("0123456789")
        number = lane[len(head) :]
        main = lane != "MainThread"
        return KINDS.index(kind_of(lane, waiting)), main, head, int(number) if number else -1

    return sorted(dict.fromkeys(lanes), key=key)


def depths(items: Sequence[Item]) -> list[int]:
    """The row of each item, for items sorted by start and, from the same start on, the longest
    first: the first row that is free.  So what runs inside something else comes below it.

    >>> depths([(0, 10), (2, 5), (6, 8), (7, 9), (10, 12)])
    [0, 1, 1, 2, 0]
    """
    free: list[int] = []  # when each row is free again
    found = []
    for start, end in items:
        for row, until in enumerate(free):
            if until <= start:
                free[row] = end
                break
        else:
            row = len(free)
            free.append(end)
        found.append(row)
    return found
