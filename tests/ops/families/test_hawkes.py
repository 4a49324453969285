"""The Hawkes process: a log likelihood with gradients, and memory that is handed on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, OperationError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.testing.gradients import check_gradient

hawkesll = mx.nd.contrib.hawkesll


def process(examples, kinds, events, seed=0, lengths=None):
    """Inputs of hawkesll, in order."""
    draw = np.random.default_rng(seed)
    lags = draw.uniform(0.1, 1, (examples, events))
    return [
        draw.uniform(0.5, 1.5, (examples, kinds)),
        draw.uniform(0.1, 0.8, kinds),
        draw.uniform(0.5, 2, kinds),
        draw.uniform(0, 1, (examples, kinds)),
        lags,
        draw.integers(0, kinds, (examples, events)).astype("int32"),
        np.full(examples, events, float) if lengths is None else np.array(lengths, float),
        lags.sum(axis=1) + draw.uniform(0, 1, examples),
    ]


def arrays(inputs):
    return [mx.nd.array(x, dtype=x.dtype) for x in inputs]


@pytest.mark.parametrize("lengths", [[3, 0, 2], [2.5, -1, 7]])
def test_gradients(lengths):
    inputs = process(3, 2, 3, lengths=lengths)
    fixed = arrays(inputs[3:])
    check_gradient(lambda *varied: hawkesll(*varied, *fixed)[0], *inputs[:3], order=2)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(0, 3), st.integers())
def test_a_period_is_as_likely_as_its_two_parts(examples, kinds, events, first, seed):
    inputs = process(examples, kinds, events, seed % 2**32)
    first = min(first, events)
    lda, alpha, beta, state, lags, marks, length, end = inputs
    until = lags[:, :first].sum(axis=1)
    whole, memory = hawkesll(*arrays(inputs))
    before, between = hawkesll(
        *arrays([lda, alpha, beta, state, lags, marks, np.minimum(length, first), until])
    )
    rest = [lags[:, first:], marks[:, first:], length - first]
    if first == events:  # nothing happens any more
        rest = [lags, marks, np.zeros_like(length)]
    after, last = hawkesll(*arrays([lda, alpha, beta, between.asnumpy(), *rest, end - until]))
    np.testing.assert_allclose((before + after).asnumpy(), whole.asnumpy())
    np.testing.assert_allclose(last.asnumpy(), memory.asnumpy())


def test_without_branching_it_is_a_poisson_process():
    inputs = process(2, 3, 4)
    inputs[1] = np.zeros(3)
    found = hawkesll(*arrays(inputs))[0].asnumpy()
    rates = np.take_along_axis(inputs[0], inputs[5].astype(int), axis=1)
    np.testing.assert_allclose(found, np.log(rates).sum(1) - inputs[0].sum(1) * inputs[7])


def test_what_does_not_fit():
    inputs = process(2, 2, 3)
    for i, shape in ((0, (2, 3)), (1, (3,)), (3, (1, 2)), (5, (2, 4)), (6, (3,)), (7, (2, 1))):
        wrong = list(inputs)
        wrong[i] = np.ones(shape, inputs[i].dtype)
        with pytest.raises(ShapeError, match="lda and state"):
            hawkesll(*arrays(wrong))
    inputs[5] = inputs[5].astype("int64")
    with pytest.raises(DTypeError, match="int32"):
        hawkesll(*arrays(inputs))


def test_kinds_that_do_not_exist():
    inputs = process(2, 2, 3, lengths=[1, 3])
    inputs[5][0] = [0, 5, 5]  # the ones that do not count may be anything
    hawkesll(*arrays(inputs))[0].wait_to_read()
    inputs[5][1, 2] = 2
    with pytest.raises(OperationError, match="no kind 2"):
        hawkesll(*arrays(inputs))[0].asnumpy()


@given(st.integers(1, 4), st.integers(1, 3), st.booleans())
def test_both_directions_of_a_recurrence_are_adjoint(steps, width, reverse):
    draw = np.random.default_rng(steps).standard_normal
    factor, x, y = (mx.nd.array(draw((2, steps, width)), dtype="float64") for _ in range(3))
    there = F._linear_recurrence(factor, x, reverse=reverse) * y
    back = F._linear_recurrence(factor, y, reverse=not reverse) * x
    assert there.sum().asscalar() == pytest.approx(back.sum().asscalar())
