"""Compiled batch normalisation against NumPy's, and against float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from mxbook.ops.kernels import batch_norm as plain
from mxbook.ops.kernels.cpu import batch_norm as twins

LENGTHS = st.tuples(st.integers(1, 5), st.integers(1, 70), st.integers(1, 70))


def arrays(shape, last, seed=0):
    """Two arrays and three vectors; the data has means far from 0."""
    rng = np.random.default_rng(seed)
    channels = shape[2 if last else 1]
    data, delta = rng.normal(100, 2, shape), rng.normal(size=shape)
    vectors = rng.normal(size=(3, channels))
    return [a.astype("float32") for a in (data, delta, *vectors)]


def others(last):
    return (0, 1) if last else (0, 2)


@given(LENGTHS, st.booleans())
def test_moments(shape, last):
    data = arrays(shape, last)[0]
    mean, var = twins.moments(np, data, last)
    exact = data.astype("float64")
    np.testing.assert_allclose(mean, exact.mean(others(last)), rtol=1e-6)
    np.testing.assert_allclose(var, exact.var(others(last)), rtol=1e-4, atol=1e-6)


@given(LENGTHS, st.booleans())
def test_sums_for_the_gradient(shape, last):
    data, delta, *_ = arrays(shape, last)
    mean = data.mean(others(last))
    total, product = twins.gradient_sums(np, delta, data, last, mean)
    centred = data.astype("float64") - (mean if last else mean[:, None])
    np.testing.assert_allclose(total, delta.sum(others(last), "float64"), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(product, (delta * centred).sum(others(last)), rtol=1e-4, atol=1e-3)


@given(LENGTHS, st.booleans())
def test_lines_and_planes(shape, last):
    data, delta, factor, slope, shift = arrays(shape, last)
    found, expected = np.full((2, *shape), np.nan, "float32")
    twins.line(np, data, last, factor, shift, found)
    plain.line(np, data, last, factor, shift, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
    twins.plane(np, delta, data, last, factor, slope, shift, found)
    plain.plane(np, delta, data, last, factor, slope, shift, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
