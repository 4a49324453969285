"""What threads sleep on, and what the engine knows about a thread.

A gate is one lock that is held while the gate is shut: whoever passes takes the lock, whoever opens
releases it.  `threading.Condition` would do the same, but an interrupt (Ctrl-C) inside its `wait`
can leave its lock in a wrong state; a single lock has no state between.
"""

import threading
from collections.abc import Iterable

from .core import Operation

LOOK_UP = 1.0  # seconds


class Gate:
    """Shut until every one of the operations has told that it is finished, or `open` is called.

    `op` is the operation whose function waits here, if it is one that waits.
    """

    __slots__ = ("_lock", "left", "op")

    def __init__(self, targets: Iterable[Operation] = (), op: Operation | None = None):
        self.left = set(targets)
        self.op = op
        self._lock = threading.Lock()
        self._lock.acquire()

    def pass_through(self) -> None:
        """Sleep until the gate is open; it shuts behind the one who passes.

        Now and then it looks up: a Ctrl-C that comes in the moment before the thread falls asleep
        does not wake it.
        """
        while not self._lock.acquire(timeout=LOOK_UP):
            pass

    def open(self) -> None:
        """Let one thread pass.  Call it under the engine's lock; twice is no more than once."""
        if self._lock.locked():
            self._lock.release()

    def tell(self, op: Operation) -> None:
        """One of the operations is finished; with the last one the gate opens."""
        self.left.discard(op)
        if not self.left:
            self.open()


class Lane:
    """One thread as the engine sees it: its name, and the operation on top of its stack.

    `owed` is an exception that left the engine, and the operation inside which the engine had been
    called, as long as nobody has cleaned up after it.
    """

    __slots__ = ("gate", "name", "op", "owed", "thread", "worker")

    def __init__(self, name: str, worker: bool = False):
        self.name = name
        self.worker = worker
        self.op: Operation | None = None
        self.owed: tuple[BaseException, Operation | None] | None = None
        self.thread: threading.Thread | None = None  # of a worker
        self.gate = Gate()  # where a worker without work sleeps

    def stack(self) -> list[Operation]:
        """The operations whose functions this thread is in, innermost first."""
        found, op = [], self.op
        while op is not None:
            found.append(op)
            op = op.outer
        return found


class _Local(threading.local):
    def __init__(self):
        self.lane = Lane(threading.current_thread().name)


local = _Local()
