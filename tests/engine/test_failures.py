"""How failures are put into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import CancelledError, MXNetError, ShapeError
from mxbook.engine.core import Core, Operation, Variable
from mxbook.engine.failures import (
    LISTED,
    Failure,
    Unseen,
    counted,
    described,
    doomed,
    duration,
    error_of,
)


def operation(**options):
    op = Operation(None, **options)
    Core(count=1842).push(op, 0)
    return op


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        (ValueError("too large"), "operation #1843 dot failed: too large"),
        (ShapeError("too long", rule="short"), "operation #1843 dot failed: too long"),
        (KeyError("k"), "operation #1843 dot failed: KeyError: 'k'"),
        (MemoryError(), "operation #1843 dot failed: MemoryError"),
        (CancelledError("interrupted"), "operation #1843 dot was cancelled: interrupted"),
    ],
)
def test_title(cause, title):
    assert Failure(operation(name="dot"), cause).title == title


def test_without_a_name():
    assert Failure(operation(), ValueError("x")).title == "operation #1843 failed: x"


def test_the_error_in_full():
    op = operation(name="Embedding", site=lambda: None)
    cause = MXNetError("no such row", rule="0 <= row < 10", place=[("in", "Net > embedding0")])
    error = error_of(Failure(op, cause, [("data", "(3,)")]), 2_100_000_000, 1880, 36)
    lines = str(error).splitlines()
    assert lines[0] == "operation #1843 Embedding failed: no such row"
    assert lines[1:4] == [
        "  rule     0 <= row < 10",
        "  data     (3,)",
        "  in       Net > embedding0",
    ]
    assert lines[4].startswith("  noticed  test_failures.py, line ")
    assert lines[4].endswith("     2.1 s and 37 operations later")
    assert lines[5:] == ["  also     36 operations that needed its result were not run"]
    assert error.__cause__ is cause


@given(st.floats(1, 1e14))
def test_durations_are_short_and_right(nanoseconds):
    number, unit = duration(nanoseconds).split()
    assert len(number.replace(".", "")) <= 6
    scale = {"s": 1e9, "ms": 1e6, "us": 1e3}[unit]
    assert float(number) * scale == pytest.approx(nanoseconds, rel=0.06, abs=60)


def test_counted():
    assert [counted(0), counted(1), counted(2, "wait")] == [
        "0 operations",
        "1 operation",
        "2 waits",
    ]


def test_described():
    assert described(None) == []
    assert described("text") == [("inputs", "text")]
    assert described([["data", "x"]]) == [("data", "x")]
    assert described(lambda: "text") == [("inputs", "text")]


def test_unseen_keeps_the_first_ones_that_nobody_saw():
    unseen = Unseen()
    failures = [Failure(operation(), ValueError(str(i))) for i in range(3 * LISTED)]
    for failure in failures[:LISTED]:
        unseen.add(failure)
        failure.shown = True
    for failure in failures[LISTED:]:
        unseen.add(failure)
    kept, more = unseen.take()
    assert kept == failures[LISTED : 2 * LISTED]
    assert more == LISTED
    assert unseen.take() == ([], 0)


def test_doomed_counts_what_needs_the_result():
    a, b, c = (Variable() for _ in range(3))
    failure = Failure(operation(), ValueError())
    a.error = failure
    live = [
        Operation(None, [a], [b]),  # needs it
        Operation(None, [b], []),  # needs what that would have made
        Operation(None, [c], [a]),  # heals
        Operation(None, [a], [c]),  # reads what was healed
        Operation(None, [c], [b]),
        Operation(None, [b], [c]),
    ]
    assert doomed(failure, live) == 2
    assert doomed(failure, live[:1]) == 1
    assert doomed(Failure(operation(), ValueError()), live) == 0
