"""Cutting off at bounds, and the loss that is square near 0."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.ndarray import registry as F


def gradient(function, values):
    x = mx.nd.array(values)
    x.attach_grad()
    with mx.autograd.record():
        y = function(x)
    y.backward()
    return x.grad.asnumpy().tolist()


def test_the_gradient_of_clip_passes_at_the_bounds_and_at_nan():
    values = [0.5, 1, 1.5, 2, 3, float("nan")]
    assert gradient(lambda x: F.clip(x, a_min=1, a_max=2), values) == [0, 1, 1, 1, 0, 1]


def test_bounds_of_whole_numbers_are_cut_off():
    signed = mx.nd.array([1, 5, -3], dtype="int32")
    assert F.clip(signed, a_min=-1.5, a_max=2.7).asnumpy().tolist() == [1, 2, -1]
    unsigned = mx.nd.array([1, 5, 30], dtype="uint8")
    assert F.clip(unsigned, a_min=-1, a_max=1000).asnumpy().tolist() == [1, 5, 30]


@given(st.floats(0.5, 4), st.lists(st.floats(-5, 5, width=32), min_size=1))
def test_smooth_l1_is_the_absolute_value_without_the_corner(scalar, values):
    found = F.smooth_l1(mx.nd.array(values), scalar=scalar).asnumpy()
    x = np.abs(np.array(values))
    edge = 1 / scalar**2
    expected = np.where(x < edge, x * x / (2 * edge), x - edge / 2)
    np.testing.assert_allclose(found, expected, 1e-5, 1e-6)
    slopes = gradient(lambda x: F.smooth_l1(x, scalar=scalar), values)
    np.testing.assert_allclose(slopes, np.clip(np.array(values) / edge, -1, 1), 1e-5, 1e-6)


def test_smooth_l1_with_a_scalar_of_0_is_0():
    assert F.smooth_l1(mx.nd.array([1, -2]), scalar=0).asnumpy().tolist() == [0, 0]
