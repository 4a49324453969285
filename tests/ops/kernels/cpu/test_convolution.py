"""Compiled convolution and its gradients against NumPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from mxbook.ops.kernels import convolution as plain
from mxbook.ops.kernels.convolution import Geometry
from mxbook.ops.kernels.cpu import convolution as twins


@pytest.fixture(scope="module", autouse=True)
def all_sizes():
    """Small windows, too."""
    before, twins.LONG = twins.LONG, 0
    yield
    twins.LONG = before


@st.composite
def cases(draw):
    """A geometry, and data, weight and output gradient for it."""
    spatial = draw(st.integers(1, 3))

    def numbers(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(spatial))

    g = Geometry(numbers(1, 3), numbers(1, 3), numbers(1, 3), numbers(0, 2), 1, draw(st.booleans()))
    lengths = tuple(
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 4))
        for k, d, p in zip(g.kernel, g.dilate, g.pad, strict=True)
    )
    n, channels, filters = (draw(st.integers(1, most)) for most in (4, 4, 40))
    shapes = (
        g.shape(n, channels, lengths),
        g.shape(filters, channels, g.kernel),
        g.shape(n, filters, g.places(lengths)),
    )
    rng = np.random.default_rng(0)
    return g, lengths, *(rng.normal(size=s).astype("float32") for s in shapes)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@given(cases(), st.sampled_from([1, 2**16]))
def test_agrees_with_numpy(case, chunk):
    g, lengths, x, w, y = case
    bias = np.arange(len(w), dtype="float32")
    before, twins.CHUNK = twins.CHUNK, chunk  # one example at a time, or all
    try:
        out = np.full_like(y, np.nan)
        assert twins.convolve(np, x, w, bias, g, out) is out
        close(out, plain.convolve(np, x, w, bias, g))
        close(twins.convolve(np, x, w, None, g), plain.convolve(np, x, w, None, g))
        close(twins.convolve_weight(np, y, x, g), plain.convolve_weight(np, y, x, g))
        found = twins.convolve_data(np, y, w, g, lengths)
        if found is not NotImplemented:
            close(found, plain.convolve_data(np, y, w, g, lengths))
    finally:
        twins.CHUNK = before


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_gradient_for_the_data_is_compiled_for_every_stride(stride):
    g = Geometry((3, 3), (stride,) * 2, (1, 1), (1, 1), 1, False)
    y, w = np.ones((2, 4, 5, 5), "float32"), np.ones((4, 3, 3, 3), "float32")
    lengths = (4 * stride + 1,) * 2
    found = twins.convolve_data(np, y, w, g, lengths)
    assert found is not NotImplemented
    close(found, plain.convolve_data(np, y, w, g, lengths))


def test_what_is_left_to_numpy():
    """Groups, and the gradient for data that is much larger than the output."""
    x, w = np.zeros((2, 4, 8, 8), "float32"), np.zeros((4, 4, 7, 7), "float32")
    g = Geometry((7, 7), (1, 1), (1, 1), (0, 0), 1, False)
    assert twins.convolve(np, x, w[:, :2], None, g._replace(groups=2)) is NotImplemented
    assert twins.convolve_data(np, x[:, :, :2, :2], w, g, (8, 8)) is NotImplemented


@given(st.integers(1, 4), st.integers(0, 5), st.integers(0, 9))
def test_sums_of_axes(count, step, first):
    axes = twins.evenly(count, step + 1, first), twins.evenly(2, 100)
    assert twins.sums(*axes).tolist() == [a + b for a in axes[0] for b in axes[1]]
