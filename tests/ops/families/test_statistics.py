"""Moments, running sums, histograms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F

SHAPES = array_shapes(max_dims=3, max_side=4)


def numbers(shape, dtype="float64"):
    return (np.random.default_rng(0).normal(size=shape) * 5).astype(dtype)


@given(st.data(), SHAPES, st.booleans())
def test_moments(data, shape, keepdims):
    x = numbers(shape)
    axes = data.draw(st.lists(st.sampled_from(range(len(shape))), min_size=1, unique=True))
    mean, var = mx.nd.moments(mx.nd.array(x, dtype="float64"), axes=axes, keepdims=keepdims)
    options = {"axis": tuple(axes), "keepdims": keepdims}
    np.testing.assert_allclose(mean.asnumpy(), np.atleast_1d(x.mean(**options)), atol=1e-12)
    np.testing.assert_allclose(var.asnumpy(), np.atleast_1d(x.var(**options)), atol=1e-12)


def test_moments_of_whole_numbers_are_cut_off():
    mean, var = mx.nd.moments(mx.nd.array([-5, 8], dtype="int32"), axes=0)
    assert (mean.asscalar(), var.asscalar()) == (1, (36 + 49) // 2)


@pytest.mark.parametrize(
    ("axes", "error"), [(None, ParameterError), ((0, -2), ShapeError), (2, ShapeError)]
)
def test_axes_of_moments(axes, error):
    with pytest.raises(error):
        mx.nd.moments(mx.nd.ones((2, 3)), axes=axes)


@given(st.data(), SHAPES, st.sampled_from(["float32", "int8", "uint8", "bool"]))
def test_cumsum(data, shape, dtype):
    x = np.abs(numbers(shape)).astype(dtype)
    axis = data.draw(st.sampled_from([None, *range(-len(shape), len(shape))]))
    found = mx.nd.cumsum(mx.nd.array(x, dtype=dtype), axis=axis)
    expected = np.cumsum(x, axis, "int64" if dtype == "bool" else dtype)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.asnumpy(), expected)


def test_cumsum_in_another_type():
    x = mx.nd.array([0.7, 0.7, 2.9])
    assert mx.nd.cumsum(x, dtype="int32").asnumpy().tolist() == [0, 0, 2]
    with pytest.raises(ShapeError, match="axis 1"):
        mx.nd.cumsum(x, axis=1)


@given(st.integers(1, 9), st.sampled_from([(-3, 3), (0, 0.7), (2, 2)]), SHAPES)
def test_histogram_of_even_bins(count, span, shape):
    x = numbers(shape)
    x.reshape(-1)[0] = span[1]  # the last bin has its right edge
    expected, edges = np.histogram(x, count, span)
    found = F._histogram(mx.nd.array(x, dtype="float64"), bin_cnt=count, range=span)
    assert found[0].dtype == np.int64
    np.testing.assert_array_equal(found[0].asnumpy(), expected)
    np.testing.assert_allclose(found[1].asnumpy(), edges, atol=1e-12)


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=6, unique=True).map(sorted), SHAPES)
def test_histogram_of_given_edges(edges, shape):
    x = np.append(numbers(shape), [edges[-1], np.nan])
    expected = np.histogram(x[np.isfinite(x)], edges)[0]
    found = mx.nd.histogram(mx.nd.array(x, dtype="float64"), mx.nd.array(edges, dtype="float64"))
    np.testing.assert_array_equal(found[0].asnumpy(), expected)
    np.testing.assert_array_equal(found[1].asnumpy(), edges)


def test_histogram_of_whole_numbers_has_whole_edges():
    counts, edges = mx.nd.histogram(mx.nd.array([0, 1, 1, 2, 7], dtype="int32"), 3, (0, 7))
    assert edges.asnumpy().tolist() == [0, 2, 4, 7]
    assert counts.asnumpy().tolist() == [3, 1, 1]


def test_histogram_of_nothing():
    found = mx.nd.histogram(mx.nd.array([np.nan, 9]), 2, (0, 1))
    assert found[0].asnumpy().tolist() == [0, 0]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"bin_cnt": 2}, ParameterError),
        ({"bin_cnt": 2, "range": (1, 0)}, ParameterError),
        ({"bin_cnt": 0, "range": (0, 1)}, ParameterError),
        ({"bins": mx.nd.ones(1)}, ShapeError),
        ({"bins": mx.nd.ones((2, 2))}, ShapeError),
    ],
)
def test_no_bins(options, error):
    with pytest.raises(error):
        F._histogram(mx.nd.ones(3), **options)
