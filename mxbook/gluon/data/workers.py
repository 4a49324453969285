"""Threads that load batches ahead of the program.

The consumer asks for batches (`submit`) and takes them in the same order (`result`); the threads
work on the oldest request first.  How far ahead is the consumer's affair.
"""

import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from mxbook.base.errors import MXNetError


class DataLoaderTimeout(MXNetError, TimeoutError):
    """A batch did not come in time; the message names the sample that is still being loaded."""


class NoThreadsWarning(UserWarning):
    """Worker threads cannot be started here; the program loads its batches itself."""


class Task:
    """One batch: what is wanted, and what came of it once `done` is set."""

    __slots__ = ("current", "done", "error", "indices", "result", "since", "worker")

    def __init__(self, indices: Sequence[int]):
        self.indices = indices
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Event()
        self.current: Any = None  # index of the sample in the making
        self.since = 0.0
        self.worker = ""


class Workers:
    """`count` threads that run `load(batch of samples)` on samples of `dataset`.

    As a context manager: no thread is left at the end of the block, however it ends.
    """

    def __init__(self, count: int, dataset: Any, batchify: Callable, timeout: float):
        self._job = _Job(dataset, batchify)
        self._timeout = timeout
        self._stuck = False
        self._threads: list[threading.Thread] = []
        for i in range(count):
            # Daemons: a sample that never ends must not keep the interpreter from ending.
            thread = threading.Thread(
                target=self._job.work, name=f"mxbook-loader-{i}", daemon=True
            )
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
        """Wait for a batch; raises what its dataset or batchify function raised.

        Raises DataLoaderTimeout after `timeout` seconds.
        """
        if not self._threads:
            self._job.run(self._job.queue.get())
        if not task.done.wait(self._timeout):
            self._stuck = True
            raise _too_late(self._timeout, list(self._job.running))
        if task.error is not None:
            raise task.error
        return task.result

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_exc: Any) -> None:
        self._job.stop(len(self._threads))
        if self._stuck:  # the thread in question would keep us waiting; it ends after its sample
            return
        for thread in self._threads:
            thread.join(self._timeout)


class _Job:
    """What the threads share.  They know nothing of the loader, so that it can go away."""

    def __init__(self, dataset: Any, batchify: Callable):
        self.dataset = dataset
        self.batchify = batchify
        self.queue: SimpleQueue[Task | None] = SimpleQueue()
        self.running: deque[Task] = deque()
        self.stopped = False

    def work(self) -> None:
        """The life of a thread: run tasks until there is None."""
        while (task := self.queue.get()) is not None:
            self.run(task)
            del task  # while waiting for the next one, hold no batch

    def run(self, task: Task) -> None:
        """Load one batch; whatever goes wrong is kept for the consumer."""
        task.worker = threading.current_thread().name
        self.running.append(task)
        try:
            task.result = load(self.dataset, self.batchify, task.indices, task, self)
        except BaseException as error:  # an exit inside a sample, too, must reach the consumer
            task.error = error
        finally:
            self.running.remove(task)
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


class _Stopped(Exception):
    """Ends a batch that nobody wants any more."""


def load(
    dataset: Any,
    batchify: Callable,
    indices: Sequence[int],
    task: Task | None = None,
    job: _Job | None = None,
) -> Any:
    """The batch of the samples at `indices`.

    What the data set or `batchify` raises gets a note that says at which sample.
    """
    samples = []
    for index in indices:
        if task and job:
            if job.stopped:
                raise _Stopped
            task.current, task.since = index, time.monotonic()
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


def _too_late(timeout: float, running: list[Task]) -> DataLoaderTimeout:
    now = time.monotonic()
    slow = sorted((t for t in running if t.since), key=lambda t: t.since)
    which = f"sample {slow[0].current}" if slow else "the batch"
    return DataLoaderTimeout(
        f"no batch within {timeout:g} seconds: {which} is still being loaded",
        values=[
            (t.worker, f"at sample {t.current} for {now - t.since:.1f} seconds") for t in slow
        ],
        hint="look at what the data set and its transforms do with this sample, or give the "
        "DataLoader a larger timeout",
    )


def _warn_no_threads(started: int, wanted: int, error: RuntimeError) -> None:
    what = f"only {started} of {wanted} worker threads" if started else "no worker threads"
    warnings.warn(
        f"DataLoader: {what} could be started here ({error}); batches come without more",
        NoThreadsWarning,
        stacklevel=4,
    )
