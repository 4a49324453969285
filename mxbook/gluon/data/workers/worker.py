"""The life of a worker process.

Its first message is the job: data set, batchify function, and how things are set in the program.
Then come batches to load.  A thread listens, so that the worker hears at any time that a batch is
not wanted any more, or that the program is gone.
"""

import contextlib
import os
import pickle
import socket
import sys
import threading
import time
import traceback
from array import array
from queue import SimpleQueue
from typing import Any, NamedTuple

from mxbook.base.config import config
from mxbook.base.semantics import local as semantics
from mxbook.storage import shared

from . import chance, lending
from .channel import MOST, Channel
from .loading import Stopped, load
from .nursery import GRACE
from .shipping import Exchange

CELL = 3  # numbers on the board for each worker: batch, place in it, since when


class Job(NamedTuple):
    """What a worker is told first."""

    number: int  # of the worker
    content: bytes  # data set and batchify function
    buffers: list[tuple[int, int]]  # where their arrays are in the shared segment: offset, bytes
    path: list[str]  # of Python's modules
    folder: str
    settings: dict[str, str]


class Wanted(NamedTuple):
    """A batch to load."""

    number: int
    indices: Any
    seeds: chance.Seeds
    semantics: tuple[bool, bool]
    back: list[int]  # segments that the program does not use any more


class Answer(NamedTuple):
    """What came of a batch, or of the job (`number` -1)."""

    number: int
    content: bytes = b""
    buffers: tuple[tuple[int, int], ...] = ()  # numbers of segments, and bytes
    fresh: tuple[tuple[int, int], ...] = ()  # numbers and sizes of the descriptors that come along
    dropped: tuple[int, ...] = ()
    used: int = 0  # kinds of random numbers
    times: tuple[int, int] = (0, 0)  # nanoseconds of the clock that all processes share
    error: tuple[bytes | None, str, str] | None = None  # pickled, in one line, with its traceback


def main(connection: int, board: int) -> None:
    """Work until the program closes the connection; ends the process."""
    status = 1
    try:
        _Worker(Channel(socket.socket(fileno=connection)), board).work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


class _Worker:
    def __init__(self, channel: Channel, board: int):
        self._channel = channel
        size = os.fstat(board).st_size
        self._board = memoryview(shared.mapped(board, size)).cast("d")
        os.close(board)
        self._queue: SimpleQueue[Wanted | None] = SimpleQueue()
        self._unwanted: set[int] = set()
        self._exchange = Exchange()
        self._lender = lending.here = lending.Lender()
        self._stopped = False
        self._ended = threading.Event()

    def work(self) -> None:
        """Take the job on, and load batches until the program is gone."""
        received = self._channel.receive()
        if received is None:
            return
        job: Job = pickle.loads(received[0])
        self._cell = job.number * CELL
        try:
            self._take_on(job, received[1])
            answer = Answer(-1)
        except BaseException as error:
            answer = Answer(-1, error=_in_words(error))
        self._channel.send(pickle.dumps(answer))
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        while (wanted := self._queue.get()) is not None:
            answer = self._answer(wanted)
            if answer is not None:
                self._send(answer)
            del wanted
        self._ended.set()

    def _take_on(self, job: Job, descriptors: list[int]) -> None:
        sys.path[:] = job.path
        with contextlib.suppress(OSError):
            os.chdir(job.folder)
        for name, value in job.settings.items():
            setattr(config, name, value)
        buffers: list[Any] = []
        for descriptor in descriptors:
            memory = shared.mapped(descriptor, os.fstat(descriptor).st_size, private=True)
            os.close(descriptor)
            buffers = [memory[at : at + nbytes] for at, nbytes in job.buffers]
        self._dataset, self._batchify = self._exchange.unpack(job.content, buffers)

    def _listen(self) -> None:
        """Hear what the program says, whatever this process is at."""
        while (received := self._channel.receive()) is not None:
            message = pickle.loads(received[0])
            if isinstance(message, Wanted):
                self._queue.put(message)
            else:
                self._unwanted.update(message)
        # Nobody is there any more.  A sample that takes long is not waited for.
        self._stopped = True
        self._queue.put(None)
        if not self._ended.wait(GRACE / 2):
            os._exit(1)

    def _answer(self, wanted: Wanted) -> Answer | None:
        """Load a batch; None if nobody wants it any more."""
        cell, board = self._cell, self._board

        def begin(position: int) -> None:
            if self._stopped or wanted.number in self._unwanted:
                raise Stopped
            board[cell : cell + CELL] = array("d", (wanted.number, position, time.monotonic()))

        started = time.perf_counter_ns()
        semantics.np_shape, semantics.np_array = wanted.semantics
        self._lender.given_back(wanted.back)
        try:
            with chance.in_a_process(wanted.seeds) as used:
                batch = load(self._dataset, self._batchify, wanted.indices, begin)
                kinds = used()
            content, buffers = self._exchange.pack(batch)
        except Stopped:
            return None
        except BaseException as error:  # an exit inside a sample, too, must reach the consumer
            return Answer(wanted.number, error=_in_words(error))
        finally:
            self._unwanted.discard(wanted.number)
            board[cell] = -1
        lent = tuple((self._lender.lend(b), b.nbytes) for b in buffers)
        times = (started, time.perf_counter_ns())
        return Answer(wanted.number, content, lent, used=kinds, times=times)

    def _send(self, answer: Answer) -> None:
        lender = self._lender
        dropped, lender.dropped = tuple(lender.dropped), []
        fresh = [(number, size) for number, (_, size) in lender.fresh.items()]
        try:
            while len(fresh) > MOST:
                self._send_with(Answer(-1), fresh[:MOST])
                del fresh[:MOST]
            self._send_with(answer._replace(dropped=dropped), fresh)
        except OSError:  # the program is gone, as the listener will find
            return

    def _send_with(self, answer: Answer, fresh: list[tuple[int, int]]) -> None:
        lender = self._lender
        numbers = [number for number, _ in fresh]
        descriptors = [lender.fresh[number][0] for number in numbers]
        self._channel.send(pickle.dumps(answer._replace(fresh=tuple(fresh))), descriptors)
        lender.sent(numbers)


def _in_words(error: BaseException) -> tuple[bytes | None, str, str]:
    """An error as it can be sent: pickled, where it comes back as it was; in words anyway."""
    text = "".join(traceback.format_exception(error))
    line = "".join(traceback.format_exception_only(error)).strip()
    return _as_bytes(error), line, text


def _as_bytes(error: BaseException) -> bytes | None:
    """The pickled error, if it comes back as one of its kind."""
    try:
        content, buffers = Exchange().pack(error)
        same = not buffers and type(Exchange().unpack(content)) is type(error)
    except Exception:  # whatever its own way of being pickled raises
        return None
    return content if same else None
