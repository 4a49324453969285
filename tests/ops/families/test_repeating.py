"""Stretching, repeating, padding: as NumPy does it, with transposes as gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F

DATA = np.random.default_rng(0).normal(size=(2, 3, 4))


def check(function, expected, data=DATA):
    """Value, and <gradient, data> = <head, value>, which holds for every linear function."""
    x = mx.nd.array(data, dtype="float64")
    x.attach_grad()
    with mx.autograd.record():
        found = function(x)
    np.testing.assert_array_equal(found.asnumpy(), expected)
    head = np.random.default_rng(1).normal(size=expected.shape)
    found.backward(mx.nd.array(head, dtype="float64"))
    assert np.vdot(x.grad.asnumpy(), data) == pytest.approx(np.vdot(head, expected))


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple))
def test_tile(reps):
    check(lambda x: F.tile(x, reps=reps), np.tile(DATA, reps))


@given(st.integers(1, 3), st.none() | st.integers(-3, 2))
def test_repeat(repeats, axis):
    check(lambda x: F.repeat(x, repeats=repeats, axis=axis), np.repeat(DATA, repeats, axis))


widths = st.tuples(*[st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)) for n in DATA.shape])


@given(widths, st.sampled_from(["constant", "edge", "reflect"]))
def test_pad(pads, mode):
    flat = tuple(w for pair in pads for w in pair)
    check(lambda x: F.Pad(x, mode=mode, pad_width=flat), np.pad(DATA, pads, mode))


def test_borders_may_be_wider_than_the_array_unless_reflected():
    x = mx.nd.array([1, 2])
    assert F.Pad(x, mode="edge", pad_width=(0, 3)).asnumpy().tolist() == [1, 2, 2, 2, 2]
    with pytest.raises(ParameterError, match="reflecting"):
        F.Pad(x, mode="reflect", pad_width=(0, 2))
    for wrong in ((1,), (0, -1), (0, 0, 0, 0)):
        with pytest.raises(ParameterError, match="pad_width"):
            F.Pad(x, mode="constant", pad_width=wrong)


@given(st.lists(st.sampled_from([1, 3]), min_size=1, max_size=3))
def test_stretching(lengths):
    data = np.random.default_rng(0).normal(size=(1,) * len(lengths))
    expected = np.broadcast_to(data, lengths)
    axes = tuple(range(len(lengths)))
    like = mx.nd.zeros(tuple(lengths), dtype="float64")
    turned = tuple(a - len(lengths) for a in axes)
    check(lambda x: F.broadcast_axis(x, axis=axes, size=tuple(lengths)), expected, data)
    check(lambda x: F.broadcast_like(x, like), expected, data)
    check(lambda x: F.broadcast_like(x, like, lhs_axes=axes, rhs_axes=turned), expected, data)


def test_what_cannot_be_stretched():
    x = mx.nd.zeros((2, 1))
    with pytest.raises(ShapeError, match="only axes of length 1"):
        F.broadcast_axis(x, axis=0, size=4)
    with pytest.raises(ParameterError, match="a length for each axis"):
        F.broadcast_axis(x, axis=(0, 1), size=4)
    with pytest.raises(ShapeError, match="not as many axes"):
        F.broadcast_like(x, mx.nd.zeros((2, 1, 1)))
    with pytest.raises(ShapeError, match="only axes of length 1"):
        F.broadcast_like(x, mx.nd.zeros((3, 1)))
    with pytest.raises(ParameterError, match="do not go together"):
        F.broadcast_like(x, mx.nd.zeros((3, 1)), lhs_axes=(1,))
    with pytest.raises(ParameterError, match="at least once"):
        F.tile(x, reps=(0, 1))
