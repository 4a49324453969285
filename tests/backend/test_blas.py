import os
import subprocess
import sys
import threading

import pytest

from mxbook.backend import blas
from mxbook.base.config import config


class Library:
    """A matrix library that only counts its threads."""

    def __init__(self, threads):
        self.num_threads = threads

    def set_num_threads(self, count):
        self.num_threads = count


@pytest.fixture
def library(monkeypatch):
    found = Library(4)
    monkeypatch.setattr(blas, "_libraries", [(found, 4)])
    for name, value in (("_best", 0.0), ("_pause", blas.PAUSE), ("_until", 0.0)):
        monkeypatch.setattr(blas, name, value)
    return found


def test_the_real_library_does_as_it_is_told():
    for library, count in blas.libraries():
        with blas.one_thread:
            assert library.num_threads == 1
        assert library.num_threads == count


TIMEOUT = """
import sys
import numpy, threadpoolctl
import mxbook as mx
from mxbook.backend import blas

x = mx.nd.ones((300, 300))
assert (mx.nd.dot(x, x).asnumpy() == 300).all()
for library in threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers:
    if hasattr(library.dynlib, "openblas_thread_timeout"):
        print(library.dynlib.openblas_thread_timeout())
assert (mx.nd.dot(x, x).asnumpy() == 300).all()  # the threads start again
"""


@pytest.mark.parametrize("given", [None, "24"])
def test_threads_sleep_soon_also_where_numpy_was_there_first(given):
    environment = {k: v for k, v in os.environ.items() if k != blas.TIMEOUT}
    if given:
        environment[blas.TIMEOUT] = given
    answer = subprocess.run(
        [sys.executable, "-c", TIMEOUT], env=environment, capture_output=True, text=True, check=True
    )
    assert set(answer.stdout.split()) <= {given or blas.SOON}


def test_one_thread_while_anybody_shares(library):
    inside, leave = threading.Event(), threading.Event()

    def share():
        with blas.one_thread:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=share)
    with blas.one_thread:
        thread.start()
        inside.wait(10)
    assert library.num_threads == 1
    leave.set()
    thread.join(10)
    assert library.num_threads == 4


def test_the_setting_is_a_limit(library):
    assert blas.several()
    try:
        config.blas_threads = 2
        assert library.num_threads == 2
        with blas.one_thread:
            config.blas_threads = 3
            assert library.num_threads == 1
        assert library.num_threads == 3
        config.blas_threads = 1
        assert not blas.several()
    finally:
        config.reset("blas_threads")
    assert library.num_threads == 4


def test_products_that_had_to_wait_are_followed_by_some_with_one_thread(library, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(blas, "perf_counter", lambda: now[0])

    def product(seconds):
        def multiply():
            now[0] += seconds
            return library.num_threads

        return blas.timed(multiply, 1e6)

    assert [product(1e-4) for _ in range(5)] == [4] * 5
    assert product(5e-4) == 4  # not so quick, but that may be
    assert product(0.05) == 4
    assert product(1e-4) == 1
    now[0] += blas.PAUSE
    assert product(0.05) == 4  # tried again, too early
    now[0] += blas.PAUSE
    assert product(1e-4) == 1
    now[0] += blas.PAUSE
    assert [product(1e-4) for _ in range(5)] == [4] * 5
