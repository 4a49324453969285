"""Small pieces of work on a few threads."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.io import crew
from mxbook.io.crew import Crew


def ended(workers):
    return not any(thread.is_alive() for thread in workers._threads)


@given(st.integers(0, 30), st.integers(1, 8))
def test_every_piece_once(count, threads):
    done = []
    with Crew(threads) as workers:
        jobs = [workers.start(lambda i, j=j: done.append((j, i)), count) for j in range(3)]
        for job in jobs:
            job.result()
        assert sorted(done) == [(j, i) for j in range(3) for i in range(count)]
    assert ended(workers)


def test_the_first_error_is_raised_and_the_rest_is_done():
    done = []

    def run(i):
        if i in (3, 5):
            raise ValueError(f"piece {i}")
        done.append(i)

    with Crew(3) as workers:
        with pytest.raises(ValueError, match="piece 3"):
            workers.start(run, 8).result()
        workers.start(done.append, 1).result()
    assert sorted(done) == [0, 0, 1, 2, 4, 6, 7]


def test_no_more_threads_than_processors(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with Crew(50) as workers:
        assert len(workers._threads) == 2


def test_leaving_drops_what_is_not_begun():
    begun = threading.Event()
    go_on = threading.Event()
    done = []

    def run(i):
        begun.set()
        go_on.wait(10)
        done.append(i)

    with Crew(1) as workers:
        workers.start(run, 100)
        begun.wait(10)
        threading.Timer(0.0, go_on.set).start()
    assert len(done) <= 100
    assert ended(workers)


def test_where_no_thread_can_be_started(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(crew.threading.Thread, "start", start)
    done = []
    with Crew(4) as workers:
        workers.start(done.append, 3).result()
    assert done == [0, 1, 2]
