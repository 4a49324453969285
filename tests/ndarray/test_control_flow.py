"""Loops and branches over arrays, against the same written in plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError

contrib = mx.nd.contrib
numbers = st.lists(st.integers(-9, 9), min_size=1, max_size=6)


@settings(deadline=None)
@given(numbers, st.integers(1, 3))
def test_foreach_is_a_python_loop(values, width):
    rows = np.array(values, "float32")[:, None] * np.ones(width, "float32")
    outputs, states = contrib.foreach(
        lambda x, s: ([x[0] * s[0], [x[1] + s[0]]], [s[0] + x[0]]),
        [mx.nd.array(rows), mx.nd.array(rows * 2)],
        [mx.nd.ones((width,))],
    )
    state = np.ones(width, "float32") + np.cumsum(rows, 0) - rows
    assert (outputs[0].asnumpy() == rows * state).all()
    assert (outputs[1][0].asnumpy() == rows * 2 + state).all()
    assert (states[0].asnumpy() == state[-1] + rows[-1]).all()


def test_foreach_is_recorded():
    x, w = mx.nd.array([[1, 2], [3, 4], [5, 6]]), mx.nd.array([2, -1])
    w.attach_grad()
    with mx.autograd.record():
        _, state = contrib.foreach(lambda d, s: (d, s * w + d), x, mx.nd.zeros((2,)))
    state.backward()
    rows, weights = x.asnumpy(), w.asnumpy()
    assert (w.grad.asnumpy() == rows[0] * 2 * weights + rows[1]).all()


def test_foreach_with_states_of_no_arrays():
    outputs, states = contrib.foreach(lambda d, s: (d, s), mx.nd.ones((2, 2)), [])
    assert outputs.shape == (2, 2)
    assert states == []


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ([mx.nd.ones((2, 1)), mx.nd.ones((3, 1))], lambda x, s: (x[0], s)),
        (mx.nd.ones((3, 1)), lambda x, s: (mx.nd.ones((int(s.asscalar()),)), s + 1)),
    ],
)
def test_foreach_of_unequal_shapes(data, body):
    with pytest.raises(ShapeError, match="rule"):
        contrib.foreach(body, data, mx.nd.ones((1,)))


@pytest.mark.parametrize("bad", [None, 3, [mx.nd.ones((1,)), "x"]])
def test_foreach_of_what_is_no_array(bad):
    with pytest.raises(ParameterError, match="foreach: data"):
        contrib.foreach(lambda x, s: (x, s), bad, [])
    with pytest.raises(ParameterError, match="foreach: states"):
        contrib.foreach(lambda x, s: (x, bad), mx.nd.ones((2, 1)), [])


@settings(deadline=None)
@given(st.integers(0, 8), st.integers(0, 6))
def test_while_loop_is_a_python_loop(limit, most):
    outputs, (i, total) = contrib.while_loop(
        lambda i, total: i < limit,
        lambda i, total: ([i, total], (i + 1, total + i)),
        (mx.nd.array([0]), mx.nd.array([[1, 2]])),
        max_iterations=most,
    )
    steps = min(limit, most)
    totals = [[1 + k * (k - 1) / 2, 2 + k * (k - 1) / 2] for k in range(steps + 1)]
    assert i.asscalar() == steps
    assert total.asnumpy().tolist() == [totals[-1]]
    if not steps:
        assert outputs == []
    else:
        padding = most - steps
        assert outputs[0].asnumpy().ravel().tolist() == [*range(steps), *[0] * padding]
        assert outputs[1].asnumpy()[:, 0].tolist() == totals[:-1] + [[0, 0]] * padding


def test_while_loop_keeps_one_variable_as_it_came():
    outputs, last = contrib.while_loop(
        lambda x: x < 9, lambda x: (None, x * 2), mx.nd.array([1]), max_iterations=10
    )
    assert outputs == []
    assert last.asscalar() == 16


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_iterations": None}, "max_iterations is missing"),
        ({"loop_vars": []}, "loop_vars is empty"),
        ({"cond": lambda x: mx.nd.ones((2,))}, "cond: not one number"),
        ({"func": lambda x: (x, [x, x])}, "another number of loop variables"),
        ({"func": lambda x: (3, x)}, "output: a int"),
    ],
)
def test_while_loop_says_what_is_wrong(options, said):
    usual = {
        "cond": lambda x: x < 3,
        "func": lambda x: (x, [x + 1]),
        "loop_vars": [mx.nd.ones((1,))],
        "max_iterations": 5,
    }
    with pytest.raises(ParameterError, match=said):
        contrib.while_loop(**{**usual, **options})


def test_cond_runs_one_branch():
    def never():
        raise AssertionError

    assert contrib.cond(mx.nd.array([[2]]), lambda: 3, never) == 3
    assert contrib.cond(mx.nd.array([0]), never, lambda: 4) == 4
    with pytest.raises(ParameterError, match="pred: not one number"):
        contrib.cond(mx.nd.ones((2,)), never, never)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
def test_kinds_of_numbers(name, dtype):
    values = np.array([[0, 1, -7.5], [np.inf, -np.inf, np.nan]], dtype)
    result = getattr(contrib, name)(mx.nd.array(values, dtype=dtype))
    assert result.dtype == values.dtype
    assert (result.asnumpy() == getattr(np, name)(values)).all()


def test_zipfian_counts_are_those_expected():
    mx.random.seed(11)
    drawn, of_true, of_drawn = contrib.rand_zipfian(mx.nd.array([0, 9]), 20_000, 10)
    classes = np.arange(10)
    expected = np.log((classes + 2) / (classes + 1)) / np.log(11) * 20_000
    counts = np.bincount(drawn.asnumpy(), minlength=10)
    assert len(counts) == 10
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    np.testing.assert_allclose(of_true.asnumpy(), expected[[0, 9]])
    np.testing.assert_allclose(of_drawn.asnumpy(), expected[drawn.asnumpy()])
