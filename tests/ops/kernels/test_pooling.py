"""Pooling axis by axis, against windows taken one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.ops.kernels import pooling as kernels
from mxbook.ops.kernels.pooling import Axis


@st.composite
def cases(draw):
    """Axes 1 and 2 of data of three axes, and the data's shape."""
    axes, shape = [], [2]
    for axis in (1, 2):
        kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 4))
        pad = draw(st.integers(0, kernel // 2))
        length = draw(st.integers(max(1, kernel - 2 * pad), 7))
        free = length + 2 * pad - kernel
        up = draw(st.booleans())  # the convention full
        places = (free + (stride - 1 if up else 0)) // stride + 1
        while places > 1 and (places - 1) * stride - pad >= length:
            places -= 1  # a window beyond the data
        axes.append(Axis(axis, length, kernel, stride, pad, places))
        shape.append(length)
    return axes, tuple(shape)


def windows(axes, data):
    """(place, the part of the data under the window) for every place."""
    for place in np.ndindex(*(a.places for a in axes)):
        starts = [i * a.stride - a.pad for i, a in zip(place, axes, strict=True)]
        index = tuple(
            slice(max(0, s), max(0, s + a.kernel)) for s, a in zip(starts, axes, strict=True)
        )
        yield place, (slice(None), *index)


def integers(shape, seed=0, high=4):
    """Few different numbers, so that windows have equal largest elements."""
    return np.random.default_rng(seed).integers(0, high, shape).astype("float64")


@given(cases())
def test_maxima_and_sums(case):
    axes, shape = case
    data = integers(shape) - 2
    maxima, sums = kernels.maxima(np, data, axes), kernels.sums(np, data, axes)
    for place, index in windows(axes, data):
        part = data[index].reshape(2, -1)
        assert (maxima[(slice(None), *place)] == part.max(axis=1)).all()
        assert sums[(slice(None), *place)] == pytest.approx(part.sum(axis=1))


@given(cases())
def test_what_flows_back(case):
    """To all elements of a sum, to the first of the largest elements of a maximum."""
    axes, shape = case
    data = integers(shape)
    delta = integers((2, *(a.places for a in axes)), 1, 9)
    spread, largest = np.zeros(shape), np.zeros(shape)
    for place, index in windows(axes, data):
        values = delta[(slice(None), *place)]
        spread[index] += values[:, None, None]
        for i, part in enumerate(data[index]):
            where = np.unravel_index(part.argmax(), part.shape)
            largest[i][index[1:]][where] += values[i]
    np.testing.assert_array_equal(kernels.spread(np, delta, axes, shape), spread)
    np.testing.assert_array_equal(kernels.to_maxima(np, delta, data, axes), largest)
    # `at_maxima` is the transposed map.
    other = integers(shape, 2, 9)
    chosen = kernels.at_maxima(np, other, data, axes)
    assert np.vdot(chosen, delta) == pytest.approx(np.vdot(other, largest))


@given(cases())
def test_sizes_of_windows(case):
    axes, shape = case
    found = kernels.sums(np, np.ones(shape), axes)[0]
    np.testing.assert_array_equal(found, np.outer(*(a.sizes(include_pad=False) for a in axes)))


def test_nan_loses():
    data = np.array([[1, np.nan, 3, np.nan, np.nan]])
    found = kernels.maxima(np, data, [Axis(1, 5, 2, 1, 0, 4)])
    np.testing.assert_array_equal(found, [[1, 3, 3, np.nan]])
