"""A crew of threads that load batches ahead of the program.

The threads work on the oldest request first.  How far ahead is the consumer's affair.
"""

import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from mxbook import engine

from .chance import Seeds, ThreadsOwn
from .loading import NoThreadsWarning, Stopped, load, too_late


class Task:
    """One batch: what is wanted, and what came of it once `done` is set."""

    __slots__ = ("current", "done", "error", "indices", "result", "seeds", "since", "used")

    def __init__(self, indices: Sequence[Any], seeds: Seeds):
        self.indices = indices
        self.seeds = seeds
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Event()
        self.current: Any = None  # the sample in the making
        self.since = 0.0
        self.used = 0  # kinds of random numbers


class Threads:
    """`count` threads that load the batches of one pass over a data set."""

    def __init__(self, count: int, dataset: Any, batchify: Callable, timeout: float):
        self._job = _Job(dataset, batchify)
        self._timeout = timeout
        self._stuck = False
        self._threads: list[threading.Thread] = []
        for i in range(count):
            # Daemons: a sample that never ends must not keep the interpreter from ending.
            thread = threading.Thread(target=self._job.work, name=f"mxbook-loader-{i}", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                _warn_no_threads(i, count, error)
                break
            self._threads.append(thread)

    def submit(self, indices: Sequence[Any], seeds: Seeds) -> Task:
        """Ask for a batch."""
        task = Task(indices, seeds)
        self._job.queue.put(task)
        return task

    def result(self, task: Task) -> tuple[Any, int]:
        """Wait for the oldest batch: the batch, and the kinds of random numbers it has used.

        Raises what its data set or batchify function raised, and LoaderTimeoutError after
        `timeout` seconds.
        """
        if not self._threads:
            self._job.run(self._job.queue.get(), ThreadsOwn())
        if not task.done.wait(self._timeout):
            self._stuck = True
            now = time.monotonic()
            running = dict(self._job.running)
            slow = [(now - t.since, name, t.current) for name, t in running.items() if t.since]
            raise too_late(self._timeout, slow)
        if task.error is not None:
            raise task.error
        return task.result, task.used

    def leave(self, _unwanted: Iterable[Task]) -> None:
        """The end of the pass: no thread is left, however it ends."""
        self._job.stop(len(self._threads))
        # A stuck thread ends after its sample, if ever.  At the interpreter's end all stand still,
        # and Python 3.13 would wait for them in vain.
        if not (self._stuck or sys.is_finalizing()):
            for thread in self._threads:
                thread.join(self._timeout)


class _Job:
    """What the threads share.  They know nothing of the loader, so that it can go away."""

    def __init__(self, dataset: Any, batchify: Callable):
        self.dataset = dataset
        self.batchify = batchify
        self.queue: SimpleQueue[Task | None] = SimpleQueue()
        self.running: dict[str, Task] = {}  # by the name of the thread
        self.stopped = False

    def work(self) -> None:
        """The life of a thread: run tasks until there is None."""
        own = ThreadsOwn()
        while (task := self.queue.get()) is not None:
            self.run(task, own)
            del task  # while waiting for the next one, hold no batch

    def run(self, task: Task | None, own: ThreadsOwn) -> None:
        """Load one batch; whatever goes wrong is kept for the consumer."""
        assert task is not None

        def begin(position: int) -> None:
            if self.stopped:
                raise Stopped
            task.since, task.current = time.monotonic(), task.indices[position]

        name = threading.current_thread().name
        started = time.perf_counter_ns()
        self.running[name] = task
        try:
            with own.start(task.seeds) as used:
                task.result = load(self.dataset, self.batchify, task.indices, begin)
                task.used = used()
        except BaseException as error:  # an exit inside a sample, too, must reach the consumer
            task.error = error
        finally:
            del self.running[name]
            if engine.state.tracing:
                engine.note_part("load a batch", "", started, time.perf_counter_ns(), 0)
            task.done.set()

    def stop(self, threads: int) -> None:
        """Let go of what is asked for; the threads end after the sample they are at."""
        self.stopped = True
        try:
            while True:
                self.queue.get_nowait()
        except Empty:
            for _ in range(threads):
                self.queue.put(None)


def _warn_no_threads(started: int, wanted: int, error: RuntimeError) -> None:
    what = f"only {started} of {wanted} worker threads" if started else "no worker thread"
    warnings.warn(
        f"DataLoader: {what} could be started here ({error}); the batches are the same, but come "
        "more slowly",
        NoThreadsWarning,
        stacklevel=4,
    )
