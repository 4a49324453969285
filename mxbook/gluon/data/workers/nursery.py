"""The process from which workers are forked.

A program with a running engine must not be forked: its threads, and whatever they hold, would be
missing in the child.  So a fresh process is started that imports mxbook, has no threads and runs
nobody's code; it is forked once for each worker, which takes milliseconds and shares its memory.

There is one nursery while any loader has workers; it tells how a worker ended, and ends with the
last loader, or with the program.
"""

import contextlib
import importlib
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from mxbook.base.errors import MXNetError

from .channel import Channel

# Workers are as many as the machine is to use; in each of them one thread computes.
_ENVIRONMENT = {
    "MXNET_ENGINE_TYPE": "NaiveEngine",
    **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")},
}
_SLOW = ("cv2", "PIL.Image", "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "numba")
GRACE = 1.0  # seconds that a worker gets to end by itself


class CannotStart(MXNetError, RuntimeError):  # noqa: N818 - it says why, not that something failed
    """Worker processes cannot be started here, for the reason in the message."""


# ---- in the program


class Nursery:
    """The program's hand on the nursery.  Raises CannotStart where there can be none."""

    def __init__(self) -> None:
        if not hasattr(socket, "send_fds") or not hasattr(os, "fork") or not sys.executable:
            raise CannotStart(f"Python on {sys.platform} cannot fork, or not send descriptors")
        self.users = 0
        self.broken = False
        self._ended: dict[int, int] = {}  # workers: their status, as of `os.waitpid`
        mine, other = socket.socketpair()
        code = f"import sys; sys.path[:] = {sys.path!r}\nfrom {__name__} import main; main()"
        slow = [name for name in _SLOW if name in sys.modules]
        try:
            with other:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", code, str(other.fileno()), *slow],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[other.fileno()],
                    env={**os.environ, **_ENVIRONMENT},
                    start_new_session=True,  # a Ctrl-C is for the program
                )
        except OSError as error:
            mine.close()
            raise CannotStart(f"no process can be started: {error}") from error
        self._channel = Channel(mine)

    def fork(self, descriptors: Sequence[int]) -> int:
        """A new worker, which gets these descriptors: its process number."""
        pid = self._ask(("fork",), descriptors)
        if not isinstance(pid, int):
            raise CannotStart(str(pid))
        return pid

    def end_of(self, pid: int, seconds: float) -> int | None:
        """How a worker ended (its status), waiting for some seconds; None: not yet, or unknown."""
        deadline = time.monotonic() + seconds
        while pid not in self._ended:
            waiting = select.poll()
            waiting.register(self._channel, select.POLLIN)
            if not waiting.poll(max(0, deadline - time.monotonic()) * 1000) or not self._hear():
                return None
        return self._ended.pop(pid)

    def kill(self, pid: int) -> None:
        """End a worker at once.  Only a process that is still the nursery's child is meant."""
        with contextlib.suppress(OSError):  # without a nursery its children end by themselves
            self._channel.send(pickle.dumps(("kill", pid)))

    def close(self) -> None:
        """End the nursery."""
        self._channel.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, question: tuple, descriptors: Sequence[int]) -> Any:
        try:
            self._channel.send(pickle.dumps(question), descriptors)
        except OSError as error:
            raise CannotStart(f"the process that forks workers has ended: {error}") from error
        while True:
            answer = self._hear()
            if answer is None:
                raise CannotStart("the process that forks workers has ended")
            if answer[0] == "answer":
                return answer[1]

    def _hear(self) -> tuple | None:
        """The next message; what it says about ends is noted.  None: there will be no more."""
        self.broken, broken = True, self.broken  # until this one is complete
        received = None if broken else self._channel.receive()
        if received is None:
            return None
        self.broken = False
        message = pickle.loads(received[0])
        if message[0] == "ended":
            self._ended[message[1]] = message[2]
        return message


_nursery: Nursery | None = None
_lock = threading.Lock()
_holder: int | None = None  # the thread that has the lock
_leaving: deque[tuple[Nursery, Sequence[int], float]] = deque()
_of_parents: list[Nursery] = []


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Inside, the nursery is this thread's alone."""
    global _holder
    with _lock:
        _holder = threading.get_ident()
        try:
            yield
        finally:
            try:
                _settle()
            finally:
                _holder = None


def enter() -> Nursery:
    """The nursery, started if there is none, for one more user; to be called while `held`."""
    global _nursery
    if _nursery is None or _nursery.broken:
        _nursery = Nursery()
    _nursery.users += 1
    return _nursery


def leave(nursery: Nursery, workers: Sequence[int], patience: float) -> None:
    """A user goes, whose workers have been told to end; returns when they have.

    Which are not ready with it after `patience` seconds are ended.

    May be called by a finalizer.  If that comes while this very thread is `held`, it happens
    a moment later.
    """
    _leaving.append((nursery, workers, patience))
    if _holder != threading.get_ident():
        with held():
            pass


def _settle() -> None:
    global _nursery
    while _leaving:
        nursery, workers, patience = _leaving.popleft()
        deadline = time.monotonic() + patience
        for pid in workers:
            if nursery.end_of(pid, deadline - time.monotonic()) is None:
                nursery.kill(pid)
                nursery.end_of(pid, GRACE)
        nursery.users -= 1
        if nursery.users == 0:
            if _nursery is nursery:
                _nursery = None
            nursery.close()


def _forked() -> None:
    """In a child of the program: the nursery and its workers are the parent's."""
    global _nursery, _lock, _holder
    if _nursery is not None:
        _of_parents.append(_nursery)  # its end would be an error here
    _nursery, _lock, _holder = None, threading.Lock(), None
    _leaving.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


# ---- in the nursery


def main() -> None:
    """The life of the nursery: fork when asked to, tell who ended, end when the program has."""
    from . import worker  # and with it all of mxbook that workers need

    for name in sys.argv[2:]:  # modules that take long to import, which the program has, too
        importlib.import_module(name)

    end = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(end.fileno(), False)
    channel = Channel(end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    woken, wake = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    waiting = select.poll()
    waiting.register(channel, select.POLLIN)
    waiting.register(woken, select.POLLIN)
    children: set[int] = set()
    while True:
        ready = {descriptor for descriptor, _ in waiting.poll()}
        if woken in ready:
            os.read(woken, 4096)
        for pid, status in _ended(children):
            channel.send(pickle.dumps(("ended", pid, status)))
        if channel.fileno() not in ready:
            continue
        received = channel.receive()
        if received is None:
            _end(children)
        message, descriptors = pickle.loads(received[0]), received[1]
        if message[0] == "kill" and message[1] in children:
            os.kill(message[1], signal.SIGKILL)
        elif message[0] == "fork":
            answer = _fork(worker.main, descriptors, (woken, wake, channel.fileno()))
            children |= {answer} if isinstance(answer, int) else set()
            channel.send(pickle.dumps(("answer", answer)))


def _fork(work: Any, descriptors: list[int], ours: tuple[int, ...]) -> int | str:
    """A child that does `work(*descriptors)`: its number, or why there is none."""
    try:
        pid = os.fork()
    except OSError as error:
        pid, answer = -1, f"no process can be forked: {error}"
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in ours:
            os.close(descriptor)
        work(*descriptors)  # and does not return
    for descriptor in descriptors:
        os.close(descriptor)
    return pid if pid > 0 else answer


def _ended(children: set[int]) -> Iterator[tuple[int, int]]:
    """The children that have ended, with their status."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        children.discard(pid)
        yield pid, status


def _end(children: set[int]) -> None:
    """The program is gone, or wants no more workers."""
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)
