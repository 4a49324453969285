"""A crew of worker processes, as the program sees it.

No thread of the program takes part: whoever waits for a batch reads what the workers say.  A worker
that ends, however, is noticed at once, because its connection does.
"""

import atexit
import os
import pickle
import select
import signal
import socket
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from mxbook import engine
from mxbook.base.config import config
from mxbook.base.errors import MXNetError
from mxbook.base.semantics import local as semantics
from mxbook.storage import shared

from . import nursery as _nursery
from .chance import Seeds
from .channel import Channel
from .lending import HELD, Borrower
from .loading import LoaderTimeoutError, WorkerDiedError, WorkerError, too_late
from .nursery import GRACE, CannotStart
from .shipping import Exchange
from .worker import CELL, Answer, Job, Wanted

START_SECONDS = 300.0  # a data set may take long to be unpacked; then something is wrong
NOT_SENT = {"engine_type", "cpu_workers", "blas_threads"}  # settings; workers have their own


class Task:
    """One batch: what is wanted, and what came of it once `done`."""

    __slots__ = ("done", "error", "indices", "number", "result", "used", "worker")

    def __init__(self, number: int, indices: Sequence[Any], worker: "_Worker"):
        self.number = number
        self.indices = indices
        self.worker = worker
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.used = 0


class _Worker:
    """What the program knows of a worker."""

    def __init__(self, number: int, pid: int, channel: Channel, most: int):
        self.number = number
        self.pid = pid
        self.channel = channel
        self.borrower = Borrower(most)
        self.tasks: dict[int, Task] = {}  # asked for, not answered
        self.ready = False

    @property
    def name(self) -> str:
        return f"worker {self.number} (process {self.pid})"


class WorkerTraceback(Exception):  # noqa: N818 - it is shown as the cause of an error
    """The traceback of an error where it happened, in a worker."""

    def __str__(self) -> str:
        return f"\n\n{self.args[0]}"


class Processes:
    """`count` processes that load batches of a data set, for any number of passes.

    Raises CannotStart where there can be no processes, NotShippable for what cannot be sent to
    them, and CannotStart when they cannot unpack it.
    """

    def __init__(self, count: int, dataset: Any, batchify: Callable, timeout: float):
        self._timeout = timeout
        self._exchange = Exchange()
        self._workers: list[_Worker] = []
        self._unwanted: deque[Task] = deque()
        self._count = 0
        self._nursery: Any = None
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self.ended: BaseException | None = None  # why no more batches come
        content, buffers = self._exchange.pack((dataset, batchify))
        try:
            self._start(count, content, buffers)
        except BaseException as error:
            self.stop(error)
            raise
        _living.add(self)

    @property
    def pids(self) -> list[int]:
        """The numbers of the worker processes."""
        return [worker.pid for worker in self._workers]

    @property
    def usable(self) -> bool:
        """Whether it can begin another pass; a forked process cannot use the crew of its parent."""
        return self.ended is None and self._owner == os.getpid()

    def __del__(self) -> None:
        self.stop()

    # ---- starting

    def _start(self, count: int, content: bytes, buffers: list[memoryview]) -> None:
        places, size = [], 0
        for buffer in buffers:
            places.append((size, buffer.nbytes))
            size += shared.aligned(buffer.nbytes)
        descriptors: list[int] = []
        try:
            if size:
                descriptors.append(shared.new(size))
                memory = shared.mapped(descriptors[0], size)
                for buffer, (at, nbytes) in zip(buffers, places, strict=True):
                    memory[at : at + nbytes] = np.frombuffer(buffer, np.uint8)
            self._fork(count)
            settings = {n: v for n, v, source, _ in config.table() if source == "assignment"}
            for name in NOT_SENT:
                settings.pop(name, None)
            for worker in self._workers:
                job = Job(worker.number, content, places, list(sys.path), os.getcwd(), settings)
                worker.channel.send(pickle.dumps(job), descriptors)
        except OSError as error:
            raise CannotStart(f"workers cannot be started: {error}") from error
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self._await_readiness()

    def _fork(self, count: int) -> None:
        board = shared.new(8 * CELL * count)
        try:
            self._board = memoryview(shared.mapped(board, 8 * CELL * count)).cast("d")
            self._board[:] = memoryview(bytes(8 * CELL * count)).cast("d")
            with _nursery.held():
                self._nursery = _nursery.enter()
                for number in range(count):
                    mine, other = socket.socketpair()
                    mine.settimeout(self._timeout)
                    channel = Channel(mine)
                    _open.add(channel)
                    try:
                        with other:
                            pid = self._nursery.fork([other.fileno(), board])
                    except BaseException:
                        _close(channel)
                        raise
                    most = max(4, HELD // count)
                    self._workers.append(_Worker(number, pid, channel, most))
        finally:
            os.close(board)

    def _await_readiness(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not all(worker.ready for worker in self._workers):
            if not self._hear(deadline):
                raise CannotStart(f"workers have not unpacked the data set in {START_SECONDS:g} s")

    # ---- working

    def submit(self, indices: Sequence[Any], seeds: Seeds) -> Task:
        """Ask for a batch."""
        with self._lock:
            self._check()
            self._pass_on()
            worker = min(self._workers, key=lambda w: len(w.tasks))
            task = Task(self._count, indices, worker)
            self._count += 1
            wanted = Wanted(
                task.number, indices, seeds, (semantics.np_shape, semantics.np_array),
                _all_of(worker.borrower.back),
            )  # fmt: skip
            message = pickle.dumps(wanted)
            worker.tasks[task.number] = task
            self._say(worker, message)
        return task

    def result(self, task: Task) -> tuple[Any, int]:
        """Wait for a batch: the batch, and the kinds of random numbers it has used.

        Raises what its data set or batchify function raised, LoaderTimeoutError after `timeout`
        seconds, and WorkerDiedError when a worker has ended; after these two the crew is no more.
        """
        with self._lock:
            deadline = time.monotonic() + self._timeout
            while not task.done:
                self._check()
                try:
                    heard = self._hear(deadline)
                    if not heard:
                        raise self._too_late()
                except BaseException as error:  # after a Ctrl-C a message may be cut in two
                    self.stop(error)
                    raise
        if task.error is not None:
            raise task.error
        return task.result, task.used

    def leave(self, unwanted: Iterable[Task]) -> None:
        """The end of a pass: these batches are not wanted any more.

        May be called by a finalizer, and so does not wait if somebody is just using the crew.
        """
        self._unwanted.extend(unwanted)
        if self.ended is None and self._lock.acquire(blocking=False):
            try:
                self._pass_on()
            finally:
                self._lock.release()

    def _check(self) -> None:
        if self.ended is not None:
            raise MXNetError(
                "the workers have ended", rule="a loop that goes on after an error begins anew"
            ) from self.ended

    def _pass_on(self) -> None:
        """Tell the workers what is not wanted."""
        numbers: dict[_Worker, set[int]] = {}
        for task in _all_of(self._unwanted):
            if not task.done:
                numbers.setdefault(task.worker, set()).add(task.number)
            task.result = None
        for worker, unwanted in numbers.items():
            for number in unwanted:
                worker.tasks.pop(number, None)
            self._say(worker, pickle.dumps(unwanted))

    def _say(self, worker: _Worker, message: bytes) -> None:
        try:
            worker.channel.send(message)
        except OSError:  # it has ended, as whoever waits will find
            return
        except BaseException as error:
            self.stop(error)
            raise

    # ---- hearing

    def _hear(self, deadline: float) -> bool:
        """Wait for the next messages, until the deadline: whether there was one."""
        waiting = select.poll()
        by_descriptor = {}
        for worker in self._workers:
            waiting.register(worker.channel, select.POLLIN)
            by_descriptor[worker.channel.fileno()] = worker
        ready = waiting.poll(max(0.0, deadline - time.monotonic()) * 1000)
        for descriptor, _ in ready:
            worker = by_descriptor[descriptor]
            try:
                received = worker.channel.receive()
            except TimeoutError:  # it was stopped in the middle of a message
                return False
            if received is None:
                raise self._died(worker)
            self._take(worker, pickle.loads(received[0]), received[1])
        return bool(ready)

    def _take(self, worker: _Worker, answer: Answer, descriptors: list[int]) -> None:
        borrower = worker.borrower
        for descriptor, (number, size) in zip(descriptors, answer.fresh, strict=True):
            borrower.meet(descriptor, number, size)
        task = worker.tasks.pop(answer.number, None)
        if task is not None and answer.error is None:
            buffers = [borrower.borrow(number, nbytes) for number, nbytes in answer.buffers]
            task.result = self._exchange.unpack(answer.content, buffers)
            task.used, task.done = answer.used, True
            if engine.state.tracing:
                lane = f"mxbook-loader-{worker.number}"
                engine.log.add_part((0, "load a batch", "", *answer.times, lane, 0))
        else:
            borrower.back.extend(number for number, _ in answer.buffers)
        borrower.forget(answer.dropped)
        if task is not None and answer.error is not None:
            task.error, task.done = self._error(worker, *answer.error), True
        elif answer.error is not None and not worker.ready:
            raise CannotStart(f"{worker.name} cannot unpack the data set: {answer.error[1]}")
        worker.ready = True

    def _error(self, worker: _Worker, content: bytes | None, line: str, text: str) -> BaseException:
        error: BaseException = WorkerError(line, place=[("in", worker.name)])
        if content is not None:
            error = self._exchange.unpack(content)
        error.__cause__ = WorkerTraceback(f"{worker.name}:\n{text}")
        return error

    # ---- what goes wrong

    def _at(self, worker: _Worker) -> tuple[Any, float] | None:
        """The sample at which a worker is, and since when."""
        number, position, since = self._board[worker.number * CELL : (worker.number + 1) * CELL]
        task = worker.tasks.get(int(number))
        if since == 0 or task is None:
            return None
        return task.indices[int(position)], since

    def _too_late(self) -> LoaderTimeoutError:
        now, slow = time.monotonic(), []
        for worker in self._workers:
            at = self._at(worker)
            if at is not None:
                slow.append((now - at[1], worker.name, at[0]))
        return too_late(self._timeout, slow)

    def _died(self, worker: _Worker) -> WorkerDiedError:
        with _nursery.held():
            status = self._nursery.end_of(worker.pid, GRACE)
        at = self._at(worker)
        where = "" if at is None else f" while loading sample {at[0]}"
        how, hint = _manner(status)
        return WorkerDiedError(f"{worker.name} {how}{where}", hint=hint)

    # ---- the end

    def stop(self, why: BaseException | None = None) -> None:
        """End the workers; returns when they have ended."""
        if getattr(self, "_nursery", None) is None or self._owner != os.getpid():
            return
        self.ended = self.ended or why or MXNetError("the loader is gone")
        nursery, self._nursery = self._nursery, None
        for worker in self._workers:
            _close(worker.channel)
            worker.tasks.clear()
        # There is no reason to wait again for a worker that was too slow.
        patience = 0.0 if isinstance(why, LoaderTimeoutError) else GRACE
        _nursery.leave(nursery, self.pids, patience)


# Held until they are closed: in a cycle that is collected a channel might otherwise end before
# `Processes.__del__` has closed it.
_open: set[Channel] = set()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open.clear)


def _close(channel: Channel) -> None:
    channel.close()
    _open.discard(channel)


def _all_of(queue: deque) -> list:
    """Take everything out of a queue that others may be filling."""
    found = []
    while queue:
        found.append(queue.popleft())
    return found


def _manner(status: int | None) -> tuple[str, str]:
    """How a worker ended, and a hint."""
    if status is None:
        return "has ended", ""
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        if name == "SIGKILL":
            hint = (
                "the system kills processes when memory runs out: fewer workers, or less prefetch"
            )
        else:
            hint = "with num_workers=0 the sample is loaded in this process, where more can be seen"
        return f"was killed by {name}", hint
    return f"ended with exit code {os.WEXITSTATUS(status)}", "does a sample call os._exit?"


_living: "weakref.WeakSet[Processes]" = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """At the end of the program no worker is left, whatever still refers to its crew."""
    for crew in list(_living):
        crew.stop()
