"""Compiled pooling against NumPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from mxbook.ops.kernels import pooling as plain
from mxbook.ops.kernels.cpu import pooling as twins
from mxbook.ops.kernels.pooling import Axis


@st.composite
def cases(draw):
    """Two axes, with the channels first or last, and data with few different numbers."""
    last, axes, lengths = draw(st.booleans()), [], []
    for i in range(2):
        kernel, stride = draw(st.sampled_from([(2, 2), (1, 2), (3, 1), (3, 2), (2, 3)]))
        pad = draw(st.integers(0, kernel - 1))
        length = draw(st.integers(max(1, kernel - 2 * pad), 9))
        places = (length + 2 * pad - kernel) // stride + 1
        axes.append(Axis((1 if last else 2) + i, length, kernel, stride, pad, places))
        lengths.append(length)
    shape = (2, *lengths, 3) if last else (2, 3, *lengths)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    data = rng.integers(-3, 3, shape).astype("float32")
    places = [a.places for a in axes]
    delta = rng.normal(size=(2, *places, 3) if last else (2, 3, *places)).astype("float32")
    return axes, data, delta


def same(name, *args):
    """The twin's answer, which is NumPy's; None where it declines."""
    found = getattr(twins, name)(np, *args)
    if found is NotImplemented:
        return None
    np.testing.assert_allclose(found, getattr(plain, name)(np, *args), rtol=1e-5, atol=1e-6)
    return found


@given(cases())
def test_agrees_with_numpy(case):
    axes, data, delta = case
    last = axes[0].axis == 1
    for name in ("maxima", "sums"):
        assert same(name, data, axes) is not None or not last
    assert same("to_maxima", delta, data, axes) is not None
    assert same("spread", delta, axes, data.shape) is not None or not last


@given(cases())
def test_nan_loses(case):
    axes, data, _ = case
    data[data == 0] = np.nan
    same("maxima", data, axes)


@pytest.mark.parametrize("last", [False, True])
def test_pairs(last):
    """The most usual window has kernels of its own where channels come first."""
    first = 1 if last else 2
    axes = [Axis(first, 6, 2, 2, 0, 3), Axis(first + 1, 8, 2, 2, 0, 4)]
    assert twins.pairs(axes) != last
    data = np.random.default_rng(0).integers(0, 3, (2, 6, 8, 5) if last else (2, 5, 6, 8))
    data = data.astype("float32")
    out = np.full((2, 3, 4, 5) if last else (2, 5, 3, 4), np.nan, "float32")
    assert twins.maxima(np, data, axes, out) is out
    np.testing.assert_array_equal(out, plain.maxima(np, data, axes))
    assert same("to_maxima", out, data, axes) is not None


def test_what_is_left_to_numpy():
    """Other numbers of axes, and windows that have no element of the data."""
    one, three = [Axis(1, 5, 2, 2, 0, 2)], [Axis(i, 5, 2, 2, 0, 2) for i in (1, 2, 3)]
    beyond = [Axis(1, 5, 2, 3, 0, 3), Axis(2, 5, 2, 2, 0, 2)]
    for axes in (one, three, beyond):
        data = np.zeros((2, *(5 for _ in axes), 3), "float32")
        assert twins.maxima(np, data, axes) is NotImplemented
        assert twins.spread(np, data, axes, data.shape) is NotImplemented
