"""The threads of NumPy's matrix products.

A product that is computed by itself may have all the threads that the matrix library has.  On a
quiet machine that is faster; on a busy one, where a thread has to wait for a core and all others
wait for it, it takes a hundred times as long.  So products are timed: when one takes far longer
than such products can, the next ones get one thread, and after a while several are tried again.

While several workers of the engine compute side by side, each on its share, the library has one
thread.  Setting the number takes the package threadpoolctl; without it the library has one thread
(see `mxbook/__init__.py`), and large products are shared among workers.

OpenBLAS's threads wait for work by trying again and again, for 27 ms, and take the cores from the
workers meanwhile.  They are told to sleep sooner, also where NumPy was loaded before mxbook.
"""

import importlib.util
import os
import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

from mxbook.base.config import config

SLOW = 6  # a product that takes so many times as long as at the best speed has had to wait ...
HICCUP = 5e-4  # ... if that is as many seconds
PAUSE = 0.1  # seconds with one thread after that; twice as many each time, up to
LONGEST = 3.2

TIMEOUT = "OPENBLAS_THREAD_TIMEOUT"  # read by OpenBLAS when it starts its threads, which sleep ...
SOON = "20"  # ... after 2**20 clocks without work, about 0.4 ms

_lock = threading.Lock()
_finding = threading.Lock()
_libraries: list[tuple[Any, int]] | None = None  # with the threads of each when it is left alone
_sharing = 0  # operations under way that are shared among workers
_best = 0.0  # multiplications a second
_pause = PAUSE
_until = 0.0  # when several threads are tried again


def libraries() -> list[tuple[Any, int]]:
    """What can set the number of threads, and how many there are by themselves."""
    global _libraries
    if _libraries is None:
        with _finding:
            if _libraries is None:
                _libraries = _found()
    return _libraries


def _found() -> list[tuple[Any, int]]:
    if importlib.util.find_spec("threadpoolctl") is None:
        return []
    import threadpoolctl

    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    for library in found:
        if library.internal_api == "openblas":
            _sleep_soon(library.dynlib)
    return [(library, library.num_threads) for library in found]


def _sleep_soon(openblas: Any) -> None:
    """Start OpenBLAS's threads anew, to sleep soon, unless the user has said when they shall.

    Stopping them is what OpenBLAS does itself when the process forks; the next product that wants
    them starts them.
    """
    names = ("openblas_thread_timeout", "openblas_read_env", "blas_thread_shutdown_")
    if TIMEOUT in os.environ or not all(hasattr(openblas, name) for name in names):
        return
    if openblas.openblas_thread_timeout() == int(SOON):
        return
    os.environ[TIMEOUT] = SOON
    try:
        openblas.openblas_read_env()
    finally:
        del os.environ[TIMEOUT]  # programs that are started from here must not inherit it
    openblas.blas_thread_shutdown_()


def several() -> bool:
    """Whether a product has several threads when it is computed by itself."""
    return config.blas_threads != 1 and any(count > 1 for _, count in libraries())


def timed(multiply: Callable[[], Any], count: float) -> Any:
    """Call `multiply()`, a product of so many multiplications, and watch how long it takes."""
    global _best, _pause, _until
    started = perf_counter()
    if _until and started > _until:
        _until = 0.0
        _set(_all)
    found = multiply()
    seconds = perf_counter() - started
    _best = max(_best, count / seconds)
    if seconds > HICCUP + SLOW * count / _best and not (_until or _sharing):
        _until = started + seconds + _pause
        _pause = min(2 * _pause, LONGEST)
        _set(_one)
    elif not _until:
        _pause = max(PAUSE, _pause * 0.99)
    return found


class OneThread:
    """While one of these is entered, by whatever thread, a product has one thread."""

    def __enter__(self) -> None:
        global _sharing
        with _lock:
            _sharing += 1
            if _sharing == 1:
                _set(_one)

    def __exit__(self, *_error: object) -> None:
        global _sharing
        with _lock:
            _sharing -= 1
            if not _sharing and not _until:
                _set(_all)


one_thread = OneThread()


def _one(_count: int) -> int:
    return 1


def _all(count: int) -> int:
    return min(count, config.blas_threads or count)


def _set(number: Callable[[int], int]) -> None:
    for library, count in libraries():
        library.set_num_threads(number(count))


def _changed(name: str) -> None:
    if name == "blas_threads":
        with _lock:
            _set(_one if _sharing else _all)


config.on_change(_changed)
