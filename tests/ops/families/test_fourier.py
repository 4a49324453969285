"""Fourier transforms and count sketches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import OperationError, ShapeError

contrib = mx.nd.contrib
SHAPES = st.one_of(st.tuples(*[st.integers(1, 5)] * 2), st.tuples(*[st.integers(1, 4)] * 4))


def numbers(shape, seed=0):
    return mx.nd.array(np.random.default_rng(seed).normal(size=shape), dtype="float64")


@given(SHAPES)
def test_fft_and_back(shape):
    x = numbers(shape)
    found = contrib.fft(x)
    assert found.shape == (*shape[:-1], 2 * shape[-1])
    pairs = found.asnumpy().reshape(*shape, 2)
    np.testing.assert_allclose(
        pairs[..., 0] + 1j * pairs[..., 1], np.fft.fft(x.asnumpy()), atol=1e-12
    )
    np.testing.assert_allclose(contrib.ifft(found).asnumpy(), shape[-1] * x.asnumpy(), atol=1e-12)


@pytest.mark.parametrize("name", ["fft", "ifft"])
def test_shapes_of_transforms(name):
    with pytest.raises(ShapeError, match="2 or 4 axes"):
        getattr(contrib, name)(mx.nd.ones((2, 2, 2)))


def test_ifft_needs_pairs():
    with pytest.raises(ShapeError, match="even"):
        contrib.ifft(mx.nd.ones((2, 3)))


@given(SHAPES, st.integers(1, 4))
def test_count_sketch_adds_up(shape, length):
    source = np.random.default_rng(1)
    place = source.integers(0, length, shape[-1])
    sign = source.choice([-1.0, 1.0], shape[-1])
    x = numbers(shape)
    found = contrib.count_sketch(
        x,
        mx.nd.array(place[None], dtype="float64"),
        mx.nd.array(sign[None], dtype="float64"),
        out_dim=length,
    )
    expected = np.zeros((*shape[:-1], length))
    for i, (p, s) in enumerate(zip(place, sign, strict=True)):
        expected[..., p] += s * x.asnumpy()[..., i]
    np.testing.assert_allclose(found.asnumpy(), expected, atol=1e-12)


def test_count_sketch_errors():
    x, row = mx.nd.ones((2, 3)), mx.nd.ones((1, 3))
    with pytest.raises(OperationError, match="position 1"):
        contrib.count_sketch(x, row, row, out_dim=1).asnumpy()
    with pytest.raises(ShapeError, match="differ"):
        contrib.count_sketch(x, mx.nd.ones((1, 2)), row, out_dim=1)
