"""Sums for each channel, in parts and as a whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook.ops.kernels import batch_norm as kernels

SHAPES = st.lists(st.integers(1, 4), min_size=2, max_size=4)


@given(SHAPES, st.integers(0, 3))
def test_channels_keep_their_numbers(shape, axis):
    axis %= len(shape)
    data = np.arange(np.prod(shape)).reshape(shape)
    last, view = kernels.by_channel(axis, data)
    found = np.moveaxis(view, 2 if last else 1, 0).reshape(shape[axis], -1)
    np.testing.assert_array_equal(found, np.moveaxis(data, axis, 0).reshape(shape[axis], -1))
    assert np.shares_memory(view, data)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.booleans())
def test_parts_are_joined(lengths, last):
    data = np.random.default_rng(0).normal(3, 2, (sum(lengths), 3, 4))
    ends = np.cumsum(lengths)
    parts = [
        (n, *kernels.moments(np, data[end - n : end], last))
        for n, end in zip(lengths, ends, strict=True)
    ]
    mean, var = kernels.joined(parts)
    others = (0, 1) if last else (0, 2)
    np.testing.assert_allclose(mean, data.mean(others))
    np.testing.assert_allclose(var, data.var(others))


@given(st.booleans())
def test_the_formulas(last):
    rng = np.random.default_rng(0)
    data, delta = rng.normal(size=(2, 5, 3, 4))
    channels = 4 if last else 3
    factor, slope, shift = rng.normal(size=(3, channels))
    a, b, c = (v if last else v[:, None] for v in (factor, slope, shift))
    out = np.empty_like(data)
    kernels.line(np, data, last, factor, shift, out)
    np.testing.assert_allclose(out, data * a + c)
    kernels.plane(np, delta, data, last, factor, slope, shift, out)
    np.testing.assert_allclose(out, delta * a + data * b + c)
    total, product = kernels.gradient_sums(np, delta, data, last, shift)
    others = (0, 1) if last else (0, 2)
    np.testing.assert_allclose(total, delta.sum(others))
    np.testing.assert_allclose(product, (delta * (data - c)).sum(others))
