"""Threads that load batches ahead of the program.

The consumer asks for batches (`submit`) and takes them in the same order (`result`); the threads
work on the oldest request first.  How far ahead is the consumer's affair.
"""

import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from mxbook.base.errors import MXNetError


class LoaderTimeoutError(MXNetError, TimeoutError):
    """A batch did not come in time; the message names the sample that is still being loaded."""


class NoThreadsWarning(UserWarning):
    """Worker threads cannot be started here; the program loads its batches itself."""


class Task:
    """One batch: what is wanted, and what came of it once `done` is set."""

    __slots__ = ("current", "done", "error", "indices", "result", "since")

    def __init__(self, indices: Sequence[int]):
        self.indices = indices
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Event()
        self.current: int | None = None  # the sample in the making
        self.since = 0.0


class Workers:
    """`count` threads that load batches of a data set.

    As a context manager: no thread is left at the end of the block, however it ends.
    """

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

    def submit(self, indices: Sequence[int]) -> Task:
        """Ask for a batch."""
        task = Task(indices)
        self._job.queue.put(task)
        return task

    def result(self, task: Task) -> Any:
        """Wait for the oldest batch; raises what its data set or batchify function raised.

        Raises LoaderTimeoutError after `timeout` seconds.
        """
        if not self._threads:
            self._job.run(self._job.queue.get())
        if not task.done.wait(self._timeout):
            self._stuck = True
            raise _too_late(self._timeout, dict(self._job.running))
        if task.error is not None:
            raise task.error
        return task.result

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_exc: Any) -> None:
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
        while (task := self.queue.get()) is not None:
            self.run(task)
            del task  # while waiting for the next one, hold no batch

    def run(self, task: Task) -> None:
        """Load one batch; whatever goes wrong is kept for the consumer."""

        def begin(index: int) -> None:
            if self.stopped:
                raise _Stopped
            task.since, task.current = time.monotonic(), index

        name = threading.current_thread().name
        self.running[name] = task
        try:
            task.result = load(self.dataset, self.batchify, task.indices, begin)
        except BaseException as error:  # an exit inside a sample, too, must reach the consumer
            task.error = error
        finally:
            del self.running[name]
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


class _Stopped(Exception):  # noqa: N818 - it is no error
    """Ends a batch that nobody wants any more."""


def load(
    dataset: Any,
    batchify: Callable[[list], Any],
    indices: Sequence[int],
    begin: Callable[[int], None] | None = None,
) -> Any:
    """The batch of the samples at `indices`; `begin(index)` is called before each.

    What the data set or `batchify` raises gets a note that says at which sample.
    """
    samples = []
    for index in indices:
        if begin:
            begin(index)
        try:
            samples.append(dataset[index])
        except Exception as error:
            error.add_note(f"while loading sample {index} of {type(dataset).__name__}")
            raise
    try:
        return batchify(samples)
    except Exception as error:
        error.add_note(f"while putting samples {_listed(indices)} together to a batch")
        raise


def _listed(indices: Sequence[int]) -> str:
    shown = ", ".join(str(i) for i in indices[:8])
    return shown + ", ..." if len(indices) > 8 else shown


def _too_late(timeout: float, running: dict[str, Task]) -> LoaderTimeoutError:
    now = time.monotonic()
    slow = sorted((t.since, name, t.current) for name, t in running.items() if t.since)
    which = f"sample {slow[0][2]}" if slow else "the batch"
    return LoaderTimeoutError(
        f"no batch within {timeout:g} seconds: {which} is still being loaded",
        values=[
            (name, f"at sample {index} for {now - since:.1f} seconds")
            for since, name, index in slow
        ],
        hint="look at what the data set and its transforms do with this sample, or give the "
        "DataLoader a larger timeout",
    )


def _warn_no_threads(started: int, wanted: int, error: RuntimeError) -> None:
    what = f"only {started} of {wanted} worker threads" if started else "no worker thread"
    warnings.warn(
        f"DataLoader: {what} could be started here ({error}); the batches are the same, but come "
        "more slowly",
        NoThreadsWarning,
        stacklevel=4,
    )
