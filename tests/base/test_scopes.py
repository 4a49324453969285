"""The block path of a thread."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base import scopes
from mxbook.base.errors import OperationError, ShapeError


class Part:
    def __init__(self, name):
        self.name = name

    def _label_in(self, outer):
        return self.name if outer is None else f"{self.name} in {outer.name}"


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=3), max_size=5))
def test_the_path_is_that_of_the_pushes(names):
    parts = [Part(n) for n in names]
    for part in parts:
        scopes.push(part)
    try:
        assert scopes.current() == tuple(parts)
        expected = names[:1] + [f"{b} in {a}" for a, b in pairwise(names)]
        assert scopes.text(scopes.current()) == " > ".join(expected)
    finally:
        for _ in parts:
            scopes.pop()
    assert scopes.current() == ()


def test_threads_have_their_own_path():
    seen = []
    scopes.push(Part("here"))
    thread = threading.Thread(target=lambda: seen.append(scopes.current()))
    thread.start()
    thread.join()
    scopes.pop()
    assert seen == [()]


def test_the_layer_is_the_innermost_block():
    assert scopes.layer() == ""
    scopes.push(Part("net"))
    scopes.push(Part(""))
    assert scopes.layer() == "Part"
    scopes.pop()
    assert scopes.layer() == "net"
    scopes.pop()
    scopes.local.layer = scopes.backward_of("net")
    assert scopes.layer() == "net (backward)"
    scopes.local.layer = scopes.backward_of("")
    assert scopes.layer() == ""


@pytest.mark.parametrize("depth", [1, 2])
def test_an_error_keeps_its_first_place(depth):
    error = ShapeError("x", place=[("called", "there")])
    for _ in range(depth):
        scopes.push(Part("net"))
    for _ in range(depth):
        scopes.add_place(error)
        scopes.pop()
    path = " > ".join(["net", "net in net"][:depth])
    assert error.place == (("in", path), ("called", "there"))


def test_an_error_of_the_engine_happened_elsewhere():
    error = OperationError("x")
    scopes.push(Part("net"))
    scopes.add_place(error)
    scopes.pop()
    assert error.place == ()
