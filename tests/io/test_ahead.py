"""Work on a thread, ahead of who asks for it."""

import gc
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.io import ahead
from mxbook.io.ahead import Ahead


def ended(thread):
    thread.join(10)
    return not thread.is_alive()


@given(st.lists(st.integers(), max_size=20), st.integers(0, 5))
def test_the_items_in_order(items, depth):
    ahead = Ahead(iter(items), depth)
    assert list(ahead) == items
    assert list(ahead) == []
    ahead.close()


def test_not_further_ahead_than_allowed():
    made, third = [], threading.Event()

    def items():
        for i in range(100):
            made.append(i)
            if i == 2:
                third.set()
            yield i

    ahead = Ahead(items(), 3)
    third.wait(10)
    for i in range(50):
        assert next(ahead) == i
        assert len(made) <= i + 1 + 3
    thread = ahead.thread
    ahead.close()
    assert len(made) < 60
    assert not thread.is_alive()


def test_an_error_comes_in_its_place():
    def items():
        yield 1
        yield 2
        raise ZeroDivisionError("here")

    ahead = Ahead(items(), 5)
    assert [next(ahead), next(ahead)] == [1, 2]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="here"):
            next(ahead)
    ahead.close()


def test_closing_closes_the_iterator():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    ahead = Ahead(items(), 2)
    next(ahead)
    ahead.close()
    assert closed.is_set()


def test_forgetting_ends_the_thread():
    ahead = Ahead(iter(range(10**9)), 2)
    next(ahead)
    thread = ahead.thread
    del ahead
    gc.collect()
    assert ended(thread)


def test_where_no_thread_can_be_started(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ahead.threading.Thread, "start", start)
    one = Ahead(iter("abc"), 2)
    assert list(one) == ["a", "b", "c"]
    one.close()
