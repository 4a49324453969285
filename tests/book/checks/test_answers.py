import numpy as np
import pytest

from mxbook import nd
from mxbook.book.checks.answers import (
    Todo,
    Wrong,
    array,
    call,
    close,
    insist,
    number,
    said,
    shown,
    unwritten,
)


def stub(x): ...


def documented(x):
    """Doubles x."""


def empty(x):
    pass


def doubled(x):
    return 2 * x


def forgetful(x):
    x * 2


class Stub:
    """Nothing yet."""

    def run(self): ...


class Written(Stub):
    def run(self):
        return 1


@pytest.mark.parametrize("answer", [None, ..., stub, documented, empty, Stub])
def test_what_is_not_written_is_found(answer):
    assert unwritten(answer)
    with pytest.raises(Todo, match="write your answer"):
        insist(answer)


@pytest.mark.parametrize("answer", [0, "", [], {}, doubled, forgetful, Written, len, lambda: None])
def test_what_is_written_counts_even_when_it_is_little(answer):
    assert not unwritten(answer)
    insist(answer)


def test_parts_that_are_open_are_counted():
    with pytest.raises(Todo, match="write your answer"):
        insist({"a": ..., "b": None})
    with pytest.raises(Todo, match=r"1 of 3 answers is still open"):
        insist({"a": 1, "b": 2, "c": ...})
    with pytest.raises(Todo, match=r"2 of 3 answers are still open"):
        insist([..., 1, None])


def test_a_call_tells_what_went_wrong():
    def broken(x):
        return 1 / (x - x)

    line = broken.__code__.co_firstlineno + 1
    words = rf"broken\(3\) raised ZeroDivisionError: .*\(line {line} of the cell\)"
    with pytest.raises(Wrong, match=words):
        call(broken, 3)
    with pytest.raises(Wrong, match=r"stub\(3\) returned None; is a `return` missing"):
        call(stub, 3)
    with pytest.raises(Wrong, match="must be a function, and yours is 3"):
        call(3, 3)
    assert call(doubled, 4) == 8


def test_arrays_are_looked_at():
    np.testing.assert_array_equal(array(nd.ones((2, 3)), (2, 3), "it"), np.ones((2, 3)))
    for given, words in (
        (np.ones(2), "it must be an NDArray, and is of type ndarray"),
        (nd.ones(2), r"the shape \(3,\), and has \(2,\)"),
        (nd.ones(3, dtype="int32"), "of type float32, and is int32"),
    ):
        with pytest.raises(Wrong, match=words):
            array(given, (3,), "it", "float32")


def test_numbers_are_read():
    assert number(nd.array([2.5]), "it") == number(np.float32(2.5), "it") == 2.5
    with pytest.raises(Wrong, match=r"one number, and has the shape \(2,\)"):
        number(nd.ones(2), "it")
    with pytest.raises(Wrong, match="it must be a number, and is 'two'"):
        number("two", "it")


def test_close_needs_one_shape_and_nearly_the_same_numbers():
    assert close([1, 2], [1, 2.00001])
    assert not close([1, 2], [1, 2.1])
    assert not close([1, 1], 1) and not close([1], [1, 1])


def test_values_are_shown_in_a_few_characters():
    assert shown(nd.array([1, 2])) == "[1.0, 2.0]"
    assert shown(1 / 3) == "0.333333"
    assert len(shown("x" * 1000)) == 60
    assert said(doubled, 3, by=len) == "doubled(3, by=len)"
    assert said(lambda: 1) == "your function()"
