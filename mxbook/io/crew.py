"""A few threads that do small pieces of work."""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any


class Job:
    """Several pieces of work that belong together: `run(i)` for each i below `count`.

    They may be done in any order, on several threads; `result` waits for all and raises the error
    of the first piece that failed.
    """

    def __init__(self, run: Callable[[int], None], count: int):
        self._run = run
        self._left = count
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._errors: dict[int, BaseException] = {}
        if count == 0:
            self._done.set()

    def piece(self, i: int) -> None:
        """Do one piece; what it raises is kept."""
        try:
            self._run(i)
        except BaseException as error:  # an exit, too, must reach who waits
            self._errors[i] = error
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._done.set()

    def result(self) -> None:
        """Wait until all pieces are done."""
        self._done.wait()
        if self._errors:
            raise self._errors[min(self._errors)]


class Crew:
    """At most `count` threads (and not more than there are processors) that work on jobs.

    As a context manager: no thread is left at the end of the block.  Where no thread can be
    started, the work is done at once.

    >>> found = {}
    >>> with Crew(2) as crew:
    ...     crew.start(lambda i: found.update({i: i * i}), 3).result()
    >>> sorted(found.items())
    [(0, 0), (1, 1), (2, 4)]
    """

    def __init__(self, count: int):
        self._queue: SimpleQueue = SimpleQueue()
        self._threads: list[threading.Thread] = []
        for i in range(min(count, os.cpu_count() or 1)):
            # Daemons: an image that never ends must not keep the interpreter from ending.
            thread = threading.Thread(
                target=_work, args=(self._queue,), name=f"mxbook-image-{i}", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # out of threads
                break
            self._threads.append(thread)

    def start(self, run: Callable[[int], None], count: int) -> Job:
        """Begin a job of `count` pieces."""
        job = Job(run, count)
        for i in range(count):
            if self._threads:
                self._queue.put((job, i))
            else:
                job.piece(i)
        return job

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_exc: Any) -> None:
        while not self._queue.empty():  # nobody wants it any more
            self._queue.get_nowait()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()


def _work(queue: SimpleQueue) -> None:
    while (task := queue.get()) is not None:
        job, i = task
        job.piece(i)
        del job, task  # while waiting, hold no batch
