"""Softmax and relatives: extremes, lengths, types."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F

matrices = st.lists(
    st.lists(st.floats(-1e4, 1e4, width=32), min_size=4, max_size=4), min_size=1, max_size=3
)


@given(matrices, st.integers(-2, 1))
def test_probabilities(rows, axis):
    x = mx.nd.array(rows)
    p = F.softmax(x, axis=axis).asnumpy()
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis), 1, rtol=1e-5)
    np.testing.assert_allclose(F.softmin(-x, axis=axis).asnumpy(), p, rtol=1e-6, atol=1e-7)
    log = F.log_softmax(x, axis=axis).asnumpy()
    assert np.isfinite(log).all()  # also where the probability is rounded to 0
    np.testing.assert_allclose(np.exp(log), p, rtol=1e-3, atol=1e-6)


def test_only_so_many_count():
    x = mx.nd.array([[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    length = mx.nd.array([3, 1, 0], dtype="int32")
    p = F.softmax(x, length, use_length=True).asnumpy()
    np.testing.assert_allclose(p[0], F.softmax(x).asnumpy()[0], rtol=1e-6)
    assert p[1:].tolist() == [[1, 0, 0], [0, 0, 0]]


def test_errors():
    x = mx.nd.ones((2, 3))
    with pytest.raises(ShapeError, match="axis 2"):
        F.softmax(x, axis=2)
    with pytest.raises(ShapeError, match="without the axis"):
        F.softmax(x, mx.nd.ones((3,)), use_length=True)
    with pytest.raises(DTypeError):
        F.softmax(x.astype("int32"))
    with pytest.raises(ParameterError, match="only softmax"):
        F.log_softmax(x, use_length=True)


def test_the_type_asked_for():
    x = mx.nd.array([[0.1, 0.7, -0.3]], dtype="float16")
    wide = F.softmax(x, dtype="float32")
    assert wide.dtype == np.float32
    # As in MXNet the numbers are those of float16.
    assert (wide.asnumpy() == F.softmax(x).asnumpy()).all()
    x.attach_grad()
    with mx.autograd.record():
        loss = F.log_softmax(x, dtype="float32").sum()
    loss.backward()
    assert x.grad.dtype == np.float16


def test_cross_entropy_is_minus_log_probability():
    x, label = mx.nd.array([[1, 2, 3], [0, 0, 0]]), mx.nd.array([2, 1])
    expected = -(F.log_softmax(x).asnumpy()[[0, 1], [2, 1]]).sum()
    assert F.softmax_cross_entropy(x, label).asscalar() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize(("shape", "axis"), [((50, 7, 333), -1), ((300, 301), 1), ((400, 401), 0)])
def test_large_arrays_are_like_many_small_ones(name, shape, axis):
    x = mx.nd.array(np.random.default_rng(0).normal(size=shape))
    function, lines = getattr(mx.nd, name), np.moveaxis(x.asnumpy(), axis, -1)
    x.attach_grad()
    with mx.autograd.record():
        found = function(x, axis=axis)
    found.backward(x)
    whole = np.moveaxis(found.asnumpy(), axis, -1)
    slopes = np.moveaxis(x.grad.asnumpy(), axis, -1)
    for place in [(0,) * (len(shape) - 1), tuple(n - 1 for n in lines.shape[:-1])]:
        line = mx.nd.array(lines[place])
        line.attach_grad()
        with mx.autograd.record():
            alone = function(line)
        alone.backward(line)
        np.testing.assert_allclose(whole[place], alone.asnumpy(), 1e-6, 1e-7)
        np.testing.assert_allclose(slopes[place], line.grad.asnumpy(), 1e-5, 1e-6)
