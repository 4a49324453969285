"""Writing the trace now and then while the profiler runs (`continuous_dump`)."""

import threading
from time import perf_counter

from . import trace
from .session import session

SHARE = 10  # writing takes at most one part in so many of the time, however long the trace is


class _Writer:
    """A thread that writes until it is told to end."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="profile writer", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        took = 0.0
        while not self._over.wait(max(session.options.dump_period, SHARE * took)):
            started = perf_counter()
            trace.write(session)
            took = perf_counter() - started

    def end(self) -> None:
        """Write no more; what is being written is finished."""
        self._over.set()
        self._thread.join()


_writer: _Writer | None = None
_lock = threading.Lock()


def follow() -> None:
    """Have a writer exactly while the profiler runs and the options want one."""
    global _writer
    with _lock:
        wanted = session.running and session.options.continuous_dump
        if wanted and _writer is None:
            _writer = _Writer()
        elif not wanted and _writer is not None:
            _writer.end()
            _writer = None
            trace.write(session)
